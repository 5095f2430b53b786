import { DeviceNumbers, loadDevices } from "../../src/compile/devices.ts";
import { loadNeighbours } from "../../src/compile/neighbours.ts";
import { loadRoutes } from "../../src/compile/routes.ts";
import { loadSettings } from "../../src/compile/settings.ts";
import { parseAddress, parseMac } from "../../src/config/address.ts";
import { connectedRoutes } from "../../src/config/ip/connected.ts";
import type { Core } from "../../src/core/core.ts";
import { instantiateCore } from "../../src/core/core.ts";
import { ChunkWriter } from "../../src/engine/chunk.ts";
import { drainOutputs, type Ending } from "../../src/engine/outputs.ts";
import type { Interface, InterfaceAddress, PolicyRule, Route } from "../../src/model/node.ts";

/** A node for tests of the IP layer: devices `name: addresses`, routes in the words of `ip route`, no rules at all. */
export interface NetworkPlan {
  readonly devices: Readonly<Record<string, readonly string[]>>;
  readonly mtu?: Readonly<Record<string, number>>;
  readonly routes?: readonly (string | Route)[];
  readonly rules?: readonly PolicyRule[];
  readonly sysctls?: Readonly<Record<string, string>>;
}

const ROUTER = { "net.ipv4.ip_forward": "1", "net.ipv6.conf.all.forwarding": "1" };

export interface Output {
  /** Name of the device, `local` for the node itself. */
  readonly device: string;
  /** The IP packet, without link header. */
  readonly packet: Uint8Array;
  readonly mac?: string;
}

export class Network {
  readonly core: Core;
  readonly numbers: DeviceNumbers;
  readonly endings: Ending[] = [];
  readonly #outputs: Output[] = [];
  readonly #chunk: ChunkWriter;
  #number = 0;

  private constructor(core: Core, numbers: DeviceNumbers) {
    this.core = core;
    this.numbers = numbers;
    this.#chunk = new ChunkWriter(core, () => this.#drain());
  }

  static async create(plan: NetworkPlan): Promise<Network> {
    const core = await instantiateCore();
    const interfaces = interfacesOf(plan);
    const numbers = new DeviceNumbers(interfaces);
    const routes = [
      ...connectedRoutes(interfaces, () => true),
      ...(plan.routes ?? []).map((route) => (typeof route === "string" ? routeOf(route) : route)),
    ];
    const node = { interfaces, routes, rules: plan.rules, kernel: "6.1", neighbours: neighboursOf(interfaces) };
    const sysctls = new Map(Object.entries({ ...ROUTER, ...plan.sysctls }));
    core.setHz(100);
    core.startAt(0n);
    loadDevices(core, { interfaces, sysctls }, numbers);
    loadSettings(core, { ...node, sysctls });
    loadRoutes(core, { ...node, sysctls }, numbers);
    loadNeighbours(core, node, numbers);
    return new Network(core, numbers);
  }

  /** Lets a packet arrive at a device in a frame to it, or start at the node itself (`local`). */
  send(device: string, packet: Uint8Array, seconds = 0): Output[] {
    this.#outputs.length = 0;
    const isLocal = device === "local";
    const number = isLocal ? 0 : this.numbers.find(device)!;
    const bytes = isLocal ? packet : frameOf(macOf(number), packet);
    const time = BigInt(Math.round(seconds * 1e9));
    this.#number += 1;
    this.#chunk.add({
      number: this.#number,
      timeHigh: Number(time >> 32n),
      timeLow: Number(time & 0xffffffffn),
      device: number,
      bytes,
      macLength: isLocal ? 0 : 14,
      wireLength: bytes.length,
      family: packet[0]! >> 4 === 4 ? 4 : 6,
      packetType: 0,
      aggregate: false,
      partialChecksum: false,
      wasSent: false,
    });
    this.#chunk.flush();
    return [...this.#outputs];
  }

  /** Lets time pass. @returns what came out by itself. */
  waitUntil(seconds: number): Output[] {
    this.#outputs.length = 0;
    this.core.runUntil(BigInt(Math.round(seconds * 1e9)));
    this.#drain();
    return [...this.#outputs];
  }

  #drain(): void {
    drainOutputs(this.core, [
      {
        ending: (ending) => this.endings.push(ending),
        frame: ({ device, bytes }) => {
          const copy = bytes.slice();
          if (device === 0) this.#outputs.push({ device: "local", packet: copy });
          else
            this.#outputs.push({ device: this.numbers.names[device]!, packet: copy.subarray(14), mac: hex(copy, 6) });
        },
      },
    ]);
  }
}

