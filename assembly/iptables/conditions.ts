import {
  CONDITION_MATCH,
  Condition,
  RULE_FRAGMENT,
  RULE_NOT_DESTINATION,
  RULE_NOT_FRAGMENT,
  RULE_NOT_PROTOCOL,
  RULE_NOT_SOURCE,
} from "../abi/rule";
import { Packet } from "../packet/packet";
import { context } from "./context";
import { matches } from "./matches/index";
import { Addresses6, Match, Rule } from "./rule";

/**
 * The IP part, then the matches in order (ip_packet_match, ip6_packet_match).
 *
 * @returns the first `Condition` that does not hold.
 */
export function failedCondition(packet: Packet, rule: Rule): u32 {
  if (packet.family == 4) {
    if (!matchesSource4(packet, rule)) return Condition.Source;
    if (!matchesDestination4(packet, rule)) return Condition.Destination;
  } else if (rule.addresses6 != 0) {
    if (!matchesSource6(packet, rule)) return Condition.Source;
    if (!matchesDestination6(packet, rule)) return Condition.Destination;
  }
  if (rule.inDevices != 0 && !hasBit(rule.inDevices, context.inDevice)) return Condition.InDevice;
  if (rule.outDevices != 0 && !hasBit(rule.outDevices, context.outDevice)) return Condition.OutDevice;
  if (rule.protocol != 0 && !matchesProtocol(packet, rule)) return Condition.Protocol;
  if (rule.flags & RULE_FRAGMENT) {
    if ((packet.fragmentOffset != 0) == ((rule.flags & RULE_NOT_FRAGMENT) != 0)) return Condition.Fragment;
  }
  let match = rule.matches;
  const count: u32 = rule.matchCount;
  for (let i: u32 = 0; i != count; i++) {
    const current = changetype<Match>(match);
    if (!matches(packet, current)) return CONDITION_MATCH + i;
    match += current.size;
  }
  return Condition.None;
}

function matchesSource4(packet: Packet, rule: Rule): bool {
  const source = load<u32>(packet.data, 12);
  return ((source & rule.sourceMask) != rule.source) == ((rule.flags & RULE_NOT_SOURCE) != 0);
}

function matchesDestination4(packet: Packet, rule: Rule): bool {
  const destination = load<u32>(packet.data, 16);
  return ((destination & rule.destinationMask) != rule.destination) == ((rule.flags & RULE_NOT_DESTINATION) != 0);
}

function matchesSource6(packet: Packet, rule: Rule): bool {
  const test = changetype<Addresses6>(rule.addresses6);
  const data = packet.data;
  const isSame =
    (load<u64>(data, 8) & test.sourceMask0) == test.source0 && (load<u64>(data, 16) & test.sourceMask1) == test.source1;
  return isSame != ((rule.flags & RULE_NOT_SOURCE) != 0);
}

function matchesDestination6(packet: Packet, rule: Rule): bool {
  const test = changetype<Addresses6>(rule.addresses6);
  const data = packet.data;
  const isSame =
    (load<u64>(data, 24) & test.destinationMask0) == test.destination0 &&
    (load<u64>(data, 32) & test.destinationMask1) == test.destination1;
  return isSame != ((rule.flags & RULE_NOT_DESTINATION) != 0);
}

/** IPv6 walks the header chain for -p: a chain without a transport header drops the packet. */
function matchesProtocol(packet: Packet, rule: Rule): bool {
  if (packet.brokenChain) {
    context.hotdrop = true;
    return false;
  }
  return (packet.protocol != rule.protocol) == ((rule.flags & RULE_NOT_PROTOCOL) != 0);
}

function hasBit(bitmap: usize, bit: u32): bool {
  return ((load<u32>(bitmap + ((bit >> 5) << 2)) >> (bit & 31)) & 1) != 0;
}
