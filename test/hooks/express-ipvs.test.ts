import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMac } from "../../src/config/address.ts";
import { withEthernet } from "../../src/engine/build-packet.ts";
import type { Emulator, OutputSink } from "../../src/index.ts";
import { PathReader, pathNames } from "../../src/trace/path.ts";
import { type Captured, pcapngOf } from "../support/frames.ts";
import { ipv4, tcp, udp } from "../support/ip.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";
import { type Append, resultTexts } from "../support/result-texts.ts";

const NODE = "10.0.0.1";
const CLIENT = "10.0.0.9";
const SERVERS = ["10.1.0.9", "10.1.0.10"] as const;
const PEER = "02:09:00:00:00:09";

/** What a node can have besides its services. */
const TABLES = [
  "*filter\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n",
  "*nat\n-A POSTROUTING -o eth1 -j MASQUERADE\nCOMMIT\n*filter\n-A OUTPUT -p tcp -m tcp --tcp-flags PSH PSH\nCOMMIT\n",
  "*mangle\n-A INPUT -p udp -j CONNMARK --set-xmark 0x5/0xff\n-A FORWARD -j MARK --set-xmark 0x1/0x1\nCOMMIT\n*filter\n-A INPUT -m conntrack --ctstate ESTABLISHED\nCOMMIT\n",
  "*filter\n-A FORWARD -p udp -m udp --dport 9 -j DROP\n-A OUTPUT -p tcp -m tcp --tcp-flags PSH PSH\n-A INPUT -p tcp -j ACCEPT\nCOMMIT\n",
  "*mangle\n-A OUTPUT -d 10.1.0.9/32 -j MARK --set-xmark 0x1/0x1\n-A POSTROUTING -m length --length 0:60\nCOMMIT\n",
  "*nat\n-A PREROUTING -p udp -m udp --dport 99 -j DNAT --to-destination 10.1.0.9:8053\nCOMMIT\n",
];
/** What is done, and the next time undone. */
const COMMANDS: readonly (readonly [string, string])[] = [
  ["ipvsadm -e -t 10.0.0.1:80 -r 10.1.0.9:8080 -m -w 0", "ipvsadm -e -t 10.0.0.1:80 -r 10.1.0.9:8080 -m -w 2"],
  ["ipvsadm -d -t 10.0.0.1:80 -r 10.1.0.10:8080", "ipvsadm -a -t 10.0.0.1:80 -r 10.1.0.10:8080 -m"],
  ["ipvsadm -D -u 10.0.0.1:53", "ipvsadm -A -u 10.0.0.1:53 -s rr"],
  ["ipvsadm --set 5 3 4", "ipvsadm --set 900 120 300"],
  ["iptables -A FORWARD -p tcp -m tcp --dport 8080", "iptables -D FORWARD -p tcp -m tcp --dport 8080"],
  ["iptables -A OUTPUT -p udp -m udp --dport 8053 -j DROP", "iptables -D OUTPUT -p udp -m udp --dport 8053 -j DROP"],
  ["sysctl -w net.ipv4.vs.conntrack=0", "sysctl -w net.ipv4.vs.conntrack=1"],
  ["sysctl -w net.ipv4.vs.expire_nodest_conn=1", "sysctl -w net.ipv4.vs.expire_nodest_conn=0"],
  ["sysctl -w net.ipv4.vs.snat_reroute=0", "sysctl -w net.ipv4.vs.snat_reroute=1"],
  ["ip route replace 10.1.0.0/24 dev eth1 mtu 600", "ip route replace 10.1.0.0/24 dev eth1"],
  ["conntrack -F", "conntrack -F"],
];

/** More of them: `RUNS=1000 npx vitest run --testTimeout 300000 test/hooks/express-ipvs.test.ts`. */
const RUNS = Number(process.env.RUNS ?? 40);
const TIME_LIMIT = 60_000 + RUNS * 300;

interface Step {
  /** A service, or a server that is talked to past it. */
  readonly to: "tcp" | "udp" | "direct" | "plain" | "translated";
  readonly port: number;
  readonly isReply: boolean;
  readonly server: number;
  readonly flags: number;
  readonly length: number;
  readonly ttl: number;
  readonly dontFragment: boolean;
  readonly hasChecksum: boolean;
  readonly wait: number;
  /** One that runs before the packet, where there is one of this number. */
  readonly command: number;
}