export function interfacesOf(plan: NetworkPlan): Interface[] {
  return Object.entries(plan.devices).map(([name, addresses], i) =>
    interfaceOf(i + 1, name, addresses, plan.mtu?.[name]),
  );
}

function hex(bytes: Uint8Array, length: number): string {
  return [...bytes.subarray(0, length)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function macOf(number: number): Uint8Array {
  return parseMac(`02:00:00:00:00:${number.toString(16).padStart(2, "0")}`)!;
}

function frameOf(to: Uint8Array, packet: Uint8Array): Uint8Array {
  const type = packet[0]! >> 4 === 4 ? [0x08, 0x00] : [0x86, 0xdd];
  return Uint8Array.from([...to, 2, 9, 9, 9, 9, 9, ...type, ...packet]);
}

function interfaceOf(index: number, name: string, addresses: readonly string[], mtu: number | undefined): Interface {
  const isLoopback = name === "lo";
  return {
    index,
    name,
    mtu: mtu ?? (isLoopback ? 65536 : 1500),
    mac: isLoopback ? new Uint8Array(6) : macOf(index),
    flags: isLoopback ? ["LOOPBACK", "UP"] : ["BROADCAST", "MULTICAST", "UP"],
    linkType: isLoopback ? "loopback" : "ether",
    group: 0,
    addresses: addresses.map((text) => addressOf(text, isLoopback)),
  };
}

function addressOf(text: string, isLoopback: boolean): InterfaceAddress {
  const [host = "", length] = text.split("/");
  const address = parseAddress(host)!;
  const isLinkLocal = host.startsWith("fe80");
  return {
    family: address.length === 4 ? 4 : 6,
    address,
    prefixLength: Number(length),
    scope: isLoopback ? 254 : isLinkLocal ? 253 : 0,
    secondary: false,
    deprecated: false,
  };
}

/** `[type] PREFIX [via GATEWAY] [dev DEVICE] [metric N] [table N] [mtu N] [tos N]` */
export function routeOf(text: string): Route {
  const words = text.split(" ");
  const type = /^[a-z]+$/.test(words[0]!) && words[0] !== "default" ? words.shift()! : "unicast";
  const prefix = words.shift()!;
  const option = (name: string) => (words.includes(name) ? words[words.indexOf(name) + 1] : undefined);
  const gateway = option("via");
  const [host = "", length] = prefix === "default" ? [prefix] : prefix.split("/");
  const isV6 = (gateway ?? host).includes(":");
  const destination = prefix === "default" ? new Uint8Array(isV6 ? 16 : 4) : parseAddress(host)!;
  const device = option("dev");
  const hop = { device, gateway: gateway === undefined ? undefined : parseAddress(gateway)!, weight: 1, onlink: false };
  return {
    family: isV6 ? 6 : 4,
    type,
    table: Number(option("table") ?? 254),
    destination,
    prefixLength: prefix === "default" ? 0 : Number(length ?? destination.length * 8),
    tos: Number(option("tos") ?? 0),
    metric: Number(option("metric") ?? 0),
    scope: gateway === undefined ? 253 : 0,
    mtu: option("mtu") === undefined ? undefined : Number(option("mtu")),
    nextHops: device === undefined ? [] : [hop],
  };
}

/** Every address that ends in 2 to 9 of the devices' networks answers. */
function neighboursOf(interfaces: readonly Interface[]) {
  return interfaces.flatMap(({ name, addresses }) =>
    addresses.flatMap(({ address }) =>
      [2, 3, 4, 5, 6, 7, 8, 9].map((last) => {
        const neighbour = address.slice();
        neighbour[neighbour.length - 1] = last;
        return { device: name, address: neighbour, mac: Uint8Array.from([2, 1, 0, 0, 0, last]) };
      }),
    ),
  );
}
