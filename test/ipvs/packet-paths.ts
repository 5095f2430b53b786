import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Emulator, parseNode } from "../../src/index.ts";
import { listConntrack } from "../../src/report/conntrack.ts";
import { listing } from "../../src/tools/listing.ts";
import { patch16, pseudoHeader, checksum as sumOf } from "../kernel-diff/bytes.ts";

/**
 * Packets in, packets out, and the chains that each passed: recorded on Linux 6.1.176, one record a line. The node is 10.9.9.1
 * on one link, 10.96.0.0/12 is local, everything else is behind 10.9.9.2.
 */
export interface PacketPath {
  readonly name: string;
  readonly setup: readonly string[];
  readonly steps: readonly PathStep[];
}

interface PathStep {
  readonly in?: string;
  readonly out: readonly string[];
  readonly command?: string;
  readonly output?: string;
  readonly rule_hits?: readonly RuleHit[];
  readonly conntrack?: readonly string[];
}

interface RuleHit {
  readonly table: string;
  readonly chain: string;
  readonly src?: string | null;
  readonly dst?: string | null;
  readonly ctstate?: string | null;
  readonly rule?: string;
  readonly packets: number;
}

const CHAINS: Readonly<Record<string, readonly string[]>> = {
  raw: ["PREROUTING", "OUTPUT"],
  mangle: ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
  nat: ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
  filter: ["INPUT", "FORWARD", "OUTPUT"],
};
const STATES = ["NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED"];
/** Steps followed each other after so long. */
const STEP_NS = 90_000_000n;
const SECONDS_TOLERANCE = 5;
/** Port of the servers that are masqueraded. */
const SERVER_PORT = 8080;

export function readPacketPaths(): PacketPath[] {
  const bytes = readFileSync(new URL("packet-paths.jsonl.gz", import.meta.url));
  return gunzipSync(bytes)
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as PacketPath);
}

/** Plays a record. @returns what came out differently, one line each. */
export async function playPacketPath(path: PacketPath): Promise<string[]> {
  const player = await PathPlayer.create(path);
  for (const step of path.steps) player.play(step);
  return player.differences;
}

class PathPlayer {
  readonly differences: string[] = [];
  readonly #emulator: Emulator;
  readonly #sent: { readonly device: number; readonly packet: Uint8Array }[] = [];
  /** Ports of the clients so far. */
  readonly #ports = new Set<number>();
  #before = new Map<string, number>();
  #step = 0;

  private constructor(emulator: Emulator) {
    this.#emulator = emulator;
    emulator.observe({
      frame: ({ device, bytes }) => this.#sent.push({ device, packet: bytes.slice(device === 0 ? 0 : 14) }),
    });
  }

  static async create(path: PacketPath): Promise<PathPlayer> {
    const emulator = await Emulator.create(parseNode(nodeFiles(path)), { startNs: 0n });
    const player = new PathPlayer(emulator);
    for (const command of path.setup) if (!command.startsWith("iptables")) emulator.command(command.replace("-q ", ""));
    return player;
  }

  play(step: PathStep): void {
    this.#step += 1;
    this.#emulator.runUntil(this.#emulator.core.now() + STEP_NS);
    this.#before = this.#counts();
    this.#sent.length = 0;
    if (step.command?.startsWith("local process")) this.#fromProcess(step);
    else if (step.command !== undefined) this.#command(step);
    else if (step.in !== undefined) this.#packet(step);
    if (step.rule_hits) this.#expect("counters", this.#hits(), hitTexts(step.rule_hits));
    if (step.conntrack) this.#expect("conntrack", this.#conntrack(), [...step.conntrack].sort());
  }

