import { ConntrackFault } from "../../assembly/abi/conntrack.ts";
import { Emulator } from "../../src/engine/emulator.ts";
import { parseNode } from "../../src/index.ts";
import { nodeFiles } from "../support/node-files.ts";
import { Hostile, STREAMS } from "./hostile.ts";

/** Connections that the node's table may hold. */
export const TABLE = 20_000;
/** Linear memory that the node may take: its table, what is remembered of walks, and room. */
const MOST_BYTES = 96 << 20;
const TURN = 5_000;

const FILES = {
  "iptables.save": `*nat
-A POSTROUTING -o eth1 -p udp -j MASQUERADE --to-ports 5000-5499
-A POSTROUTING -o eth1 -j MASQUERADE
-A PREROUTING -i eth0 -p tcp -m tcp --dport 81 -j DNAT --to-destination 10.1.0.9:80
COMMIT
*filter
-A FORWARD -m conntrack --ctstate INVALID -j DROP
COMMIT
`,
  "sysctl.txt": [
    "net.ipv4.ip_forward = 1",
    `net.netfilter.nf_conntrack_max = ${TABLE}`,
    "net.netfilter.nf_conntrack_buckets = 4096\n",
  ].join("\n"),
  "route.json": JSON.stringify([
    { dst: "default", gateway: "10.0.0.9", dev: "eth0" },
    { dst: "10.0.0.0/24", dev: "eth0", protocol: "kernel", scope: "link", prefsrc: "10.0.0.1" },
    { dst: "10.1.0.0/24", dev: "eth1", protocol: "kernel", scope: "link", prefsrc: "10.1.0.1" },
    { type: "local", dst: "10.0.0.1", dev: "eth0", table: "local", protocol: "kernel", scope: "host" },
    { type: "local", dst: "10.1.0.1", dev: "eth1", table: "local", protocol: "kernel", scope: "host" },
  ]),
};

/** What a soak found, after all had expired: everything that the node takes then. */
export interface Rest {
  readonly connections: number;
  readonly packets: number;
  readonly records: number;
  readonly blocks: number;
}

/** A node under hostile streams that take turns, looked over after each. */
export class Soak {
  readonly #emulator: Emulator;
  readonly #hostile: Hostile;
  #mostConnections = 0;

  static async create(seed: number): Promise<Soak> {
    const node = parseNode(nodeFiles(FILES));
    return new Soak(await Emulator.create(node, { verifyChecksums: false, seed }), seed);
  }

  private constructor(emulator: Emulator, seed: number) {
    this.#emulator = emulator;
    this.#hostile = new Hostile(emulator, seed);
  }

  get packets(): number {
    return this.#hostile.packets;
  }

  get mostConnections(): number {
    return this.#mostConnections;
  }

  /** Bytes of linear memory. */
  get bytes(): number {
    return this.#emulator.core.memory.buffer.byteLength;
  }

  /** Every stream a turn. @throws Error that says what is wrong. */
  round(): void {
    for (const [name, stream] of STREAMS) {
      // Now fast, now slow: entries expire in the middle of a stream.
      this.#hostile.pace = BigInt(1_000 << this.#hostile.below(14));
      for (let i = 0; i < TURN; i++) stream(this.#hostile);
      this.#emulator.flush();
      this.#lookOver(name);
    }
  }

  /** Lets everything expire, and says what is left. */
  settle(): Rest {
    this.#hostile.settle();
    this.#lookOver("nothing");
    const { core } = this.#emulator;
    return {
      connections: core.entryCount(),
      packets: core.livePackets(),
      records: core.pooledRecords(),
      blocks: core.allocatedBlocks(),
    };
  }

  #lookOver(stream: string): void {
    const { core } = this.#emulator;
    const faults = core.auditConnections();
    const names = Object.entries(ConntrackFault).filter(([, bit]) => typeof bit === "number" && faults & bit);
    const where = `after ${this.packets} packets, ${stream}`;
    if (faults !== 0) throw new Error(`${where}: ${names.map(([name]) => name).join(", ")}`);
    const connections = core.entryCount();
    this.#mostConnections = Math.max(this.#mostConnections, connections);
    if (connections > TABLE) throw new Error(`${where}: ${connections} connections in a table for ${TABLE}`);
    if (this.bytes > MOST_BYTES) throw new Error(`${where}: ${this.bytes} bytes of memory`);
  }
}
