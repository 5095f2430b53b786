import { type CapturePacket, LinkHeader, readLink } from "../capture/index.ts";
import type { Emulator } from "../engine/emulator.ts";
import type { Ending, OutputFrame } from "../engine/outputs.ts";
import { FrameIp } from "../report/frame-ip.ts";
import { KeptPackets } from "../report/kept-packets.ts";
import type { PairedSink } from "../report/paired-outputs.ts";
import { PathFactsReader } from "../report/path-facts.ts";
import { verdictOf } from "../report/verdicts.ts";
import { type Headers, readHeaders } from "../trace/headers.ts";
import type { PacketRow } from "./columns.ts";
import { Flows } from "./flows.ts";

interface Arrived {
  readonly timeNs: bigint;
  readonly interface: string | undefined;
  readonly headers: Headers | undefined;
}

/** Makes the rows of the packet table, and of the flow table. Tell it of every packet before it runs. */
export class PacketRows implements PairedSink {
  readonly flows = new Flows();
  readonly #emulator: Emulator;
  readonly #each: (row: PacketRow) => void;
  readonly #arrived = new KeptPackets<Arrived>();
  readonly #left = new Map<Ending, Headers>();
  readonly #paths: PathFactsReader;
  readonly #link = new LinkHeader();
  readonly #ip: FrameIp;

  constructor(emulator: Emulator, each: (row: PacketRow) => void) {
    this.#emulator = emulator;
    this.#each = each;
    this.#paths = new PathFactsReader(emulator);
    this.#ip = new FrameIp(emulator.node.interfaces);
  }

  /** A packet of the capture is about to run. */
  packet(packet: CapturePacket): void {
    const isIp = readLink(packet, this.#link);
    const headers = isIp ? readHeaders(packet.bytes.subarray(this.#link.macLength)) : undefined;
    this.#arrived.keep(packet.number, { timeNs: packet.timeNs, interface: packet.interface.name, headers });
  }

  frame(frame: OutputFrame, ending: Ending | undefined): void {
    if (!ending || this.#left.has(ending)) return;
    const at = this.#ip.startOf(frame);
    const headers = at === undefined ? undefined : readHeaders(frame.bytes.subarray(at));
    if (headers) this.#left.set(ending, headers);
  }

  /** Makes the row of a packet that ended. */
  ending(ending: Ending): void {
    const left = this.#left.get(ending);
    this.#left.delete(ending);
    const {
      packet,
      fate,
      reason,
      interface: out,
      kernelMade,
      length,
      path,
    } = verdictOf(ending, this.#emulator.loaded.devices.names);
    const arrived = this.#arrived.get(packet);
    const headers = kernelMade ? left : arrived?.headers;
    const { words, states, services, servers } = this.#paths.of(path);
    const row = {
      packet,
      time: arrived?.timeNs,
      in_interface: kernelMade ? undefined : arrived?.interface,
      kernel_made: kernelMade ?? false,
      fate,
      reason,
      out_interface: out,
      protocol: headers?.protocol,
      source: headers?.source,
      source_port: headers?.sourcePort,
      destination: headers?.destination,
      destination_port: headers?.destinationPort,
      tcp_flags: headers?.flags,
      out_source: left?.source,
      out_source_port: left?.sourcePort,
      out_destination: left?.destination,
      out_destination_port: left?.destinationPort,
      length,
      ct_state: first(states),
      service: first(services),
      server: first(servers),
      path,
      path_words: words.join(" > "),
    };
    this.#each({ ...row, flow: kernelMade ? undefined : this.flows.add(row) });
  }
}

function first(names: ReadonlySet<string>): string | undefined {
  return names.values().next().value;
}
