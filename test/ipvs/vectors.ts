import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { IpvsConnectionState } from "../../src/compile/ipvs-reader.ts";
import { formatAddress } from "../../src/config/address.ts";
import { stateText } from "../../src/report/ipvs-connections.ts";
import { Director } from "../support/director.ts";
import type { Output } from "../support/network.ts";

/**
 * Flows, closes and edits, and the servers that Linux 6.1.176 chose: recorded, one vector a line.
 */
export interface Vector {
  readonly name: string;
  readonly restore: readonly string[];
  readonly vip: string | null;
  readonly mark: { readonly dst: string; readonly mark: number } | null;
  readonly sysctl: Readonly<Record<string, string>>;
  readonly events: readonly VectorEvent[];
}

type VectorEvent = PacketEvent | EditEvent | SnapshotEvent | WaitEvent;

interface PacketEvent {
  readonly op: "packet";
  readonly from: "client" | "server";
  readonly proto: "tcp" | "udp";
  readonly src: string;
  readonly dst: string;
  readonly flags?: string;
  readonly result: {
    readonly verdict: "forward" | "icmp" | "nothing_emitted" | "local_stack_reply";
    readonly dest?: string;
    readonly src_rewritten_to?: string;
    readonly icmp?: readonly [type: number, code: number];
    readonly icmp_src?: string;
  };
  readonly conn_after?: { readonly state: string; readonly expires_s: number; readonly dest?: string } | null;
}

interface EditEvent {
  readonly op: "ipvsadm";
  readonly args: string;
  readonly rc: number;
}

interface SnapshotEvent {
  readonly op: "snapshot";
  readonly dests_in_kernel_list_order: readonly {
    readonly addr: string;
    readonly weight: number;
    readonly active: number;
    readonly inact: number;
  }[];
}

interface WaitEvent {
  readonly op: "wait";
  readonly seconds: number;
}

/** Recorded remaining times are cut to seconds, and the kernel's timers run up to an eighth late. */
const SECONDS_TOLERANCE = 2;

export function readVectors(): Vector[] {
  const bytes = readFileSync(new URL("vectors.jsonl.gz", import.meta.url));
  return gunzipSync(bytes)
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Vector);
}

/** Plays a vector. @returns what came out differently, one line each. */
export async function playVector(vector: Vector): Promise<string[]> {
  const { vip, mark } = vector;
  const director = await Director.create({
    local: mark === null ? vip! : mark.dst,
    table: mark === null ? undefined : markTable(mark),
    sysctls: Object.fromEntries(Object.entries(vector.sysctl).map(([name, value]) => [name, String(value)])),
    services: vector.restore,
  });
  const player = new Player(director);
  for (const event of vector.events) player.play(event);
  return player.differences;
}

function markTable({ dst, mark }: NonNullable<Vector["mark"]>): string[] {
  return ["*mangle", ":PREROUTING ACCEPT [0:0]", `-A PREROUTING -d ${dst} -j MARK --set-mark ${mark}`];
}

class Player {
  readonly differences: string[] = [];
  readonly #director: Director;
  #number = 0;

  constructor(director: Director) {
    this.#director = director;
  }

  play(event: VectorEvent): void {
    this.#number += 1;
    if (event.op === "packet") this.#packet(event);
    else if (event.op === "ipvsadm") this.#edit(event);
    else if (event.op === "wait") this.#director.wait(event.seconds);
    else this.#expect("snapshot", snapshotOf(this.#director), event.dests_in_kernel_list_order);
  }

