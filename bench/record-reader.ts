import { LinkForm } from "../assembly/abi/capture.ts";
import { type Core, instantiateCore } from "../src/core/core.ts";
import {
  ArrivalLayout,
  ArrivedLayout,
  CaptureScanLayout,
  InputRecordLayout,
  MergeTotalsLayout,
  SectionInterfaceLayout,
} from "../src/core/layout.generated.ts";
import { getBigInt, getNumber, setNumber, stride } from "../src/core/record.ts";

/** Bytes that are read at a time, as the engine does it. */
const PIECE = 128 * 1024;
const SHORTEST_RECORD = 16;
const LONGEST_PACKET = 256 * 1024;
const MTU = 1500;

/** What the packets of a capture came to: how many that nobody has to be asked about, and the sum of the hashes of their tuples. */
export interface Keys {
  readonly packets: number;
  readonly sum: bigint;
}

/** Reads packet blocks that lie in the core's memory: from records to keys. */
export class RecordReader {
  readonly #core: Core;
  readonly #address: number;
  readonly #length: number;
  readonly #piece: number;

  /** @param blocks enhanced packet blocks, little-endian, times in nanoseconds. @param macs of the node, by interface. */
  static async create(blocks: Uint8Array, macs: readonly Uint8Array[]): Promise<RecordReader> {
    return new RecordReader(await instantiateCore(), blocks, macs);
  }

  private constructor(core: Core, blocks: Uint8Array, macs: readonly Uint8Array[]) {
    this.#core = core;
    this.#address = core.allocate(blocks.length);
    this.#length = blocks.length;
    this.#piece = core.openPiece(8);
    core.reserveRecords(PIECE / SHORTEST_RECORD);
    new Uint8Array(core.memory.buffer).set(blocks, this.#address);
    const section = core.sectionInterfaces(macs.length);
    for (const [i, mac] of macs.entries()) this.#describe(section + i * SectionInterfaceLayout.byteLength, i, mac);
  }

  #describe(section: number, source: number, mac: Uint8Array): void {
    const arrival = this.#core.arrivalOf(source);
    const view = new DataView(this.#core.memory.buffer);
    setNumber(view, section, SectionInterfaceLayout.source, source);
    setNumber(view, section, SectionInterfaceLayout.nsPerUnit, 1);
    setNumber(view, section, SectionInterfaceLayout.limit, LONGEST_PACKET);
    setNumber(view, arrival, ArrivalLayout.form, LinkForm.Ethernet);
    setNumber(view, arrival, ArrivalLayout.device, source + 2);
    setNumber(view, arrival, ArrivalLayout.mtu, MTU);
    setNumber(view, arrival, ArrivalLayout.mac, macWord(mac));
    setNumber(view, arrival, ArrivalLayout.isKnown, 1);
  }

  run(): void {
    this.#read(() => undefined);
  }

  check(): Keys {
    const keys = { packets: 0, sum: 0n };
    this.#read((records, kept) => {
      const view = new DataView(this.#core.memory.buffer);
      for (let i = 0; i < kept; i++) {
        keys.sum += getBigInt(view, records + i * stride(InputRecordLayout), InputRecordLayout.hash);
      }
      keys.packets += kept - getNumber(view, this.#core.arrivedAddress(), ArrivedLayout.asked);
    });
    return { packets: keys.packets, sum: BigInt.asUintN(64, keys.sum) };
  }

  #read(each: (records: number, kept: number) => void): void {
    const core = this.#core;
    const view = new DataView(core.memory.buffer);
    const [scan, arrived] = [core.captureScanAddress(), core.arrivedAddress()];
    const { at, end, number, piece, isPcapng } = CaptureScanLayout;
    const last = this.#address + this.#length;
    setNumber(view, scan, at, this.#address);
    setNumber(view, scan, number, 0);
    setNumber(view, scan, piece, this.#piece);
    setNumber(view, scan, isPcapng, 1);
    // The same records once more: the first is no step back in time.
    setNumber(view, core.mergeTotalsAddress(), MergeTotalsLayout.latestNs, 0n);
    for (let until = this.#address + PIECE; getNumber(view, scan, at) < last; until += PIECE) {
      setNumber(view, scan, end, Math.min(until, last));
      core.reserveRecords(PIECE / SHORTEST_RECORD);
      core.scanRecords();
      const count = core.mergeRecords(0);
      const records = core.releasedRecords(count);
      core.arrive(records, count);
      each(records, getNumber(view, arrived, ArrivedLayout.kept));
    }
  }
}

/** The address as it is read from a frame: six bytes in the order of memory. */
export function macWord(mac: Uint8Array): bigint {
  return mac.reduceRight((word, byte) => (word << 8n) | BigInt(byte), 0n);
}