  #packet(step: PathStep): void {
    const packet = bytes(step.in!);
    const port = new DataView(packet.buffer).getUint16(20);
    if (port !== SERVER_PORT) this.#ports.add(port);
    this.#emulator.send(frameOf(packet), "eth0");
    // What the node's own programs answer comes from outside the emulator: it goes in as it was recorded.
    const isDelivered = this.#sent.some(({ device }) => device === 0);
    const own = isDelivered && step.out.length > 0 ? step.out[0] : undefined;
    if (own !== undefined) {
      this.#sent.length = 0;
      this.#emulator.send(asSent(bytes(own), step), "local");
    }
    this.#compareOutputs(step.out);
  }

  /** A connection of a program to the virtual address: what came out, turned back into what went in. */
  #fromProcess({ out, rule_hits: hits }: PathStep): void {
    const [first] = hits!;
    const packet = bytes(out[0]!);
    packet.set(address(first!.src!), 12);
    packet.set(address(first!.dst!), 16);
    packet[8] = 64;
    new DataView(packet.buffer).setUint16(22, 80);
    this.#emulator.send(checksummed(packet), "local");
    // The card was to complete the checksum of what a program sends; the recorder saw it before.
    this.#compareOutputs(out, withoutTcpChecksum);
  }

  #command({ command, output }: PathStep): void {
    if (command!.includes("cat /proc")) {
      if (command!.startsWith("sleep 0.2")) this.#emulator.runUntil(this.#emulator.core.now() + 200_000_000n);
      // Flows of other records were still there.
      const wanted = output!
        .trim()
        .split("\n")
        .filter((line) => this.#isOwn(line))
        .sort();
      const connections = listing(this.#emulator, "cat /proc/net/ip_vs_conn").split("\n").slice(1);
      const tracked = [...listConntrack(this.#emulator.core)];
      const got = [
        ...connections.map((line) => line.trimEnd()),
        ...tracked.map((line) => line.replace(/ +use=\d+/, "")),
      ];
      this.#compareListing(
        got.filter((line) => line !== "").sort(),
        wanted.map((line) => line.replace(/ +use=\d+/, "")),
      );
      return;
    }
    this.#emulator.command(command!);
  }

  #isOwn(line: string): boolean {
    return [...this.#ports].some(
      (port) => line.includes(`sport=${port} `) || line.includes(` ${port.toString(16).toUpperCase()} `),
    );
  }

  /** Remaining seconds may differ a little. */
  #compareListing(got: readonly string[], wanted: readonly string[]): void {
    const plain = (line: string) =>
      line
        .replace(/ +\d+$/, "")
        .replace(/^(\S+ +\d+ \S+ +\d+) \d+/, "$1")
        .replace(/ \[ASSURED\]|packets=\d+ bytes=\d+ /g, (text) => (text.startsWith("p") ? "" : text));
    this.#expect("listing", got.map(plain).sort(), wanted.map(plain).sort());
    const seconds = (line: string) => Number(/ (\d+)$/.exec(line)?.[1] ?? /^\S+ +\d+ \S+ +\d+ (\d+)/.exec(line)?.[1]);
    const by = new Map(got.map((line) => [plain(line), seconds(line)]));
    for (const line of wanted) {
      const late = Math.abs((by.get(plain(line)) ?? 0) - seconds(line));
      if (late > SECONDS_TOLERANCE) this.#expect(`time of ${line}`, by.get(plain(line)), seconds(line));
    }
  }

  #compareOutputs(wanted: readonly string[], form = (packet: string) => packet): void {
    const got = this.#sent.filter(({ device }) => device !== 0).map(({ packet }) => hex(packet));
    const comparable = (packet: string) => form(reproducible(packet));
    this.#expect("packets", got.map(comparable), wanted.map(comparable));
  }

  #counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { name, chains } of this.#emulator.loaded.rulesets.read(4)?.tables ?? []) {
      for (const chain of chains) {
        for (const [i, rule] of chain.rules.entries()) {
          counts.set(`${name} ${chain.name} ${i}`, Number(rule.counters?.packets ?? 0n));
        }
      }
    }
    return counts;
  }

  #hits(): string[] {
    const lines: string[] = [];
    for (const { name, chains } of this.#emulator.loaded.rulesets.read(4)?.tables ?? []) {
      for (const chain of chains) {
        for (const [i, rule] of chain.rules.entries()) {
          const packets = Number(rule.counters?.packets ?? 0n) - (this.#before.get(`${name} ${chain.name} ${i}`) ?? 0);
          const comment = rule.matches.find((match) => match.kind === "comment");
          if (packets > 0)
            lines.push(`${name} ${chain.name} ${comment?.kind === "comment" ? comment.text : "own"} ${packets}`);
        }
      }
    }
    return lines.sort();
  }

  #conntrack(): string[] {
    return [...listConntrack(this.#emulator.core)]
      .map((line) =>
        line
          .replace(/ use=\d+$/, "")
          .replace(/^(\S+ +\d+ \S+ +\d+) \d+/, "$1")
          .replace(/packets=\d+ bytes=\d+ /g, ""),
      )
      .sort();
  }

  #expect(what: string, got: unknown, wanted: unknown): void {
    const [gotText, wantedText] = [JSON.stringify(got), JSON.stringify(wanted)];
    if (gotText !== wantedText)
      this.differences.push(`step ${this.#step}, ${what}:\n  got    ${gotText}\n  wanted ${wantedText}`);
  }
}

