import { InputRecordLayout } from "../src/core/layout.generated.ts";
import { type Emulator, type EmulatorOptions, Emulator as NodeEmulator } from "../src/engine/emulator.ts";
import { parseNode } from "../src/index.ts";
import { CHUNK_BYTES, CHUNK_HEADER } from "./chunk.ts";
import { ETHERNET, GATEWAY_MACS, NODE_MACS } from "./network.ts";

/** Kinds of connections whose table is measured, each begun by one packet of a client that nobody answers. */
export const KINDS = ["udp", "tcp", "udp-nat", "udp-ipv6"] as const;
export type Kind = (typeof KINDS)[number];

const ETH0 = 2;
const PAYLOAD = 8;
/** Every client has all these ports, and a server of its own, so that masquerading finds its port free. */
const PORTS = 60_000;
const SERVERS = 240;
const FIRST_SERVER = 0x0a020009;

/**
 * A router that tracks connections, and chunks in which every packet begins one. Packets are written into the core's memory, so
 * that millions of them take none of the host's.
 */
export class NewConnections {
  readonly emulator: Emulator;
  readonly #kind: Kind;
  readonly #address: number;
  readonly #packets: number;
  readonly #stride: number;
  #next = 0;

  /** @param sysctls lines of a sysctl file. */
  static async create(kind: Kind, sysctls = "", options: EmulatorOptions = {}): Promise<NewConnections> {
    const node = parseNode(filesOf(kind, sysctls));
    return new NewConnections(await NodeEmulator.create(node, { ...options, verifyChecksums: false }), kind);
  }

