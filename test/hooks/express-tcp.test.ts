import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMac } from "../../src/config/address.ts";
import { withEthernet } from "../../src/engine/build-packet.ts";
import { parseNode, type ReplayOptions, Results, replay } from "../../src/index.ts";
import { type Captured, pcapngOf } from "../support/frames.ts";
import { ipv4, tcp } from "../support/ip.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

const CLIENT = "10.0.0.9";
const SERVER = "10.1.0.9";
const PEER = "02:09:00:00:00:09";
const SYN = 0x02;
const ACK = 0x10;
const SYN_OPTIONS = [2, 4, 5, 180, 4, 2, 3, 3, 7, 0, 1, 1];
const TIMESTAMP = [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2];

const PREFIX = "net.netfilter.nf_conntrack_tcp_";
/** Different ones, so that it shows which was chosen. */
const TIMEOUTS = `${PREFIX}timeout_max_retrans = 200\n${PREFIX}timeout_unacknowledged = 250\n`;

/** More of them: `RUNS=1000 npx vitest run --testTimeout 300000 test/hooks/express-tcp.test.ts`. */
const RUNS = Number(process.env.RUNS ?? 30);

interface Step {
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
  isReply: fc.boolean(),
  flags: mostly([ACK, ACK, ACK | 8, ACK | 0x20, ACK | 0x40], [0, 0x08, ACK | 1, ACK | 4]),
  sequence: offset,
  acknowledge: offset,
  window: mostly([64240], [0, 1, 100, 65535], 3),
  options: fc.constantFrom([], [], TIMESTAMP, [1, 1, 5, 10, 0, 0, 0x20, 0, 0, 0, 0x30, 0], [1, 1, 1, 0], [8, 10, 0, 0]),
  length: fc.constantFrom(0, 0, 0, 0, 10, 1400),
  wait: mostly([0, 0, 0, 0.01, 3], [299, 301]),
});

const GREETING = { sequence: 0, acknowledge: 0, window: 64240, length: 0, wait: 0 };

/** A capture of the steps; what each side said so far decides which numbers come next. */
function captureOf(steps: readonly Step[], scales: boolean): Uint8Array {
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
  for (const { isReply, flags, sequence, acknowledge, window, options, length, wait } of [...opening, ...steps]) {
    seconds += wait;
    const on = isReply ? 1 : 0;
    const [from, to] = isReply ? [SERVER, CLIENT] : [CLIENT, SERVER];
    const payload = tcp({
      from: isReply ? 80 : 4000,
      to: isReply ? 4000 : 80,
      flags,
      sequence: (next[on]! + sequence) >>> 0,
      acknowledge: flags & ACK ? (next[on ^ 1]! + acknowledge) >>> 0 : 0,
      options,
      data: new Uint8Array(length).fill(length),
    });
    new DataView(payload.buffer, payload.byteOffset).setUint16(14, window);
    if (sequence === 0) next[on] = (next[on]! + length + (flags & SYN ? 1 : 0)) >>> 0;
    const packet = ipv4({ from, to, protocol: 6, payload });
    const mac = parseMac(isReply ? MACS.eth1 : MACS.eth0)!;
    packets.push({ bytes: withEthernet(packet, mac, parseMac(PEER)!), on, seconds });
  }
  return pcapngOf(["eth0", "eth1"], packets);
}

async function resultsOf(sysctls: string, capture: Uint8Array, options: ReplayOptions): Promise<Map<string, string>> {
  const neighbours = [CLIENT, SERVER].map((dst, i) => ({ dst, dev: `eth${i}`, lladdr: PEER, state: ["PERMANENT"] }));
  const node = nodeFiles({
    "neigh.json": JSON.stringify(neighbours),
    "iptables.save": "*filter\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n",
    "sysctl.txt": `net.ipv4.ip_forward = 1\nnet.netfilter.nf_conntrack_acct = 1\nnet.netfilter.nf_conntrack_checksum = 0\n${TIMEOUTS}${sysctls}`,
  });
  const written = new Map<string, string>();
  let results: Results | undefined;
  const { records } = await replay(parseNode(node), capture, {
    ...options,
    observe: (emulator) => {
      results = new Results(emulator, (name, piece) => {
        const text = typeof piece === "string" ? piece : Buffer.from(piece).toString("hex");
        written.set(name, `${written.get(name) ?? ""}${text}`);
      });
      return [results];
    },
  });
  results!.finish(records);
  return written;
}

describe("TCP in the express lane", () => {
  it("moves windows, timeouts and counters as in the walk, at their edges, too", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("", `${PREFIX}be_liberal = 1\n`, `${PREFIX}max_retrans = 1\n`),
        fc.boolean(),
        fc.array(step, { minLength: 5, maxLength: 80 }),
        async (sysctls, scales, steps) => {
          const capture = captureOf(steps, scales);
          const [quick, thorough] = await Promise.all([
            resultsOf(sysctls, capture, { batch: 16 }),
            resultsOf(sysctls, capture, { pathCache: false, index: false, batch: 1 }),
          ]);
          expect(quick).toEqual(thorough);
        },
      ),
      { numRuns: RUNS },
    );
  }, 60_000);
});
