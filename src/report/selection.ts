import { type CapturePacket, LinkHeader } from "../capture/index.ts";
import type { Emulator } from "../engine/emulator.ts";
import type { Ending, OutputFrame } from "../engine/outputs.ts";
import { filteredPacket } from "../filter/capture-filter.ts";
import type { FilteredPacket, Predicate } from "../filter/packet.ts";
import { KeptPackets } from "./kept-packets.ts";
import type { PairedSink } from "./paired-outputs.ts";
import { PathFactsReader } from "./path-facts.ts";
import { verdictOf } from "./verdicts.ts";

/** Hands on what a result filter chooses. Tell it of every packet of the capture before it runs. */
export class Selection implements PairedSink {
  readonly #emulator: Emulator;
  readonly #wanted: Predicate;
  readonly #sinks: readonly PairedSink[];
  readonly #paths: PathFactsReader;
  readonly #packets = new KeptPackets<FilteredPacket>();
  readonly #link = new LinkHeader();

  constructor(emulator: Emulator, wanted: Predicate, sinks: readonly PairedSink[]) {
    this.#emulator = emulator;
    this.#wanted = wanted;
    this.#sinks = sinks;
    this.#paths = new PathFactsReader(emulator);
  }

  /** A packet of the capture is about to run. */
  packet(packet: CapturePacket): void {
    this.#packets.keep(packet.number, filteredPacket(packet, this.#link));
  }

  frame(frame: OutputFrame, ending: Ending | undefined): void {
    if (!ending || !this.#isWanted(ending)) return;
    for (const sink of this.#sinks) sink.frame?.(frame, ending);
  }

  /** Hands on the ending of a packet that was chosen. */
  ending(ending: Ending): void {
    if (!this.#isWanted(ending)) return;
    for (const sink of this.#sinks) sink.ending?.(ending);
  }

  #isWanted(ending: Ending): boolean {
    const packet = this.#packets.get(ending.number);
    const { fate, interface: out, reason } = verdictOf(ending, this.#emulator.loaded.devices.names);
    return (
      packet !== undefined && this.#wanted(packet, { ...this.#paths.of(ending.path), fate, interface: out, reason })
    );
  }
}
