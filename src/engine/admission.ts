import { EACH_PLACE, LinkForm } from "../../assembly/abi/capture.ts";
import {
  type CaptureInterface,
  CapturePacket,
  DLT_RAW,
  DLT_RAW_OPENBSD,
  LINKTYPE_ETHERNET,
  LINKTYPE_IPV4,
  LINKTYPE_IPV6,
  LINKTYPE_LINUX_SLL,
  LINKTYPE_LINUX_SLL2,
  LINKTYPE_LOOP,
  LINKTYPE_NULL,
  LINKTYPE_RAW,
} from "../capture/index.ts";
import type { Core } from "../core/core.ts";
import { ArrivalLayout, ArrivedLayout, InputRecordLayout } from "../core/layout.generated.ts";
import { getNumber, setNumber, stride } from "../core/record.ts";
import { type Arrivals, OWN_FRAME } from "./arrivals.ts";
import { writeKind } from "./chunk.ts";
import { tellPlaces } from "./places.ts";

const RECORD_BYTES = stride(InputRecordLayout);

/**
 * Makes packet records that the core has read into input of the node. Most of them the core makes so by itself; about the others
 * {@link Arrivals} is asked, as it is about packets that the host has read.
 */
export class Admission {
  readonly #core: Core;
  readonly #arrivals: Arrivals;
  readonly #interfaces: () => readonly CaptureInterface[];
  /** Interfaces that the core has been told about. */
  readonly #told = new Set<CaptureInterface>();
  /** Does the core count the node's own frames? */
  #countsOwn = false;
  #own = 0;
  #bytes: Uint8Array = new Uint8Array();

  /** @param interfaces of the capture, as far as it has been read. */
  constructor(core: Core, arrivals: Arrivals, interfaces: () => readonly CaptureInterface[]) {
    this.#core = core;
    this.#arrivals = arrivals;
    this.#interfaces = interfaces;
  }

  /**
   * @param records address of the first record of `count`.
   * @returns how many of them are input; they lie at `records`, one behind another.
   * @throws InterfaceError when it cannot be told where packets belong.
   */
  admit(records: number, count: number): number {
    const core = this.#core;
    this.#learn(records, count);
    core.arrive(records, count);
    const view = new DataView(core.memory.buffer);
    const arrived = core.arrivedAddress();
    const asked = getNumber(view, arrived, ArrivedLayout.asked);
    const kept = getNumber(view, arrived, ArrivedLayout.kept);
    const hasRejected = this.#answer(view, asked);
    this.#countOwn(getNumber(view, arrived, ArrivedLayout.own));
    return hasRejected ? core.dropRejected(records, kept) : kept;
  }

