import { ConntrackFault } from "../../assembly/abi/conntrack.ts";
import { readConnections, readServices } from "../../src/compile/ipvs-reader.ts";
import type { Core } from "../../src/core/core.ts";
import { Emulator } from "../../src/engine/emulator.ts";
import { parseNode } from "../../src/index.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";
import { Frames } from "./frames.ts";
import { STREAMS } from "./hostile.ts";
import { SERVICE_STREAMS } from "./services.ts";

/** Connections that the node's table may hold. */
export const TABLE = 20_000;
/** Expectations that it may hold. */
const EXPECTATIONS = 1_000;
/** CONFIG_HZ of Debian's kernels. */
const HZ = 250;
/** Linear memory that the node may take: its table, what is remembered of walks, and room. */
const MOST_BYTES = 96 << 20;
const TURN = 5_000;

export const FILES = {
  "addr.json": JSON.stringify([
    link(1, "lo", "00:00:00:00:00:00", ["127.0.0.1/8", "::1/128"]),
    link(2, "eth0", MACS.eth0, ["10.0.0.1/24", "fd00:0::1/64"]),
    link(3, "eth1", MACS.eth1, ["10.1.0.1/24", "fd00:1::1/64"]),
    link(4, "kube-ipvs0", "02:00:00:00:00:12", ["10.96.0.1/32", "10.96.0.2/32", "10.96.0.3/32"]),
  ]),
  "iptables.save": `*raw
-A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp
-A PREROUTING -p udp -m udp --dport 69 -j CT --helper tftp
COMMIT
*nat
-A POSTROUTING -o eth1 -p udp -m udp --dport 53 -j MASQUERADE --to-ports 5000-5499
-A POSTROUTING -o eth1 -p tcp -m tcp --dport 80 -j MASQUERADE
-A PREROUTING -i eth0 -p tcp -m tcp --dport 81 -j DNAT --to-destination 10.1.0.9:80
COMMIT
*filter
-A FORWARD -m conntrack --ctstate INVALID -j DROP
COMMIT
`,
  "ip6tables.save": "*filter\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n",
  "ipvsadm.save": `-A -t 10.96.0.1:80 -s wlc -p 50
-a -t 10.96.0.1:80 -r 10.1.0.9:8080 -m -w 1 -x 3000 -y 1000
-a -t 10.96.0.1:80 -r 10.1.0.10:8080 -m -w 2
-A -u 10.96.0.1:53 -s sh
-a -u 10.96.0.1:53 -r 10.1.0.9:5353 -m -w 1
-A -t 10.96.0.2:80 -s lblcr
-a -t 10.96.0.2:80 -r 10.1.0.9:80 -g -w 1
-a -t 10.96.0.2:80 -r 10.1.0.11:80 -g -w 1
-A -t 10.96.0.3:80 -s mh
-a -t 10.96.0.3:80 -r 10.1.0.10:80 -i -w 1
`,
  "sysctl.txt": [
    "net.ipv4.ip_forward = 1",
    "net.ipv6.conf.all.forwarding = 1",
    "net.ipv4.vs.conntrack = 1",
    "net.ipv4.vs.expire_nodest_conn = 1",
    `net.netfilter.nf_conntrack_max = ${TABLE}`,
    "net.netfilter.nf_conntrack_expect_max = 1000",
    "net.netfilter.nf_conntrack_buckets = 4096\n",
  ].join("\n"),
  "neigh.json": JSON.stringify(
    [..."9abc"].flatMap((last) => [
      {
        dst: `10.1.0.${Number.parseInt(last, 16)}`,
        dev: "eth1",
        lladdr: `02:09:00:00:01:0${last}`,
        state: ["PERMANENT"],
      },
      { dst: `fd00:1::${last}`, dev: "eth1", lladdr: `02:09:00:00:02:0${last}`, state: ["PERMANENT"] },
    ]),
  ),
  "route.json": JSON.stringify([
    { dst: "default", gateway: "10.0.0.9", dev: "eth0" },
    { dst: "10.0.0.0/24", dev: "eth0", protocol: "kernel", scope: "link", prefsrc: "10.0.0.1" },
    { dst: "10.1.0.0/24", dev: "eth1", protocol: "kernel", scope: "link", prefsrc: "10.1.0.1" },
    { dst: "fd00:0::/64", dev: "eth0", protocol: "kernel" },
    { dst: "fd00:1::/64", dev: "eth1", protocol: "kernel" },
    ...["10.0.0.1", "10.1.0.1", "10.96.0.1", "10.96.0.2", "10.96.0.3"].map((dst, i) => {
      return {
        type: "local",
        dst,
        dev: ["eth0", "eth1"][i] ?? "kube-ipvs0",
        table: "local",
        protocol: "kernel",
        scope: "host",
      };
    }),
  ]),
};