const SYN = 0x02;
const RST = 0x04;
const ACK = 0x10;
/** It voids what was learned. */
const REMOVE_SERVICE = COMMANDS.findIndex(([command]) => command.startsWith("ipvsadm -D"));
const REMOVE_SERVER = COMMANDS.findIndex(([command]) => command.startsWith("ipvsadm -d"));

const step: fc.Arbitrary<Step> = fc.record({
  to: fc.constantFrom("tcp", "tcp", "udp", "direct", "plain", "translated"),
  port: fc.constantFrom(4000, 4001),
  isReply: fc.boolean(),
  server: fc.constantFrom(0, 0, 1),
  flags: fc.constantFrom(ACK, ACK, ACK, ACK | 8, ACK, SYN, ACK | 1, 4),
  length: fc.constantFrom(1, 10, 10, 100, 700, 1460, 1470),
  ttl: fc.constantFrom(64, 64, 64, 64, 2, 1),
  dontFragment: fc.boolean(),
  hasChecksum: fc.constantFrom(true, true, true, false),
  wait: fc.constantFrom(0, 0, 0, 0, 0, 0.01, 0.5, 3, 70),
  command: fc.integer({ min: 0, max: 40 * COMMANDS.length }),
});

/** Conversations begin in order, so that most of what follows belongs to one. */
function greetings(): Step[] {
  const usual = { port: 4000, server: 0, length: 10, ttl: 64, dontFragment: true, hasChecksum: true, wait: 0 };
  const steps: Step[] = [];
  for (const to of ["tcp", "udp", "direct", "plain", "translated"] as const) {
    for (const port of [4000, 4001]) {
      // The service's servers take turns.
      const server = to === "tcp" && port === 4001 ? 1 : 0;
      const flow = { ...usual, to, port, server, command: COMMANDS.length };
      steps.push({ ...flow, isReply: false, flags: SYN }, { ...flow, isReply: true, flags: SYN | ACK });
      steps.push({ ...flow, isReply: false, flags: ACK }, { ...flow, isReply: true, flags: ACK });
      steps.push({ ...flow, isReply: false, flags: ACK }, { ...flow, isReply: true, flags: ACK });
    }
  }
  return steps;
}

function frameOf({ to, port, isReply, server, flags, length, ttl, dontFragment, hasChecksum }: Step, masks: boolean) {
  const isTcp = to === "tcp" || to === "plain" || to === "direct";
  const behind = to === "direct" ? 81 : isTcp ? 8080 : 8053;
  const front = { tcp: 80, udp: 53, direct: 81, plain: 8080, translated: 99 }[to];
  const [fromPort, toPort] = isReply ? [behind, port] : [port, front];
  const data = new Uint8Array(length).fill(length);
  const sequence = (isReply ? 5000 : 1000) + (flags & SYN ? 0 : 1);
  const acknowledge = flags & ACK ? (isReply ? 1001 : 5001) : 0;
  const payload = isTcp
    ? tcp({ from: fromPort, to: toPort, flags, sequence, acknowledge, data: flags & SYN ? undefined : data })
    : udp(fromPort, toPort, data);
  if (!isTcp && hasChecksum) payload.set([0x12, port & 0xff], 6);
  const far = SERVERS[server]!;
  const [from, destination] = isReply ? [far, masks ? "10.1.0.1" : CLIENT] : [CLIENT, to === "plain" ? far : NODE];
  return ipv4({ from, to: destination, protocol: isTcp ? 6 : 17, ttl, dontFragment, payload });
}

