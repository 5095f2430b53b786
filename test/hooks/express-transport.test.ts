import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMac } from "../../src/config/address.ts";
import { withEthernet } from "../../src/engine/build-packet.ts";
import { checksum, pseudoHeader } from "../kernel-diff/bytes.ts";
import { type Captured, pcapngOf } from "../support/frames.ts";
import { ipv4, ipv6, tcp, udp } from "../support/ip.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";
import { resultTexts } from "../support/result-texts.ts";

/** By family: client, server, and the node's address that is translated to the server's. */
const ADDRESSES = {
  4: ["10.0.0.9", "10.1.0.9", "10.0.0.1"],
  6: ["fd00::9", "fd01::9", "fd00::1"],
} as const;
const PEER = "02:09:00:00:00:09";
const SYN = 0x02;
const ACK = 0x10;
const SYN_OPTIONS = [2, 4, 5, 180, 4, 2, 3, 3, 7, 0, 1, 1];
const TIMESTAMP = [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2];

const PREFIX = "net.netfilter.nf_conntrack_tcp_";
const CHECKSUM = "net.netfilter.nf_conntrack_checksum";
/** Different ones, so that it shows which was chosen. */
const TIMEOUTS = `${PREFIX}timeout_max_retrans = 200\n${PREFIX}timeout_unacknowledged = 250\n`;

/** More of them: `RUNS=1000 npx vitest run --testTimeout 300000 test/hooks/express-transport.test.ts`. */
const RUNS = Number(process.env.RUNS ?? 30);

interface Way {
  readonly family: 4 | 6;
  readonly isTcp: boolean;
  readonly isTranslated: boolean;
  /** Does the client's SYN, and with it the server's, offer scaling and selective acknowledgements? */
  readonly scales: boolean;
}

interface Step {
  /** Bits of the checksum that are wrong. */
  readonly damage: number;
  readonly isReply: boolean;
  readonly flags: number;
  /** What is added to the numbers that would be next. */
  readonly sequence: number;
  readonly acknowledge: number;
  readonly window: number;
  readonly options: readonly number[];
  readonly length: number;
  readonly wait: number;
}

/** Rare ones end the connection, or make that nothing more is known of it. */
function mostly<T>(usual: readonly T[], rare: readonly T[], weight = 60): fc.Arbitrary<T> {
  return fc.oneof({ weight, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: fc.constantFrom(...rare) });
}

const offset = mostly([0, 0, 0, 1, -1, 10, -10], [1460, 64240, -66000, -66001, 65536 * 130, 2 ** 31, 2 ** 31 - 1], 6);

const step: fc.Arbitrary<Step> = fc.record({
  damage: mostly([0], [1, 0xffff], 30),
  isReply: fc.boolean(),
  flags: mostly([ACK, ACK, ACK | 8, ACK | 0x20, ACK | 0x40], [0, 0x08, ACK | 1, ACK | 4]),
  sequence: offset,
  acknowledge: offset,
  window: mostly([64240], [0, 1, 100, 65535], 3),
  options: fc.constantFrom([], [], TIMESTAMP, [1, 1, 5, 10, 0, 0, 0x20, 0, 0, 0, 0x30, 0], [1, 1, 1, 0], [8, 10, 0, 0]),
  // What the lane reads sixteen bytes at a time ends at any of them, and at 1,024 bytes of packet.
  length: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(0, 0, 0, 0, 10, 1400) },
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 80 }) },
    { weight: 1, arbitrary: fc.integer({ min: 960, max: 1000 }) },
  ),
  wait: mostly([0, 0, 0, 0.01, 3], [299, 301]),
});

const GREETING = { damage: 0, sequence: 0, acknowledge: 0, window: 64240, length: 0, wait: 0 };

