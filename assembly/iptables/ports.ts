import { PROTO_AH, PROTO_DCCP, PROTO_ESP, PROTO_SCTP, PROTO_TCP, PROTO_UDP, PROTO_UDPLITE } from "../abi/protocol";

/** proto_ports_offset(): where four bytes that name the flow lie; -1 for protocols without. */
export function placeOfPorts(protocol: u32): i32 {
  switch (protocol) {
    case PROTO_TCP:
    case PROTO_UDP:
    case PROTO_DCCP:
    case PROTO_ESP:
    case PROTO_SCTP:
    case PROTO_UDPLITE:
      return 0;
    case PROTO_AH:
      return 4;
    default:
      return -1;
  }
}