function hitTexts(hits: readonly RuleHit[]): string[] {
  return hits
    .map(({ table, chain, src, dst, ctstate, rule, packets }) => {
      const label = rule === undefined ? [src, dst, ctstate ?? ""].join(" ").trim() : "own";
      return `${table} ${chain} ${label} ${packets}`;
    })
    .sort();
}

/**
 * The identification of what the kernel makes itself, and the source port of GUE, are not reproducible; the checksum of GRE was
 * left to the card.
 */
function reproducible(packet: string): string {
  const isError = packet.startsWith("45c0");
  const protocol = packet.slice(18, 20);
  const isOuter = packet.slice(24, 32) === "0a090901" && (protocol === "04" || protocol === "2f" || protocol === "11");
  const isEcho = protocol === "01" && packet.slice(40, 44) === "0000";
  let text = packet;
  if (isError || isOuter || isEcho) text = `${text.slice(0, 8)}----${text.slice(12, 20)}----${text.slice(24)}`;
  if (isOuter && protocol === "2f") return `${text.slice(0, 48)}----${text.slice(52)}`;
  return isOuter && protocol === "11" ? `${text.slice(0, 40)}----${text.slice(44)}` : text;
}

function nodeFiles({ setup, steps }: PacketPath): Map<string, Uint8Array> {
  const file = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
  const link = (ifindex: number, ifname: string, local: string, prefixlen: number, flags: readonly string[]) => ({
    ifindex,
    ifname,
    flags,
    mtu: ifname === "lo" ? 65536 : 1500,
    address: ifname === "lo" ? "00:00:00:00:00:00" : "02:00:00:00:00:02",
    link_type: ifname === "lo" ? "loopback" : "ether",
    addr_info: [{ family: "inet", local, prefixlen }],
  });
  const files = new Map([
    ["addr.json", file([link(1, "lo", "127.0.0.1", 8, ["LOOPBACK", "UP"]), link(2, "eth0", "10.9.9.1", 24, ["UP"])])],
    ["neigh.json", file([{ dst: "10.9.9.2", dev: "eth0", lladdr: "02:01:00:00:00:02", state: ["PERMANENT"] }])],
    [
      "route.json",
      file([
        { dst: "default", gateway: "10.9.9.2", dev: "eth0" },
        { dst: "10.9.9.0/24", dev: "eth0", scope: "link", prefsrc: "10.9.9.1" },
        { type: "local", dst: "10.96.0.0/12", dev: "lo", table: "local", scope: "host" },
      ]),
    ],
    ["ipvsadm.save", file("")],
    ["sysctl.txt", file("net.ipv4.ip_forward = 1\nnet.ipv4.icmp_ratemask = 0\n")],
  ]);
  const save = tablesText(setup, steps);
  if (save !== "") files.set("iptables.save", file(save));
  return files;
}

