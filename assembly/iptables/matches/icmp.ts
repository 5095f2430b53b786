import { Packet } from "../../packet/packet";
import { CONSULTED_PAYLOAD, context } from "../context";
import { transportOrDrop } from "../header";

/** -m icmp and -m icmp6 (net/ipv4/netfilter/ip_tables.c: icmp_match; net/ipv6/netfilter/ip6_tables.c: icmp6_match). */
@unmanaged
export class IcmpTest {
  type: u8;
  codeFrom: u8;
  codeTo: u8;
  invert: bool;
}

/** Size of struct icmphdr; struct icmp6hdr is as long. */
const ICMP_HEADER: u32 = 8;
/** IPv4 only: any type. */
const ANY_TYPE: u8 = 255;

export function matchesIcmp(packet: Packet, test: IcmpTest): bool {
  if (packet.fragmentOffset != 0) return false;
  const header = transportOrDrop(packet, ICMP_HEADER);
  if (header == 0) return false;
  context.consulted |= CONSULTED_PAYLOAD;
  return (isTypeAndCode(header, test) || (test.type == ANY_TYPE && packet.family == 4)) != test.invert;
}

function isTypeAndCode(header: usize, test: IcmpTest): bool {
  const code = load<u8>(header, 1);
  return load<u8>(header) == test.type && code >= test.codeFrom && code <= test.codeTo;
}