  #packet(event: PacketEvent): void {
    const { src: from, dst: to, proto: protocol, flags } = event;
    const outputs = this.#director.send({ from, to, protocol, flags });
    const { verdict, dest, src_rewritten_to: source, icmp, icmp_src: icmpSource } = event.result;
    const wanted = { verdict, dest, source, icmp, icmpSource };
    this.#expect(`${from} > ${to} ${flags ?? ""}`, verdictOf(outputs, event), wanted);
    if (event.conn_after !== undefined) this.#connection(event, event.conn_after);
  }

  #connection(event: PacketEvent, wanted: PacketEvent["conn_after"]): void {
    const isReply = event.from === "server";
    const client = isReply ? event.dst : event.src;
    const found = this.#director.connections().find((each) => !each.isTemplate && clientOf(each) === client);
    if (!wanted || !found) {
      this.#expect(`connection of ${client}`, found ? "there" : "none", wanted ? "there" : "none");
      return;
    }
    this.#expect(`state of ${client}`, stateText(found), wanted.state);
    const late = Math.abs(found.remainingSeconds - wanted.expires_s);
    if (late > SECONDS_TOLERANCE) this.#expect(`time of ${client}`, found.remainingSeconds, wanted.expires_s);
    if (wanted.dest) this.#expect(`server of ${client}`, serverOf(found), wanted.dest);
  }

  #edit({ args, rc }: EditEvent): void {
    let code = 0;
    try {
      this.#director.ipvsadm(args);
    } catch {
      code = 1;
    }
    this.#expect(`ipvsadm ${args}`, code, rc === 0 ? 0 : 1);
  }

  #expect(what: string, got: unknown, wanted: unknown): void {
    const [gotText, wantedText] = [JSON.stringify(got), JSON.stringify(wanted)];
    if (gotText !== wantedText) this.differences.push(`event ${this.#number}, ${what}: ${gotText}, not ${wantedText}`);
  }
}

function snapshotOf(director: Director): unknown {
  return director.state().servers.map(({ address, port, weight, active, inactive }) => ({
    addr: endpoint(formatAddress(address), port),
    weight,
    active,
    inact: inactive,
  }));
}

/** What the recorder would have said of the packets that came out. */
function verdictOf(outputs: readonly Output[], event: PacketEvent): Partial<PacketEvent["result"]> & object {
  const [output] = outputs;
  if (!output) return { verdict: "nothing_emitted" };
  const { verdict } = event.result;
  // The recorder saw the node's own answer to what reached it, or none to a reset.
  if (output.device === "local") return { verdict: verdict === "nothing_emitted" ? verdict : "local_stack_reply" };
  const packet = new PacketReader(output.packet);
  if (packet.isIcmp) return { verdict: "icmp", icmp: packet.icmp, icmpSource: packet.source } as object;
  if (event.from === "client") return { verdict: "forward", dest: packet.destinationEndpoint };
  return { verdict: "forward", source: packet.sourceEndpoint } as object;
}

class PacketReader {
  readonly #packet: Uint8Array;
  readonly #view: DataView;
  readonly #isV4: boolean;

  constructor(packet: Uint8Array) {
    this.#packet = packet;
    this.#view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    this.#isV4 = packet[0]! >> 4 === 4;
  }

  get isIcmp(): boolean {
    return this.#isV4 ? this.#packet[9] === 1 : this.#packet[6] === 58;
  }

  get icmp(): readonly [number, number] {
    return [this.#packet[this.#transport]!, this.#packet[this.#transport + 1]!];
  }

  get source(): string {
    return formatAddress(this.#isV4 ? this.#packet.slice(12, 16) : this.#packet.slice(8, 24));
  }

  get sourceEndpoint(): string {
    return `${this.source}:${this.#view.getUint16(this.#transport)}`;
  }

  get destinationEndpoint(): string {
    const address = this.#isV4 ? this.#packet.slice(16, 20) : this.#packet.slice(24, 40);
    return `${formatAddress(address)}:${this.#view.getUint16(this.#transport + 2)}`;
  }

  get #transport(): number {
    return this.#isV4 ? 20 : 40;
  }
}

function clientOf({ client, clientPort }: IpvsConnectionState): string {
  return `${formatAddress(client)}:${clientPort}`;
}

function serverOf({ server, serverPort }: IpvsConnectionState): string {
  return endpoint(formatAddress(server), serverPort);
}

/** IPv6 addresses of servers stand in brackets. */
function endpoint(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