/** The rules of the record itself, and behind them one rule a pair of addresses and state, in every chain. */
function tablesText(setup: readonly string[], steps: readonly PathStep[]): string {
  const own = setup.flatMap((command) => {
    const [, table = "filter", rule] = /^iptables-legacy (?:-t (\S+) )?(-A .*)$/.exec(command) ?? [];
    return rule === undefined ? [] : [{ table, chain: rule.split(" ")[1]!, rule }];
  });
  const isCounted = steps.some((step) => step.rule_hits !== undefined);
  const tables = isCounted ? Object.keys(CHAINS) : [...new Set(own.map(({ table }) => table))];
  const pairs = [
    ...new Set(
      steps.flatMap(({ rule_hits: hits = [] }) => hits.flatMap(({ src, dst }) => (src ? [`${src} ${dst}`] : []))),
    ),
  ];
  return tables.map((table) => tableText(table, own, isCounted ? pairs : [])).join("");
}

function tableText(
  table: string,
  own: readonly { readonly table: string; readonly chain: string; readonly rule: string }[],
  pairs: readonly string[],
): string {
  const lines = CHAINS[table]!.flatMap((chain) => [
    ...own.filter((each) => each.table === table && each.chain === chain).map(({ rule }) => rule),
    ...pairs.flatMap((pair) => countingRules(table, chain, pair)),
  ]);
  return `${[`*${table}`, ...CHAINS[table]!.map((chain) => `:${chain} ACCEPT [0:0]`), ...lines, "COMMIT"].join("\n")}\n`;
}

function countingRules(table: string, chain: string, pair: string): string[] {
  const [source, destination] = pair.split(" ");
  const ends = `-A ${chain} -s ${source} -d ${destination}`;
  if (table === "raw") return [`${ends} -m comment --comment "${pair}"`];
  return STATES.map((state) => `${ends} -m conntrack --ctstate ${state} -m comment --comment "${pair} ${state}"`);
}

/** What a program of the node sent, before IPVS made it an answer of the virtual address. */
function asSent(packet: Uint8Array, { rule_hits: hits = [] }: PathStep): Uint8Array {
  const first = hits.find(({ table, chain }) => table === "raw" && chain === "OUTPUT");
  const source = first?.src ? address(first.src) : undefined;
  if (!source || source.every((byte, i) => byte === packet[12 + i])) return packet;
  packet.set(source, 12);
  new DataView(packet.buffer).setUint16(20, SERVER_PORT);
  return checksummed(packet);
}

function withoutTcpChecksum(packet: string): string {
  return `${packet.slice(0, 72)}----${packet.slice(76)}`;
}

function frameOf(packet: Uint8Array): Uint8Array {
  return Uint8Array.from([2, 0, 0, 0, 0, 2, 2, 1, 0, 0, 0, 2, 0x08, 0x00, ...packet]);
}

function checksummed(packet: Uint8Array): Uint8Array {
  const text = (at: number) => packet.slice(at, at + 4).join(".");
  const header = patch16(patch16(packet.subarray(0, 20), 10, 0), 10, sumOf(patch16(packet.subarray(0, 20), 10, 0)));
  const segment = patch16(packet.subarray(20), 16, 0);
  const sum = sumOf(pseudoHeader(text(12), text(16), 6, segment.length), segment);
  return Uint8Array.from([...header, ...patch16(segment, 16, sum)]);
}

function address(text: string): number[] {
  return text.split(".").map(Number);
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}

function hex(packet: Uint8Array): string {
  return Buffer.from(packet).toString("hex");
}
