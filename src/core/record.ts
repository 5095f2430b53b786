/**
 * Reading and writing the core's records by the generated layouts (layout.generated.ts), so that no offset is typed in
 * twice.
 */

/** A field of a record, as the layouts give it. */
export interface Field {
  readonly offset: number;
  readonly type: string;
}

/** Reads a field of up to 32 bits. */
export function getNumber(view: DataView, record: number, field: Field): number {
  const at = record + field.offset;
  switch (field.type) {
    case "u8":
      return view.getUint8(at);
    case "i8":
      return view.getInt8(at);
    case "u16":
      return view.getUint16(at, true);
    case "i16":
      return view.getInt16(at, true);
    case "u32":
      return view.getUint32(at, true);
    case "i32":
      return view.getInt32(at, true);
    case "u64":
      return Number(view.getBigUint64(at, true));
    case "i64":
      return Number(view.getBigInt64(at, true));
    default:
      throw new TypeError(`a field of type ${field.type} is not a number`);
  }
}

/** Reads a 64-bit field exactly. */
export function getBigInt(view: DataView, record: number, field: Field): bigint {
  return view.getBigUint64(record + field.offset, true);
}

/** Writes a field; numbers of 64-bit fields must be safe integers. */
export function setNumber(view: DataView, record: number, field: Field, value: number | bigint): void {
  const at = record + field.offset;
  switch (field.type) {
    case "u8":
    case "i8":
      view.setUint8(at, Number(value));
      return;
    case "u16":
    case "i16":
      view.setUint16(at, Number(value), true);
      return;
    case "u32":
    case "i32":
      view.setUint32(at, Number(value), true);
      return;
    case "u64":
    case "i64":
      view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true);
      return;
    default:
      throw new TypeError(`a field of type ${field.type} cannot be written`);
  }
}

/** Distance between two records of an array in the core: the size rounded up to 8. */
export function stride(layout: { readonly byteLength: number }): number {
  return (layout.byteLength + 7) & ~7;
}