  private constructor(emulator: Emulator, kind: Kind) {
    this.emulator = emulator;
    this.#kind = kind;
    const { core } = emulator;
    this.#address = core.allocate(CHUNK_BYTES);
    const frame = frameOf(kind);
    this.#stride = (CHUNK_HEADER.length + frame.length + 7) & ~7;
    this.#packets = Math.floor(CHUNK_BYTES / this.#stride);
    const view = new DataView(core.memory.buffer);
    for (let i = 0; i < this.#packets; i++) {
      const at = this.#address + i * this.#stride;
      view.setUint32(at + InputRecordLayout.macLength.offset, ETHERNET, true);
      view.setUint32(at + InputRecordLayout.device.offset, ETH0, true);
      view.setUint8(at + InputRecordLayout.family.offset, kind === "udp-ipv6" ? 6 : 4);
      view.setUint32(at + InputRecordLayout.size.offset, this.#stride, true);
    }
  }

  /** Packets of a full chunk. */
  get packets(): number {
    return this.#packets;
  }

  /**
   * Writes the next chunk; {@link run} takes it.
   *
   * @param startNs time of its first packet, and `stepNs` how much later each following one is.
   * @returns how many packets it has.
   */
  prepare(startNs: bigint, stepNs: bigint, limit = this.#packets): number {
    const { buffer } = this.emulator.core.memory;
    const view = new DataView(buffer);
    const bytes = new Uint8Array(buffer);
    const frame = frameOf(this.#kind);
    const count = Math.min(limit, this.#packets);
    let time = startNs;
    for (let i = 0; i < count; i++, time += stepNs) {
      const at = this.#address + i * this.#stride;
      view.setBigUint64(at + InputRecordLayout.timeNs.offset, time, true);
      view.setUint32(at + InputRecordLayout.number.offset, this.#next + 1, true);
      // The core rewrites packets in place.
      view.setUint32(at + InputRecordLayout.length.offset, frame.length - ETHERNET, true);
      view.setUint32(at + InputRecordLayout.captured.offset, frame.length - ETHERNET, true);
      bytes.set(frame, at + CHUNK_HEADER.length);
      this.#setClient(view, at + CHUNK_HEADER.length + ETHERNET, this.#next++);
    }
    return count;
  }

  /** Runs the chunk that was prepared. */
  run(count: number): void {
    const { core } = this.emulator;
    for (let done = 0; done < count * this.#stride; ) {
      done += core.processChunk(this.#address + done, count * this.#stride - done);
      core.clearOutputs();
    }
  }

  /** Begins so many connections at one moment. */
  begin(count: number, timeNs: bigint): void {
    for (let left = count; left > 0; ) {
      const packets = this.prepare(timeNs, 0n, left);
      this.run(packets);
      left -= packets;
    }
  }

  /** The i-th client: its address and its port. */
  #setClient(view: DataView, ip: number, i: number): void {
    const port = 1024 + (i % PORTS);
    const client = Math.floor(i / PORTS);
    if (this.#kind === "udp-ipv6") {
      view.setUint32(ip + 20, 100 + client);
      view.setUint32(ip + 36, 9 + (client % SERVERS));
      view.setUint16(ip + 40, port);
      return;
    }
    view.setUint32(ip + 12, 0x0b000001 + client);
    view.setUint32(ip + 16, FIRST_SERVER + (client % SERVERS));
    view.setUint16(ip + 20, port);
    view.setUint16(ip + 10, 0);
    view.setUint16(ip + 10, checksum(view, ip, 20));
  }
}

function frameOf(kind: Kind): Uint8Array {
  const isIpv6 = kind === "udp-ipv6";
  const isTcp = kind === "tcp";
  const transport = isTcp ? 20 : 8 + PAYLOAD;
  const ip = isIpv6 ? 40 : 20;
  const frame = new Uint8Array(ETHERNET + ip + transport);
  const view = new DataView(frame.buffer);
  frame.set(NODE_MACS[0], 0);
  frame.set(GATEWAY_MACS[0], 6);
  view.setUint16(12, isIpv6 ? 0x86dd : 0x0800);
  if (isIpv6) {
    view.setUint32(ETHERNET, 0x60000000);
    view.setUint16(ETHERNET + 4, transport);
    view.setUint16(ETHERNET + 6, 0x1140);
    view.setUint32(ETHERNET + 8, 0xfd010000);
    view.setUint32(ETHERNET + 24, 0xfd020000);
  } else {
    view.setUint16(ETHERNET, 0x4500);
    view.setUint16(ETHERNET + 2, ip + transport);
    view.setUint16(ETHERNET + 8, 0x4000 | (isTcp ? 6 : 17));
  }
  const at = ETHERNET + ip;
  view.setUint16(at + 2, 53);
  if (isTcp) view.setUint32(at + 12, 0x5002ffff);
  else view.setUint16(at + 4, transport);
  // Not looked at: checksums are not verified. IPv6 refuses none at all, though.
  view.setUint16(at + (isTcp ? 16 : 6), isIpv6 ? 1 : 0);
  return frame;
}

function checksum(view: DataView, at: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i += 2) sum += view.getUint16(at + i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function filesOf(kind: Kind, sysctls: string): Map<string, Uint8Array> {
  const link = (ifindex: number, ifname: string, own: readonly (readonly [string, number])[], mac?: Uint8Array) => ({
    ifindex,
    ifname,
    flags: ["UP", "LOWER_UP"],
    mtu: mac ? 1500 : 65536,
    operstate: "UP",
    link_type: mac ? "ether" : "loopback",
    address: hex(mac ?? new Uint8Array(6)),
    addr_info: own.map(([local, prefixlen]) => ({ family: local.includes(":") ? "inet6" : "inet", local, prefixlen })),
  });
  const networks = (n: number) => [[`10.${n}.0.1`, 16] as const, [`fd0${n}::1`, 64] as const];
  const servers = Array.from({ length: SERVERS }, (_, i) => [
    `10.2.0.${9 + i}`,
    `fd02::${(9 + i).toString(16)}`,
  ]).flat();
  const rules = "*filter\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n";
  const nat = "*nat\n-A POSTROUTING -o eth1 -j MASQUERADE\nCOMMIT\n";
  const files = {
    "addr.json": JSON.stringify([
      link(1, "lo", [["127.0.0.1", 8]]),
      link(2, "eth0", networks(1), NODE_MACS[0]),
      link(3, "eth1", networks(2), NODE_MACS[1]),
    ]),
    "route.json": JSON.stringify([
      { dst: "10.2.0.0/16", dev: "eth1", scope: "link" },
      { dst: "fd02::/64", dev: "eth1" },
    ]),
    "neigh.json": JSON.stringify(
      servers.map((dst) => ({ dst, dev: "eth1", lladdr: hex(GATEWAY_MACS[1]), state: ["PERMANENT"] })),
    ),
    "iptables.save": kind === "udp-nat" ? `${nat}${rules}` : rules,
    "ip6tables.save": rules,
    "sysctl.txt": `net.ipv4.ip_forward = 1\nnet.ipv6.conf.all.forwarding = 1\nnet.netfilter.nf_conntrack_max = 8000000\n${sysctls}`,
  };
  return new Map(Object.entries(files).map(([name, text]) => [name, new TextEncoder().encode(text)]));
}

function hex(mac: Uint8Array): string {
  return [...mac].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