/** A capture of the steps; what each side said so far decides which numbers come next. */
function captureOf(steps: readonly Step[], { family, isTcp, isTranslated, scales }: Way): Uint8Array {
  const synOptions = scales ? SYN_OPTIONS : [];
  const opening: Step[] = [
    { ...GREETING, isReply: false, flags: SYN, options: synOptions },
    { ...GREETING, isReply: true, flags: SYN | ACK, options: synOptions },
    { ...GREETING, isReply: false, flags: ACK, options: [] },
    { ...GREETING, isReply: true, flags: ACK, options: [] },
    { ...GREETING, isReply: false, flags: ACK, options: [] },
  ];
  const packets: Captured[] = [];
  const next = [1000, 0xffff_f000];
  let seconds = 1;
  const [client, server, own] = ADDRESSES[family];
  for (const { isReply, flags, sequence, acknowledge, window, options, length, wait, damage } of [
    ...opening,
    ...steps,
  ]) {
    seconds += wait;
    const on = isReply ? 1 : 0;
    const [from, to] = isReply ? [server, client] : [client, isTranslated ? own : server];
    const data = new Uint8Array(length).fill(length);
    const ports = { from: isReply ? 80 : 4000, to: isReply ? 4000 : 80 };
    const payload = isTcp
      ? tcp({
          ...ports,
          flags,
          sequence: (next[on]! + sequence) >>> 0,
          acknowledge: flags & ACK ? (next[on ^ 1]! + acknowledge) >>> 0 : 0,
          options,
          data,
        })
      : udp(ports.from, ports.to, data);
    const view = new DataView(payload.buffer, payload.byteOffset);
    if (isTcp) view.setUint16(14, window);
    const protocol = isTcp ? 6 : 17;
    // A window of 1 stands for a datagram without a checksum.
    if (isTcp || window !== 1) {
      const right = checksum(pseudoHeader(from, to, protocol, payload.length), payload);
      view.setUint16(isTcp ? 16 : 6, right ^ damage);
    }
    const packet = family === 4 ? ipv4({ from, to, protocol, payload }) : ipv6({ from, to, next: protocol, payload });
    if (sequence === 0) next[on] = (next[on]! + length + (flags & SYN ? 1 : 0)) >>> 0;
    const mac = parseMac(isReply ? MACS.eth1 : MACS.eth0)!;
    packets.push({ bytes: withEthernet(packet, mac, parseMac(PEER)!), on, seconds });
  }
  return pcapngOf(["eth0", "eth1"], packets);
}

function nodeOf({ family, isTranslated }: Way, sysctls: string): Map<string, Uint8Array> {
  const [client, server, own] = ADDRESSES[family];
  const address = (name: "eth0" | "eth1", i: number) => ({
    ifindex: i + 2,
    ifname: name,
    flags: ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
    mtu: 1500,
    link_type: "ether",
    address: MACS[name],
    addr_info: [
      { family: "inet", local: `10.${i}.0.1`, prefixlen: 24, scope: "global" },
      { family: "inet6", local: `fd0${i}::1`, prefixlen: 64, scope: "global" },
    ],
  });
  const routes = [0, 1].flatMap((i) => [
    { dst: `10.${i}.0.0/24`, dev: `eth${i}`, protocol: "kernel", scope: "link" },
    { dst: `fd0${i}::/64`, dev: `eth${i}`, protocol: "kernel" },
  ]);
  const to = family === 4 ? server : `[${server}]`;
  const nat = `*nat\n-A PREROUTING -d ${own} -j DNAT --to-destination ${to}\nCOMMIT\n`;
  const filter = "*filter\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n";
  return nodeFiles({
    "addr.json": JSON.stringify([address("eth0", 0), address("eth1", 1)]),
    "route.json": JSON.stringify(routes),
    "neigh.json": JSON.stringify(
      [client, server].map((dst, i) => ({ dst, dev: `eth${i}`, lladdr: PEER, state: ["PERMANENT"] })),
    ),
    [family === 4 ? "iptables.save" : "ip6tables.save"]: `${isTranslated ? nat : ""}${filter}`,
    "sysctl.txt": `net.ipv4.ip_forward = 1\nnet.ipv6.conf.all.forwarding = 1\nnet.netfilter.nf_conntrack_acct = 1\n${TIMEOUTS}${sysctls}`,
  });
}

describe("TCP and UDP in the express lane", () => {
  it("moves windows, timeouts and counters as in the walk, at their edges, too", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          family: fc.constantFrom(4, 6),
          isTcp: fc.constantFrom(true, true, false),
          isTranslated: fc.boolean(),
          scales: fc.boolean(),
        }),
        fc.constantFrom("", `${PREFIX}be_liberal = 1\n`, `${PREFIX}max_retrans = 1\n`, `${CHECKSUM} = 0\n`),
        fc.array(step, { minLength: 5, maxLength: 80 }),
        async (way, sysctls, steps) => {
          const [node, capture] = [nodeOf(way, sysctls), captureOf(steps, way)];
          const [quick, thorough] = await Promise.all([
            resultTexts(node, capture, { batch: 16 }),
            resultTexts(node, capture, { pathCache: false, index: false, batch: 1 }),
          ]);
          expect(quick).toEqual(thorough);
        },
      ),
      { numRuns: RUNS },
    );
  }, 60_000);
});