  /** Greatest number of a record so far. */
  get records(): number {
    return getNumber(new DataView(this.#core.memory.buffer), this.#core.arrivedAddress(), ArrivedLayout.lastNumber);
  }

  /** Finds out where interfaces of the capture are that show up for the first time. */
  #learn(records: number, count: number): void {
    const interfaces = this.#interfaces();
    if (this.#told.size === interfaces.length) return;
    const core = this.#core;
    if (this.#told.size === 0) tellPlaces(core, this.#arrivals.interfaces);
    // Makes room for the last; the others lie before it.
    core.arrivalOf(interfaces.length - 1);
    if (!core.hasUnknownSource(records, count)) return;
    const view = new DataView(core.memory.buffer);
    for (const taken of this.#takenBy(view, records, count)) {
      if (this.#arrivals.isKnown(taken) || this.#arrivals.learnByName(taken)) continue;
      const all = Array.from({ length: count }, (_, i) => this.#packet(view, records + i * RECORD_BYTES));
      this.#arrivals.learn(all);
    }
    for (const one of interfaces) if (this.#arrivals.isKnown(one) && !this.#told.has(one)) this.#tell(one);
  }

  /** Interfaces of the capture that the records were taken at, in the order in which they show up. */
  #takenBy(view: DataView, records: number, count: number): Set<CaptureInterface> {
    const taken = new Set<CaptureInterface>();
    const end = records + count * RECORD_BYTES;
    for (let at = records; at < end; at += RECORD_BYTES)
      taken.add(this.#interfaces()[view.getUint32(at + InputRecordLayout.source.offset, true)]!);
    return taken;
  }

  #tell(taken: CaptureInterface): void {
    this.#told.add(taken);
    const at = this.#core.arrivalOf(taken.index);
    const view = new DataView(this.#core.memory.buffer);
    setNumber(view, at, ArrivalLayout.isKnown, 1);
    setNumber(view, at, ArrivalLayout.countsOwn, this.#countsOwn ? 1 : 0);
    const place = this.#arrivals.placeOf(taken);
    if (!place) return;
    setNumber(view, at, ArrivalLayout.form, FORMS.get(taken.linkType) ?? LinkForm.Other);
    setNumber(view, at, ArrivalLayout.device, place.device ?? EACH_PLACE);
    setNumber(view, at, ArrivalLayout.mtu, place.mtu ?? 0);
    setNumber(view, at, ArrivalLayout.mac, macWord(place.mac));
  }

  /** Says more about the records that the core did not know what to do with. @returns whether one is no input. */
  #answer(view: DataView, asked: number): boolean {
    const list = this.#core.askedRecords();
    let hasRejected = false;
    for (let i = 0; i < asked; i++) {
      const record = view.getUint32(list + 4 * i, true);
      const packet = this.#packet(view, record);
      const input = this.#arrivals.inputOf(packet);
      if (!input) {
        setNumber(view, record, InputRecordLayout.isRejected, 1);
        hasRejected = true;
        continue;
      }
      writeKind(view, record, input);
      // Without its tags a frame is shorter than it lay in the file, never longer.
      if (input.bytes.buffer !== view.buffer) packet.data.set(input.bytes, packet.start);
    }
    return hasRejected;
  }

  /** The first own frame is counted as all other records that are no input are, so that their kinds stand in the same order. */
  #countOwn(own: number): void {
    if (own > this.#own) this.#arrivals.passOver(OWN_FRAME, own - this.#own);
    this.#own = own;
    if (this.#countsOwn || !this.#arrivals.passedOver.has(OWN_FRAME)) return;
    this.#countsOwn = true;
    const view = new DataView(this.#core.memory.buffer);
    for (const { index } of this.#told) setNumber(view, this.#core.arrivalOf(index), ArrivalLayout.countsOwn, 1);
  }

  #bytesOf({ buffer }: DataView): Uint8Array {
    if (this.#bytes.buffer !== buffer) this.#bytes = new Uint8Array(buffer);
    return this.#bytes;
  }

  /** A record as a packet; its bytes are those in the core's memory. */
  #packet(view: DataView, record: number): CapturePacket {
    const layout = InputRecordLayout;
    const number = (field: { readonly offset: number }) => view.getUint32(record + field.offset, true);
    return new CapturePacket(
      number(layout.number),
      this.#interfaces()[number(layout.source)]!,
      view.getUint32(record + layout.timeNs.offset + 4, true),
      view.getUint32(record + layout.timeNs.offset, true),
      this.#bytesOf(view),
      number(layout.frame),
      number(layout.captured),
      number(layout.length),
      view.getUint8(record + layout.direction.offset),
      0,
      0,
    );
  }
}

const FORMS: ReadonlyMap<number, LinkForm> = new Map([
  [LINKTYPE_ETHERNET, LinkForm.Ethernet],
  [LINKTYPE_RAW, LinkForm.Raw],
  [DLT_RAW, LinkForm.Raw],
  [DLT_RAW_OPENBSD, LinkForm.Raw],
  [LINKTYPE_IPV4, LinkForm.Ipv4],
  [LINKTYPE_IPV6, LinkForm.Ipv6],
  [LINKTYPE_NULL, LinkForm.Family],
  [LINKTYPE_LOOP, LinkForm.Family],
  [LINKTYPE_LINUX_SLL, LinkForm.Sll],
  [LINKTYPE_LINUX_SLL2, LinkForm.Sll2],
]);

/** The address as it is read from a frame: six bytes in the order of memory. */
function macWord(mac: Uint8Array | undefined): bigint {
  if (!mac) return 0n;
  return mac.reduceRight((word, byte) => (word << 8n) | BigInt(byte), 0n);
}
