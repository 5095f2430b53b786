import { SctpChunks } from "../../abi/rule";
import { allocate } from "../../memory/allocate";
import { load16 } from "../../packet/bytes";
import { Packet } from "../../packet/packet";
import { CONSULTED_PAYLOAD, context } from "../context";
import { bytesAt, transportOrDrop } from "../header";

/**
 * -m sctp (net/netfilter/xt_sctp.c). Ports in host order, both ends included. The chunk types follow the record, three
 * bytes each: type, mask of the flags that are looked at, flags.
 */
@unmanaged
export class SctpTest {
  sourceFrom: u16;
  sourceTo: u16;
  destinationFrom: u16;
  destinationTo: u16;
  notSource: bool;
  notDestination: bool;
  /** A `SctpChunks`. */
  chunks: u8;
  notChunks: bool;
  types: u32;
}

const TYPES: usize = offsetof<SctpTest>();
const SCTP_HEADER: u32 = 12;

export function matchesSctp(packet: Packet, test: SctpTest): bool {
  if (packet.fragmentOffset != 0) return false;
  const header = transportOrDrop(packet, SCTP_HEADER);
  if (header == 0) return false;
  const source = load16(header);
  if ((source >= test.sourceFrom && source <= test.sourceTo) == test.notSource) return false;
  const destination = load16(header + 2);
  if ((destination >= test.destinationFrom && destination <= test.destinationTo) == test.notDestination) return false;
  if (test.chunks == <u8>SctpChunks.None) return true;
  context.consulted |= CONSULTED_PAYLOAD;
  // A broken chunk drops the packet, and yet an inverted test holds: the rule counts it first.
  return matchesChunks(packet, test) != test.notChunks;
}

/** One flag a type: was it seen, as the rule wants it? */
const seen = allocate(256);

/** Goes through the packet's chunks; one that is cut short or empty drops the packet. */
function matchesChunks(packet: Packet, test: SctpTest): bool {
  const mode: SctpChunks = test.chunks;
  if (mode == SctpChunks.All) memory.fill(seen, 0, 256);
  let offset = packet.transportOffset + SCTP_HEADER;
  do {
    if (offset + 4 > packet.length) {
      context.hotdrop = true;
      return false;
    }
    const chunk = bytesAt(packet, offset, 4);
    if (chunk == 0) return false;
    const length = load16(chunk + 2);
    if (length == 0) {
      context.hotdrop = true;
      return false;
    }
    offset += (length + 3) & ~3;
    const type: u32 = load<u8>(chunk);
    const known = findType(test, type);
    if (known == 0) {
      if (mode == SctpChunks.Only) return false;
    } else if (hasFlags(known, load<u8>(chunk, 1))) {
      if (mode == SctpChunks.Any) return true;
      store<u8>(seen + type, 1);
    } else if (mode == SctpChunks.Only) {
      return false;
    }
  } while (offset < packet.length);
  if (mode == SctpChunks.All) return sawAll(test);
  return mode == SctpChunks.Only;
}

function findType(test: SctpTest, type: u32): usize {
  let at = changetype<usize>(test) + TYPES;
  for (let left = test.types; left != 0; left--) {
    if (load<u8>(at) == type) return at;
    at += 3;
  }
  return 0;
}

function hasFlags(known: usize, flags: u32): bool {
  return (flags & load<u8>(known, 1)) == load<u8>(known, 2);
}

function sawAll(test: SctpTest): bool {
  let at = changetype<usize>(test) + TYPES;
  for (let left = test.types; left != 0; left--) {
    if (!load<u8>(seen + load<u8>(at))) return false;
    at += 3;
  }
  return true;
}
