import {
  PROTO_AH,
  PROTO_DSTOPTS,
  PROTO_ESP,
  PROTO_FRAGMENT,
  PROTO_HOPOPTS,
  PROTO_NONE,
  PROTO_ROUTING,
} from "../../abi/protocol";
import {
  HEADER_AUTH,
  HEADER_DESTINATION,
  HEADER_ESP,
  HEADER_FRAGMENT,
  HEADER_HOP,
  HEADER_NONE,
  HEADER_PROTOCOL,
  HEADER_ROUTE,
} from "../../abi/rule";
import { extensionSize, Packet } from "../../packet/packet";
import { CONSULTED_PAYLOAD, context } from "../context";
import { reportMissing } from "../header";

/** -m ipv6header (net/ipv6/netfilter/ip6t_ipv6header.c). `headers` are `HEADER_*` bits. */
@unmanaged
export class Ipv6headerTest {
  headers: u32;
  /** `--soft`: these headers are there, whatever else is. */
  soft: bool;
  invert: bool;
}

const INCOMPLETE: u32 = 0xffffffff;

export function matchesIpv6header(packet: Packet, test: Ipv6headerTest): bool {
  context.consulted |= CONSULTED_PAYLOAD;
  const found = findHeaders(packet);
  if (found == INCOMPLETE) return false;
  if (test.soft) return ((found ^ test.headers ^ (test.invert ? 0xff : 0)) & test.headers) == 0;
  return (found == test.headers) != test.invert;
}

/** The packet's headers as `HEADER_*` bits. */
function findHeaders(packet: Packet): u32 {
  let next: u32 = load<u8>(packet.data, 6);
  let offset: u32 = 40;
  let left = <i32>packet.length - 40;
  let found: u32 = 0;
  while (next == PROTO_NONE || bitOf(next) != 0) {
    if (next == PROTO_NONE) return found | HEADER_NONE;
    if (left < 2) return INCOMPLETE;
    if (next == PROTO_ESP) return found | HEADER_ESP;
    if (offset + 2 > packet.captured) {
      if (offset + 2 > packet.length) context.hotdrop = true;
      else reportMissing(packet);
      return INCOMPLETE;
    }
    const header = packet.data + offset;
    found |= bitOf(next);
    const size = extensionSize(next, header);
    next = load<u8>(header);
    left -= size;
    offset += size;
    if (offset > packet.length) break;
  }
  return next == PROTO_NONE || next == PROTO_ESP ? found : found | HEADER_PROTOCOL;
}

function bitOf(header: u32): u32 {
  switch (header) {
    case PROTO_HOPOPTS:
      return HEADER_HOP;
    case PROTO_ROUTING:
      return HEADER_ROUTE;
    case PROTO_FRAGMENT:
      return HEADER_FRAGMENT;
    case PROTO_AH:
      return HEADER_AUTH;
    case PROTO_DSTOPTS:
      return HEADER_DESTINATION;
    case PROTO_ESP:
      return HEADER_ESP;
    default:
      return 0;
  }
}