function captureOf(steps: readonly Step[], masks: boolean): { capture: Uint8Array; scenario: string } {
  const packets: Captured[] = [];
  const events: { before: number; cmd: string }[] = [];
  const done = COMMANDS.map(() => 0);
  let seconds = 1;
  for (const [i, each] of steps.entries()) {
    seconds += each.wait;
    const on = each.isReply ? 1 : 0;
    const mac = parseMac(each.isReply ? MACS.eth1 : MACS.eth0)!;
    packets.push({ bytes: withEthernet(frameOf(each, masks), mac, parseMac(PEER)!), on, seconds });
    const command = COMMANDS[each.command];
    if (command) events.push({ before: i + 1, cmd: command[done[each.command]!++ % 2]! });
  }
  return { capture: pcapngOf(["eth0", "eth1"], packets), scenario: JSON.stringify({ events, end: seconds + 1 }) };
}

/** Adds how each packet ended; paths are numbered otherwise where none are remembered. */
function watchEndings(emulator: Emulator, append: Append): OutputSink {
  const paths = new PathReader(emulator.core, pathNames(emulator.loaded));
  return {
    ending: ({ path, ...rest }) =>
      append(
        "endings",
        `${JSON.stringify([rest, paths.words(path)])}
`,
      ),
  };
}

function filesOf(tables: string, conntrack: number, scenario: string): Map<string, Uint8Array> {
  const neighbours = [CLIENT, ...SERVERS].map((dst, i) => ({
    dst,
    dev: i === 0 ? "eth0" : "eth1",
    lladdr: PEER,
    state: ["PERMANENT"],
  }));
  const servers = (kind: string, port: number, method = "-m") =>
    SERVERS.toReversed().map((server) => `-a ${kind} -r ${server}:${port} ${method} -w 1\n`);
  const services = [
    "-A -t 10.0.0.1:80 -s rr\n",
    ...servers("-t 10.0.0.1:80", 8080),
    "-A -u 10.0.0.1:53 -s rr\n",
    ...servers("-u 10.0.0.1:53", 8053),
    "-A -t 10.0.0.1:81 -s rr\n",
    ...servers("-t 10.0.0.1:81", 81, "-g"),
  ];
  return nodeFiles({
    "neigh.json": JSON.stringify(neighbours),
    "ipvsadm.save": services.join(""),
    "iptables.save": tables,
    "scenario.json": scenario,
    "sysctl.txt": `net.ipv4.ip_forward = 1\nnet.netfilter.nf_conntrack_acct = 1\nnet.netfilter.nf_conntrack_checksum = 0\nnet.ipv4.vs.conntrack = ${conntrack}\n`,
  });
}

async function compareRuns(tables: string, conntrack: number, batch: number, steps: readonly Step[]): Promise<void> {
  const { capture, scenario } = captureOf(steps, tables.includes("MASQUERADE"));
  const files = filesOf(tables, conntrack, scenario);
  const [quick, single, thorough] = await Promise.all([
    resultTexts(files, capture, { batch }, watchEndings),
    resultTexts(files, capture, { batch: 1 }, watchEndings),
    resultTexts(files, capture, { pathCache: false, index: false, batch: 1 }, watchEndings),
  ]);
  expect(quick).toEqual(thorough);
  expect(single).toEqual(thorough);
}

describe("IPVS in the express lane", () => {
  it(
    "gives what the walk gives: frames, connections, states, timers, counters and paths",
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...TABLES),
          fc.constantFrom(1, 1, 0),
          fc.constantFrom(4, 16, 128),
          fc.array(step, { minLength: 20, maxLength: 200 }),
          (tables, conntrack, batch, steps) => compareRuns(tables, conntrack, batch, [...greetings(), ...steps]),
        ),
        { numRuns: RUNS },
      );
    },
    TIME_LIMIT,
  );

  it("leaves answers to IPVS whose entry is that of the same client's connection past the service", async () => {
    const begun = greetings();
    const request = { ...begun.find(({ to, port, isReply }) => to === "tcp" && port === 4001 && !isReply)! };
    const answer = { ...request, isReply: true, server: 0, flags: ACK };
    // The server is gone, so that the service chooses the one that the client talks to directly from the same port.
    const steps = [
      { ...request, flags: RST, command: REMOVE_SERVICE },
      { ...request, flags: SYN, command: REMOVE_SERVER },
    ];
    await compareRuns(TABLES[0]!, 1, 4, [...begun, ...steps, ...Array.from({ length: 20 }, () => answer)]);
  });
});
