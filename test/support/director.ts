import { LoadedServices } from "../../src/compile/ipvs.ts";
import type { IpvsConnectionState, IpvsServiceState } from "../../src/compile/ipvs-reader.ts";
import { LoadedRulesets } from "../../src/compile/ruleset.ts";
import { parseAddress } from "../../src/config/address.ts";
import { parseRuleset } from "../../src/config/iptables/ruleset.ts";
import { parseIpvsWords } from "../../src/config/ipvs/command.ts";
import { parseIpvsadmSave } from "../../src/config/ipvs/save.ts";
import { splitWords, WordReader } from "../../src/config/words.ts";
import { ConfigLayout } from "../../src/core/layout.generated.ts";
import { setNumber } from "../../src/core/record.ts";
import { ipv4, ipv6, udp } from "./ip.ts";
import { Network, type NetworkPlan, type Output } from "./network.ts";

const HZ = 100;

/** A packet in the words of a test: `10.0.0.1:80` or `fd00::1:80` (the port behind the last colon). */
export interface FlowPacket {
  readonly from: string;
  readonly to: string;
  readonly protocol: "tcp" | "udp";
  /** Letters of F S R P A. */
  readonly flags?: string;
}

export interface DirectorPlan {
  /** What a route makes local: a virtual address, or a prefix. */
  readonly local?: string;
  readonly sysctls?: Readonly<Record<string, string>>;
  /** Lines of ipvsadm-save. */
  readonly services: readonly string[];
  /** A table as iptables-save prints it; conntrack is on where it is nat. */
  readonly table?: readonly string[];
}

/** A node with virtual services: one link, behind which are clients and servers. */
export class Director {
  readonly network: Network;
  readonly services: LoadedServices;
  #seconds = 0;

  private constructor(network: Network, services: LoadedServices) {
    this.network = network;
    this.services = services;
  }

  static async create(plan: DirectorPlan): Promise<Director> {
    const networkPlan: NetworkPlan = {
      devices: { lo: ["127.0.0.1/8", "::1/128"], eth0: ["10.9.9.1/24", "fd00::1/64"] },
      routes: [
        "default via 10.9.9.2 dev eth0",
        "default via fd00::2 dev eth0",
        ...(plan.local ? [`local ${prefixOf(plan.local)} dev lo table 255`] : []),
      ],
      sysctls: { "net.ipv4.icmp_ratemask": "0", "net.ipv6.icmp.ratelimit": "0", ...plan.sysctls },
    };
    const network = await Network.create(networkPlan);
    if (plan.table) loadTable(network, plan.table);
    const services = parseIpvsadmSave(`${plan.services.join("\n")}\n`, "ipvsadm.save");
    return new Director(network, LoadedServices.load(network.core, services, HZ));
  }

  /** Lets a packet arrive over the link, a millisecond after the last one. */
  send(packet: FlowPacket | Uint8Array): Output[] {
    this.#seconds += 0.001;
    return this.network.send("eth0", packet instanceof Uint8Array ? packet : bytesOf(packet), this.#seconds);
  }

  /** Runs `ipvsadm WORDS`. */
  ipvsadm(words: string): void {
    const reader = new WordReader("command", 1, splitWords(words, 0, false));
    this.services.apply(parseIpvsWords(reader));
  }

  wait(seconds: number): void {
    this.#seconds += seconds;
    this.network.waitUntil(this.#seconds);
  }

  /** The only service, now. */
  state(): IpvsServiceState {
    this.network.waitUntil(this.#seconds);
    return this.services.read()[0]!;
  }

  connections(): IpvsConnectionState[] {
    return this.services.readConnections();
  }
}

function loadTable(network: Network, lines: readonly string[]): void {
  const ruleset = parseRuleset(`${lines.join("\n")}\nCOMMIT\n`, 4, "iptables.save");
  new LoadedRulesets(network.core, { devices: network.numbers }).load(ruleset);
  if (lines[0] !== "*nat") return;
  const view = new DataView(network.core.memory.buffer);
  setNumber(view, network.core.configAddress(), ConfigLayout.conntrackActive4, 1);
}

function prefixOf(address: string): string {
  return address.includes("/") ? address : `${address}/${address.includes(":") ? 128 : 32}`;
}

/** Splits at the last colon. */
function splitEndpoint(endpoint: string): { readonly host: string; readonly port: number } {
  const colon = endpoint.lastIndexOf(":");
  return { host: endpoint.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(endpoint.slice(colon + 1)) };
}

function bytesOf({ from, to, protocol, flags = "" }: FlowPacket): Uint8Array {
  const source = splitEndpoint(from);
  const destination = splitEndpoint(to);
  const isUdp = protocol === "udp";
  const payload = isUdp
    ? udp(source.port, destination.port, Uint8Array.of(1))
    : tcp(source.port, destination.port, flags);
  const addresses = { from: source.host, to: destination.host };
  if (parseAddress(source.host)!.length === 4) return ipv4({ ...addresses, protocol: isUdp ? 17 : 6, payload });
  return ipv6({ ...addresses, next: isUdp ? 17 : 6, payload });
}

function tcp(from: number, to: number, flags: string): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, from);
  view.setUint16(2, to);
  view.setUint8(12, 0x50);
  view.setUint8(
    13,
    [..."FSRPA"].reduce((bits, letter, i) => bits | (flags.includes(letter) ? 1 << i : 0), 0),
  );
  view.setUint16(14, 65535);
  return bytes;
}
