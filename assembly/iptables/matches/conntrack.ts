import { CtInfo, Direction, IPS_DST_NAT, IPS_SRC_NAT } from "../../abi/conntrack";
import {
  CONNTRACK_DIRECTION,
  CONNTRACK_EXPIRES,
  CONNTRACK_ORIGINAL_DESTINATION,
  CONNTRACK_ORIGINAL_DESTINATION_PORT,
  CONNTRACK_ORIGINAL_SOURCE,
  CONNTRACK_ORIGINAL_SOURCE_PORT,
  CONNTRACK_PROTOCOL,
  CONNTRACK_REPLY_DESTINATION,
  CONNTRACK_REPLY_DESTINATION_PORT,
  CONNTRACK_REPLY_SOURCE,
  CONNTRACK_REPLY_SOURCE_PORT,
  CONNTRACK_STATE,
  CONNTRACK_STATUS,
  STATE_DNAT,
  STATE_SNAT,
} from "../../abi/rule";
import { ctProtocol, ctRemainingTicks, ctStatus, tupleAddress, tuplePort } from "../../conntrack/entry";
import { hz } from "../../packet/clock";
import { Packet } from "../../packet/packet";
import { CONSULTED_STATE, context } from "../context";
import { stateBit } from "./state-bit";

/**
 * -m conntrack (net/netfilter/xt_conntrack.c). `tests` and `inverted` are `CONNTRACK_*` bits. Four prefixes and four
 * port ranges follow one another in the order original source, original destination, reply source, reply destination.
 */
@unmanaged
export class ConntrackTest {
  tests: u32;
  inverted: u32;
  /** `STATE_*` bits. */
  states: u32;
  /** `IPS_*` bits. */
  status: u32;
  /** Seconds left, both ends included. */
  expireFrom: u32;
  expireTo: u32;
  protocol: u32;
  /** First {@link ConntrackPrefix} of four; 0 when no address is tested. */
  prefixes: usize;
  /** Ports in host order, from and to. */
  originalSourceFrom: u16;
  originalSourceTo: u16;
  originalDestinationFrom: u16;
  originalDestinationTo: u16;
  replySourceFrom: u16;
  replySourceTo: u16;
  replyDestinationFrom: u16;
  replyDestinationTo: u16;
}

/** An address under a mask, 16 bytes each, as in the packet. */
@unmanaged
export class ConntrackPrefix {
  address0: u64;
  address1: u64;
  mask0: u64;
  mask1: u64;
}

const ADDRESS_TESTS: u32 =
  CONNTRACK_ORIGINAL_SOURCE | CONNTRACK_ORIGINAL_DESTINATION | CONNTRACK_REPLY_SOURCE | CONNTRACK_REPLY_DESTINATION;
const PORT_TESTS: u32 =
  CONNTRACK_ORIGINAL_SOURCE_PORT |
  CONNTRACK_ORIGINAL_DESTINATION_PORT |
  CONNTRACK_REPLY_SOURCE_PORT |
  CONNTRACK_REPLY_DESTINATION_PORT;

export function matchesConntrack(packet: Packet, test: ConntrackTest): bool {
  const ct = packet.ct;
  let state = stateBit(packet);
  if (test.tests & CONNTRACK_STATE) {
    if (ct != 0) {
      const status = ctStatus(ct);
      if (status & IPS_SRC_NAT) state |= STATE_SNAT;
      if (status & IPS_DST_NAT) state |= STATE_DNAT;
    }
    if (((test.states & state) != 0) == isInverted(test, CONNTRACK_STATE)) return false;
  }
  // Without an entry the state alone decides; whatever else the rule asks is passed over.
  if (ct == 0) return (test.tests & CONNTRACK_STATE) != 0;
  if (fails(test, CONNTRACK_DIRECTION, packet.ctinfo < <u8>CtInfo.EstablishedReply)) return false;
  if (test.tests & ADDRESS_TESTS && !matchesAddresses(packet.family, ct, test)) return false;
  if (fails(test, CONNTRACK_PROTOCOL, ctProtocol(ct) == test.protocol)) return false;
  if (test.tests & PORT_TESTS && !matchesPorts(ct, test)) return false;
  if (fails(test, CONNTRACK_STATUS, (test.status & ctStatus(ct)) != 0)) return false;
  return (test.tests & CONNTRACK_EXPIRES) == 0 || matchesExpiry(ct, test);
}

function isInverted(test: ConntrackTest, bit: u32): bool {
  return (test.inverted & bit) != 0;
}

/** Is this tested, and the answer not the one wanted? */
function fails(test: ConntrackTest, bit: u32, holds: bool): bool {
  return (test.tests & bit) != 0 && holds == isInverted(test, bit);
}

function matchesExpiry(ct: usize, test: ConntrackTest): bool {
  context.consulted |= CONSULTED_STATE;
  const left = ctRemainingTicks(ct) / hz;
  return !fails(test, CONNTRACK_EXPIRES, left >= test.expireFrom && left <= test.expireTo);
}

function matchesAddresses(family: u32, ct: usize, test: ConntrackTest): bool {
  for (let i: u32 = 0; i < 4; i++) {
    const bit = CONNTRACK_ORIGINAL_SOURCE << i;
    if ((test.tests & bit) == 0) continue;
    const prefix = changetype<ConntrackPrefix>(test.prefixes + i * offsetof<ConntrackPrefix>());
    const direction: Direction = i < 2 ? Direction.Original : Direction.Reply;
    const holds = isUnder(family, tupleAddress(ct, direction, i & 1), prefix);
    if (holds == isInverted(test, bit)) return false;
  }
  return true;
}

function isUnder(family: u32, address: usize, prefix: ConntrackPrefix): bool {
  if (family == 4) return ((load<u32>(address) ^ <u32>prefix.address0) & <u32>prefix.mask0) == 0;
  return (
    ((load<u64>(address) ^ prefix.address0) & prefix.mask0) == 0 &&
    ((load<u64>(address, 8) ^ prefix.address1) & prefix.mask1) == 0
  );
}

function matchesPorts(ct: usize, test: ConntrackTest): bool {
  let range = changetype<usize>(test) + offsetof<ConntrackTest>("originalSourceFrom");
  for (let i: u32 = 0; i < 4; i++) {
    const bit = CONNTRACK_ORIGINAL_SOURCE_PORT << i;
    const direction: Direction = i < 2 ? Direction.Original : Direction.Reply;
    const from: u32 = load<u16>(range);
    const to: u32 = load<u16>(range, 2);
    range += 4;
    if ((test.tests & bit) == 0) continue;
    const port = tuplePort(ct, direction, i & 1);
    if ((port >= from && port <= to) == isInverted(test, bit)) return false;
  }
  return true;
}
