import { PROTO_FRAGMENT } from "../../abi/protocol";
import { FRAG_FIRST, FRAG_LAST, FRAG_MORE, FRAG_RESERVED } from "../../abi/rule";
import { load16, load32 } from "../../packet/bytes";
import { Packet } from "../../packet/packet";
import { findHeader6, headerOrDrop } from "./find-header6";

/** -m frag (net/ipv6/netfilter/ip6t_frag.c). `tests` are `FRAG_*` bits. */
@unmanaged
export class FragTest {
  idFrom: u32;
  idTo: u32;
  tests: u32;
  notId: bool;
}

export function matchesFrag(packet: Packet, test: FragTest): bool {
  const offset = findHeader6(packet, PROTO_FRAGMENT);
  if (offset == 0) return false;
  const header = headerOrDrop(packet, offset, 8);
  if (header == 0) return false;
  const id = load32(header + 4);
  if ((id >= test.idFrom && id <= test.idTo) == test.notId) return false;
  const field = load16(header + 2);
  if (test.tests & FRAG_RESERVED && (load<u8>(header, 1) != 0 || (field & 6) != 0)) return false;
  if (test.tests & FRAG_FIRST && (field & ~7) != 0) return false;
  if (test.tests & FRAG_MORE && (field & 1) == 0) return false;
  return (test.tests & FRAG_LAST) == 0 || (field & 1) == 0;
}