function link(index: number, name: string, address: string, addresses: readonly string[]): object {
  return {
    ifindex: index,
    ifname: name,
    flags: ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
    mtu: name === "lo" ? 65536 : 1500,
    link_type: name === "lo" ? "loopback" : "ether",
    address,
    addr_info: addresses.map((each) => {
      const [local, prefixlen] = each.split("/");
      return { family: each.includes(":") ? "inet6" : "inet", local, prefixlen: Number(prefixlen), scope: "global" };
    }),
  };
}

/** What a soak found, after all had expired: everything that the node takes then. */
export interface Rest {
  readonly connections: number;
  /** Of IPVS, templates included. */
  readonly virtualConnections: number;
  readonly expectations: number;
  readonly packets: number;
  readonly records: number;
  readonly blocks: number;
}

/** A node under hostile streams that take turns, looked over after each. */
export class Soak {
  readonly #emulator: Emulator;
  readonly #frames: Frames;
  #mostConnections = 0;
  #mostVirtualConnections = 0;
  #mostExpectations = 0;

  static async create(seed: number): Promise<Soak> {
    const node = parseNode(nodeFiles(FILES));
    return new Soak(await Emulator.create(node, { verifyChecksums: false, seed }), seed);
  }

  private constructor(emulator: Emulator, seed: number) {
    this.#emulator = emulator;
    this.#frames = new Frames(emulator, seed);
  }

  get packets(): number {
    return this.#frames.packets;
  }

  get mostVirtualConnections(): number {
    return this.#mostVirtualConnections;
  }

  get mostExpectations(): number {
    return this.#mostExpectations;
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
    for (const [name, stream] of [...STREAMS, ...SERVICE_STREAMS]) {
      // Now fast, now slow: entries expire in the middle of a stream.
      this.#frames.pace = BigInt(1_000 << this.#frames.below(14));
      for (let i = 0; i < TURN; i++) stream(this.#frames);
      this.#emulator.flush();
      this.#lookOver(name);
    }
  }

  /** Lets everything expire, and says what is left. */
  settle(): Rest {
    this.#frames.settle();
    this.#lookOver("nothing");
    const { core } = this.#emulator;
    return {
      connections: core.entryCount(),
      virtualConnections: readConnections(core, HZ).length,
      expectations: countExpectations(core),
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
    const expectations = countExpectations(core);
    this.#mostExpectations = Math.max(this.#mostExpectations, expectations);
    if (expectations > EXPECTATIONS) throw new Error(`${where}: ${expectations} expectations of ${EXPECTATIONS}`);
    this.#lookOverServices(where);
    if (this.bytes > MOST_BYTES) throw new Error(`${where}: ${this.bytes} bytes of memory`);
  }

  /** Servers count the connections that the table has, each as what it is. */
  #lookOverServices(where: string): void {
    const { core } = this.#emulator;
    const connections = readConnections(core, HZ);
    this.#mostVirtualConnections = Math.max(this.#mostVirtualConnections, connections.length);
    const servers = readServices(core).flatMap(({ servers }) => servers);
    const count = (of: (server: (typeof servers)[number]) => number) =>
      servers.reduce((sum, each) => sum + of(each), 0);
    const templates = connections.filter(({ isTemplate }) => isTemplate).length;
    const counted = {
      templates: count((each) => each.persistent),
      others: count((each) => each.active + each.inactive),
    };
    if (counted.templates !== templates || counted.others !== connections.length - templates) {
      throw new Error(
        `${where}: servers count ${JSON.stringify(counted)} of ${connections.length}, ${templates} templates`,
      );
    }
  }
}

function countExpectations(core: Core): number {
  let count = 0;
  core.firstExpectation();
  while (core.nextExpectation() !== 0) count += 1;
  return count;
}
