/** What the first four bytes of a classic capture tell. */
export interface PcapMagic {
  readonly littleEndian: boolean;
  /** Nanoseconds in a unit of the second word of a timestamp. */
  readonly nsPerUnit: number;
  /** Bytes between the common file header of 24 bytes and the first record. */
  readonly extraHeaderBytes: number;
  /** Lengths that the header of a record may have, the likely one first, then the shorter ones. */
  readonly recordHeaders: readonly number[];
}

/** Header of a record: seconds, fraction, captured length, original length. */
export const RECORD_HEADER_BYTES = 16;
/** Nokia's: four bytes more, of unknown sense. */
const NOKIA_HEADER_BYTES = 20;
/** Alexey Kuznetsov's patches: interface index, protocol and packet type more; in one version eight bytes more. */
export const PATCHED_HEADER_BYTES = 24;
const PATCHED_SMP_HEADER_BYTES = 28;

const MICROSECONDS = 1000;
const NANOSECONDS = 1;

/** Magic numbers as they read in the byte order of the machine that wrote the file. */
const FORMS = new Map<number, Omit<PcapMagic, "littleEndian">>([
  // libpcap. Nokia's boxes, and one version of the patches, wrote longer records behind the same number.
  [
    0xa1b2c3d4,
    {
      nsPerUnit: MICROSECONDS,
      extraHeaderBytes: 0,
      recordHeaders: [RECORD_HEADER_BYTES, NOKIA_HEADER_BYTES, PATCHED_HEADER_BYTES],
    },
  ],
  [0xa1b23c4d, { nsPerUnit: NANOSECONDS, extraHeaderBytes: 0, recordHeaders: [RECORD_HEADER_BYTES] }],
  [
    0xa1b2cd34,
    {
      nsPerUnit: MICROSECONDS,
      extraHeaderBytes: 0,
      recordHeaders: [PATCHED_HEADER_BYTES, PATCHED_SMP_HEADER_BYTES],
    },
  ],
  // Ixia's lcap, from hardware and from software: the length of all records follows the header.
  [0x1c0001ac, { nsPerUnit: NANOSECONDS, extraHeaderBytes: 4, recordHeaders: [RECORD_HEADER_BYTES] }],
  [0x1c0001ab, { nsPerUnit: MICROSECONDS, extraHeaderBytes: 4, recordHeaders: [RECORD_HEADER_BYTES] }],
]);

/** @returns undefined when the four bytes at `at` begin no classic capture. */
export function recognizePcap(view: DataView, at: number): PcapMagic | undefined {
  for (const littleEndian of [true, false]) {
    const form = FORMS.get(view.getUint32(at, littleEndian));
    if (form) return { ...form, littleEndian };
  }
  return undefined;
}

/** Records that are looked at to tell the forms apart. */
const RECORDS_TRIED = 3;
/** No packet was longer than this on the wire. */
const LONGEST_ORIGINAL = 16 * 1024 * 1024;
/** Neighbouring records are not further apart than this: about a year. */
const FURTHEST_SECONDS = 32 * 1024 * 1024;

/**
 * Which of the possible record headers a file of version 2.4 uses: the first with which its first records make sense,
 * or the likely one if none does.
 *
 * @param start first record; bytes up to `end` are looked at.
 * @param limit most captured bytes that a record can have.
 */
export function chooseRecordHeader(
  magic: PcapMagic,
  view: DataView,
  start: number,
  end: number,
  limit: number,
): number {
  const makesSense = (headerBytes: number): boolean => {
    const first = start + headerBytes <= end ? view.getUint32(start, magic.littleEndian) : 0;
    let at = start;
    for (let i = 0; i < RECORDS_TRIED && at + headerBytes <= end; i++) {
      const seconds = view.getUint32(at, magic.littleEndian);
      const fraction = view.getUint32(at + 4, magic.littleEndian);
      const captured = view.getUint32(at + 8, magic.littleEndian);
      const original = view.getUint32(at + 12, magic.littleEndian);
      if (Math.abs(seconds - first) > FURTHEST_SECONDS || fraction * magic.nsPerUnit >= 1e9) return false;
      if (captured > limit || captured > original || original > LONGEST_ORIGINAL) return false;
      at += headerBytes + captured;
    }
    return true;
  };
  return magic.recordHeaders.find(makesSense) ?? magic.recordHeaders[0];
}
