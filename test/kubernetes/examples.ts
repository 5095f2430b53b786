import { parseAddress } from "../../src/config/address.ts";
import { buildPacket } from "../../src/engine/build-packet.ts";
import { parseDescription } from "../../src/engine/described-packet.ts";
import { type Captured, pcapngOf } from "../support/frames.ts";
import { ipv4, tcp } from "../support/ip.ts";
import { frameFor } from "./packets.ts";

/** The small captures beside the objects in examples/kube-proxy: packets at the made-up node's devices. */

const DEVICES = { eth0: "02:00:00:00:00:02", cni0: "02:00:00:00:00:03", local: undefined } as const;

type Device = keyof typeof DEVICES;

interface ExamplePacket {
  readonly on: Device;
  readonly seconds?: number;
  /** In the words of `hookwalk explain`, or a TCP segment. */
  readonly packet: string | Segment;
}

interface Segment {
  readonly from: Peer;
  readonly to: Peer;
  /** Letters of FSRPAU. */
  readonly flags: string;
  readonly sequence: number;
  readonly acknowledge?: number;
  readonly data?: string;
}

const FLAGS = "FSRPAU";
const TCP = 6;

function segmentBytes({ from, to, flags, sequence, acknowledge = 0, data = "" }: Segment): Uint8Array {
  const segment = tcp({
    from: from[1],
    to: to[1],
    flags: [...flags].reduce((bits, letter) => bits | (1 << FLAGS.indexOf(letter)), 0),
    sequence,
    acknowledge,
    data: new TextEncoder().encode(data),
  });
  new DataView(segment.buffer).setUint16(16, checksumOf(from[0], to[0], segment));
  return ipv4({ from: from[0], to: to[0], protocol: TCP, dontFragment: true, payload: segment });
}

/** TCP's checksum, by plain addition. */
function checksumOf(from: string, to: string, segment: Uint8Array): number {
  const bytes = [
    ...parseAddress(from)!,
    ...parseAddress(to)!,
    0,
    TCP,
    segment.length >> 8,
    segment.length & 255,
    ...segment,
  ];
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

type Peer = readonly [address: string, port: number];

const SERVICE: Peer = ["10.96.0.80", 80];
const CLIENT: Peer = ["10.244.1.9", 40000];

/** A conversation of a pod on this node with a server behind the Service; numbers begin at 1000 and at 5000. */
class Conversation {
  readonly #client: Peer;
  readonly #server: Peer;

  constructor(client: Peer, server: Peer) {
    this.#client = client;
    this.#server = server;
  }

  fromClient(seconds: number, flags: string, sequence: number, acknowledge: number, data = ""): ExamplePacket {
    return { on: "cni0", seconds, packet: { from: this.#client, to: SERVICE, flags, sequence, acknowledge, data } };
  }

  fromServer(seconds: number, flags: string, sequence: number, acknowledge: number, data = ""): ExamplePacket {
    const packet = { from: this.#server, to: this.#client, flags, sequence, acknowledge, data };
    return { on: "eth0", seconds, packet };
  }

  open(): ExamplePacket[] {
    return [
      this.fromClient(0, "S", 1000, 0),
      this.fromServer(0.001, "SA", 5000, 1001),
      this.fromClient(0.002, "A", 1001, 5001),
    ];
  }

  /** A request and its answer, five bytes each. */
  exchange(seconds: number): ExamplePacket[] {
    return [
      this.fromClient(seconds, "PA", 1001, 5001, "GET /"),
      this.fromServer(seconds + 0.001, "PA", 5001, 1006, "hello"),
      this.fromClient(seconds + 0.002, "A", 1006, 5006),
    ];
  }

  close(seconds: number): ExamplePacket[] {
    return [
      this.fromClient(seconds, "FA", 1006, 5006),
      this.fromServer(seconds + 0.001, "FA", 5006, 1007),
      this.fromClient(seconds + 0.002, "A", 1007, 5007),
    ];
  }
}

const DRAINED = new Conversation(CLIENT, ["10.244.3.5", 8080]);
const LASTING = new Conversation(CLIENT, ["10.244.2.5", 8080]);
const MIB = 1 << 20;

const NODE_PORT: readonly ExamplePacket[] = [{ on: "eth0", packet: "tcp 203.0.113.9:40000 > 192.168.0.11:30080 S" }];

/** Packets by the folder of their example. */
export const EXAMPLES: Readonly<Record<string, readonly ExamplePacket[]>> = {
  ping: [{ on: "cni0", packet: "icmp 10.244.1.9 > 10.96.0.80" }],
  "local-policy": NODE_PORT,
  "allow-all": [{ on: "eth0", packet: "tcp 203.0.113.9:40000 > 198.51.100.80:80 S" }],
  "input-drop": NODE_PORT,
  "host-service": [{ on: "cni0", packet: "tcp 10.244.1.9:40000 > 10.96.0.80:22 S" }],
  localhost: [{ on: "local", packet: "tcp 127.0.0.1:40000 > 127.0.0.1:30080 S" }],
  "vip-source": [{ on: "local", packet: "tcp 10.96.0.80:40000 > 10.96.0.80:80 S" }],
  idle: [...LASTING.open(), ...LASTING.exchange(1), LASTING.fromClient(902, "PA", 1006, 5006, "GET /")],
  "stale-udp": [
    { on: "cni0", seconds: 0, packet: "udp 10.244.1.9:40053 > 10.96.0.10:53" },
    { on: "cni0", seconds: 1, packet: "udp 10.244.1.9:40054 > 10.96.0.10:53" },
  ],
  "port-reuse": [
    ...DRAINED.open(),
    ...DRAINED.exchange(0.1),
    ...DRAINED.close(0.2),
    DRAINED.fromClient(20, "S", 900_000, 0),
  ],
  invalid: [...LASTING.open(), ...LASTING.exchange(0.1), LASTING.fromServer(0.2, "A", 5006 + 4 * MIB, 1006, "late")],
};

/** The capture of an example. */
export function exampleCapture(packets: readonly ExamplePacket[]): Uint8Array {
  const names = Object.keys(DEVICES) as Device[];
  const used = names.filter((name) => packets.some(({ on }) => on === name));
  return pcapngOf(
    used,
    packets.map(({ on, seconds = 0, packet }): Captured => {
      const bytes = typeof packet === "string" ? buildPacket(parseDescription(packet)) : segmentBytes(packet);
      const mac = DEVICES[on];
      return { on: used.indexOf(on), seconds, bytes: mac === undefined ? bytes : frameFor(bytes, mac) };
    }),
  );
}
