import { type Chunk, ChunkBuilder } from "./chunk.ts";
import { benchNode, ETHERNET, GATEWAY_MACS, link, NODE_MACS, neighbour } from "./network.ts";
import { OPENING_NS } from "./traffic.ts";

/** The bench node with IPv6 on its two interfaces, and servers fd02::9 to fd02::72. */
export function ipv6Node(): Map<string, Uint8Array> {
  const servers = Array.from({ length: SERVERS }, (_, i) => `fd02::${(FIRST_SERVER + i).toString(16)}`);
  return benchNode([], {
    "addr.json": JSON.stringify([
      link(1, "lo", ["::1"], 128, 65536),
      link(2, "eth0", ["fd01::1"], 64, 1500, NODE_MACS[0]),
      link(3, "eth1", ["fd02::1"], 64, 1500, NODE_MACS[1]),
    ]),
    "route.json": JSON.stringify([
      { dst: "fd01::/64", dev: "eth0", protocol: "kernel" },
      { dst: "fd02::/64", dev: "eth1", protocol: "kernel" },
      { dst: "fd0b::/64", gateway: "fd01::fe", dev: "eth0" },
    ]),
    "neigh.json": JSON.stringify([
      neighbour("fd01::fe", "eth0", GATEWAY_MACS[0]),
      ...servers.map((dst) => neighbour(dst, "eth1", GATEWAY_MACS[1])),
    ]),
    "sysctl.txt": "net.ipv6.conf.all.forwarding = 1\nnet.netfilter.nf_conntrack_max = 4000000\n",
    "ip6tables.save": "*filter\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n",
  });
}

const SERVERS = 100;
const FIRST_SERVER = 9;
const PAYLOAD = 12;

/** Packets of UDP flows between clients and servers, with right checksums. */
export function udp6Packets(count: number, flowOf: (i: number) => number, isReply: (i: number) => boolean): Chunk[] {
  const builder = new ChunkBuilder(OPENING_NS);
  for (let i = 0; i < count; i++) {
    const flow = flowOf(i);
    const side = isReply(i) ? 1 : 0;
    const at = builder.add(ETHERNET + 48 + PAYLOAD, side === 0 ? 2 : 3, 6);
    const { view } = builder;
    const frame = new Uint8Array(view.buffer, at);
    frame.set(NODE_MACS[side], 0);
    frame.set(GATEWAY_MACS[side], 6);
    view.setUint16(at + 12, 0x86dd);
    const ip = at + ETHERNET;
    const [source, destination] = side === 0 ? [ip + 8, ip + 24] : [ip + 24, ip + 8];
    view.setUint32(ip, 0x60000000);
    view.setUint16(ip + 4, 8 + PAYLOAD);
    view.setUint16(ip + 6, 0x1140);
    view.setUint16(source, 0xfd0b);
    view.setUint32(source + 12, 1 + (flow >>> 12));
    view.setUint16(destination, 0xfd02);
    view.setUint32(destination + 12, FIRST_SERVER + (flow % SERVERS));
    const ports = [1024 + (flow & 0xfff), 53];
    view.setUint16(ip + 40, ports[side]!);
    view.setUint16(ip + 42, ports[side ^ 1]!);
    view.setUint16(ip + 44, 8 + PAYLOAD);
    let sum = 17 + 8 + PAYLOAD;
    for (let k = 8; k < 48 + PAYLOAD; k += 2) sum += view.getUint16(ip + k);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    view.setUint16(ip + 46, ~sum & 0xffff);
  }
  return builder.end();
}
