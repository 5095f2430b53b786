import { LINKTYPE_ETHERNET, PcapngWriter, PIECE_BYTES } from "../capture/index.ts";
import { Conversation, type Turn } from "./conversation.ts";
import { buildFrame, headerBytes, ICMP, SYN, TCP, UDP } from "./frame.ts";
import { Random, Zipf } from "./random.ts";

/** What made-up traffic is like. */
export interface WorkloadOptions {
  /** Packets to write. */
  readonly packets: number;
  /** Default 1. */
  readonly seed?: number;
  /** Conversations under way at a time; one that ends is followed by a new one. Default 1000. */
  readonly flows?: number;
  /** How uneven conversations talk: exponent of Zipf's law, 0 for all alike. Default 1. */
  readonly zipf?: number;
  /** Bytes of frames that carry data; `imix`: 64, 594 and 1514 as 7 to 4 to 1. Default imix. */
  readonly size?: number | "imix";
  /** Packets a second. Default 100,000. */
  readonly rate?: number;
  /** Shares of the conversations, the rest is TCP. Defaults 0.2 and 0.02. */
  readonly udp?: number;
  readonly icmp?: number;
  /** Share of the conversations that are over IPv6: of fd00:1::/64 with fd00:2::/64. Not with `to`. Default 0. */
  readonly ipv6?: number;
  /** Share of the conversations' packets that are lost behind the node, and said again by their senders. Default 0. */
  readonly loss?: number;
  /** Shares of the packets: SYNs from anywhere to one server, and SYNs of one host to port after port. Default 0. */
  readonly synFlood?: number;
  readonly portScan?: number;
  /**
   * Whom the clients talk to, in place of the made-up servers behind the second interface: services of the node. All packets are
   * then those of the first interface, answers as the node sends them on.
   */
  readonly to?: readonly WorkloadService[];
  /** MAC address of the node at the clients' interface. Default 02:00:00:00:00:01. */
  readonly mac?: Uint8Array;
  /** Nanoseconds since 1970 of the first packet. Default 2025-01-01. */
  readonly startNs?: bigint;
}

/** A service that clients talk to. */
export interface WorkloadService {
  readonly protocol: "tcp" | "udp";
  /** IPv4, four bytes. */
  readonly address: Uint8Array;
  readonly port: number;
}

/**
 * Interfaces of a generated capture: clients (10.1.0.0/16, fd00:1::/64) are behind the first, servers (10.2.0.0/16, fd00:2::/64)
 * behind the second.
 */
export const CLIENT_INTERFACE = "eth0";
export const SERVER_INTERFACE = "eth1";
/** MAC addresses that the node has to have there. */
export const CLIENT_SIDE_MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);
export const SERVER_SIDE_MAC = Uint8Array.of(2, 0, 0, 0, 0, 2);

const PEER_MACS = [Uint8Array.of(2, 0, 0, 0, 1, 1), Uint8Array.of(2, 0, 0, 0, 1, 2)];
const CLIENTS = 0x0a010000;
const SERVERS = 0x0a020000;
const SCANNER = CLIENTS + 0xfffe;
const HOSTS = 60_000;
const SERVER_COUNT = 200;
const SERVER_PORTS = [80, 443, 8080, 53, 5432];
const FIRST_PORT = 1024;
const MOST_EXCHANGES = 8;
const IMIX = [64, 64, 64, 64, 64, 64, 64, 594, 594, 594, 594, 1514];
const DEFAULT_START_NS = 1_735_689_600_000_000_000n;
const NS_PER_SECOND = 1e9;

/**
 * A capture of made-up traffic, a piece at a time: of any length in bounded memory, and the same bytes for the same options.
 *
 * @example
 * for (const piece of generateCapture({ packets: 1_000_000, synFlood: 0.5 })) file.write(piece);
 */
export function* generateCapture(options: WorkloadOptions): Generator<Uint8Array> {
  const names = options.to ? [CLIENT_INTERFACE] : [CLIENT_INTERFACE, SERVER_INTERFACE];
  const interfaces = names.map((name) => ({ name, linkType: LINKTYPE_ETHERNET }));
  const writer = new PcapngWriter(interfaces);
  const workload = new Workload(options);
  const start = options.startNs ?? DEFAULT_START_NS;
  const interval = NS_PER_SECOND / (options.rate ?? 100_000);
  for (let number = 0; number < options.packets; number++) {
    const { side, bytes } = workload.next();
    const timeNs = start + BigInt(Math.round(number * interval));
    const time = { timeHigh: Number(timeNs >> 32n), timeLow: Number(timeNs & 0xffffffffn) };
    writer.write({ interface: side, ...time, bytes, wireLength: bytes.length });
    if (writer.pending > PIECE_BYTES) yield writer.take();
  }
  if (writer.pending > 0) yield writer.take();
}

interface GeneratedFrame {
  /** Index of the interface where it arrives. */
  readonly side: 0 | 1;
  readonly bytes: Uint8Array;
}

class Workload {
  readonly #options: WorkloadOptions;
  readonly #random: Random;
  readonly #popularity: Zipf;
  readonly #conversations: Conversation[] = [];
  /** How often each place has begun a conversation: its source port goes on from there. */
  readonly #begun: Uint32Array;
  #scanned = 0;
  #id = 0;

  constructor(options: WorkloadOptions) {
    const flows = options.flows ?? 1000;
    this.#options = options;
    this.#random = new Random(options.seed ?? 1);
    this.#popularity = new Zipf(flows, options.zipf ?? 1);
    this.#begun = new Uint32Array(flows);
  }

  next(): GeneratedFrame {
    const { synFlood = 0, portScan = 0 } = this.#options;
    const kind = this.#random.fraction();
    if (kind < synFlood) return this.#flood();
    return kind < synFlood + portScan ? this.#scan() : this.#talk();
  }

  #talk(): GeneratedFrame {
    const place = this.#popularity.choose(this.#random);
    while (true) {
      this.#conversations[place] ??= this.#begin(place);
      const conversation = this.#conversations[place];
      const turn = conversation.next(this.#payloadBytes(conversation.family, conversation.protocol));
      if (turn && this.#isDrawn(this.#options.loss)) conversation.lose(turn);
      if (turn) return this.#frame(conversation, turn);
      this.#conversations[place] = this.#begin(place);
    }
  }

  #begin(place: number): Conversation {
    const random = this.#random;
    const ends = {
      family: this.#isDrawn(this.#options.ipv6) ? (6 as const) : (4 as const),
      ...(this.#options.to ? this.#service(this.#options.to) : this.#server()),
      client: CLIENTS + 1 + (place % HOSTS),
      clientPort: FIRST_PORT + ((this.#begun[place]!++ + Math.floor(place / HOSTS) * 997) % (0x10000 - FIRST_PORT)),
    };
    return new Conversation(ends, 1 + random.below(MOST_EXCHANGES), [random.next(), random.next()]);
  }

  /** Nothing is drawn for what was not asked for: other captures stay as they are. */
  #isDrawn(share = 0): boolean {
    return share > 0 && this.#random.fraction() < share;
  }

  #server(): Pick<Conversation, "protocol" | "server" | "serverPort"> {
    const random = this.#random;
    const { udp = 0.2, icmp = 0.02 } = this.#options;
    const kind = random.fraction();
    return {
      protocol: kind < icmp ? ICMP : kind < icmp + udp ? UDP : TCP,
      server: SERVERS + 1 + random.below(SERVER_COUNT),
      serverPort: SERVER_PORTS[random.below(SERVER_PORTS.length)]!,
    };
  }

  #service(services: readonly WorkloadService[]): Pick<Conversation, "protocol" | "server" | "serverPort"> {
    const { protocol, address, port } = services[this.#random.below(services.length)]!;
    const server = new DataView(address.buffer, address.byteOffset, 4).getUint32(0);
    return { protocol: protocol === "tcp" ? TCP : UDP, server, serverPort: port };
  }

  #frame(conversation: Conversation, turn: Turn): GeneratedFrame {
    const { family, protocol, client, clientPort, server, serverPort } = conversation;
    const { fromClient, ...rest } = turn;
    const ports = fromClient ? [clientPort, serverPort] : [serverPort, clientPort];
    const [sourcePort, destinationPort] = conversation.isEcho ? [conversation.echoType(turn), clientPort] : ports;
    const [source, destination] = fromClient ? [client, server] : [server, client];
    return this.#arriving(fromClient, {
      ...rest,
      family,
      protocol,
      source,
      destination,
      sourcePort: sourcePort!,
      destinationPort: destinationPort!,
    });
  }

  #flood(): GeneratedFrame {
    const source = CLIENTS + 1 + this.#random.below(HOSTS);
    const sourcePort = FIRST_PORT + this.#random.below(0x10000 - FIRST_PORT);
    return this.#syn(source, sourcePort, SERVER_PORTS[0]!);
  }

  #scan(): GeneratedFrame {
    return this.#syn(SCANNER, 0xbeef, 1 + (this.#scanned++ % 0xffff));
  }

  #syn(source: number, sourcePort: number, destinationPort: number): GeneratedFrame {
    const sequence = this.#random.next();
    const ports = { sourcePort, destinationPort };
    const rest = { flags: SYN, sequence, acknowledgement: 0, payloadBytes: 0 };
    return this.#arriving(true, { family: 4, protocol: TCP, source, destination: SERVERS + 1, ...ports, ...rest });
  }

  #arriving(
    fromClient: boolean,
    fields: Omit<Parameters<typeof buildFrame>[0], "sourceMac" | "destinationMac" | "id">,
  ): GeneratedFrame {
    const side = fromClient || this.#options.to ? 0 : 1;
    this.#id = (this.#id + 1) & 0xffff;
    return { side, bytes: buildFrame({ ...fields, ...this.#macs(fromClient), id: this.#id }) };
  }

  #macs(fromClient: boolean): { sourceMac: Uint8Array; destinationMac: Uint8Array } {
    const { to, mac = CLIENT_SIDE_MAC } = this.#options;
    if (fromClient) return { sourceMac: PEER_MACS[0]!, destinationMac: mac };
    if (to) return { sourceMac: mac, destinationMac: PEER_MACS[0]! };
    return { sourceMac: PEER_MACS[1]!, destinationMac: SERVER_SIDE_MAC };
  }

  #payloadBytes(family: 4 | 6, protocol: number): number {
    const { size = "imix" } = this.#options;
    const length = size === "imix" ? IMIX[this.#random.below(IMIX.length)]! : size;
    return Math.max(0, length - headerBytes(family, protocol));
  }
}
