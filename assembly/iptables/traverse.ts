import { Hook, Table, Verdict } from "../abi/netfilter";
import { Reason } from "../abi/fate";
import { Packet } from "../packet/packet";
import { TargetKind } from "../abi/rule";
import { EventKind } from "../abi/trace";
import { allocate } from "../memory/allocate";
import { config } from "../packet/config";
import { drop, recordEvent } from "../trace/output";
import { context } from "./context";
import {
  Addresses6,
  Chain,
  chain,
  hookChain,
  loadedTable,
  Match,
  Rule,
  RULE_FRAGMENT,
  RULE_NOT_DESTINATION,
  RULE_NOT_FRAGMENT,
  RULE_NOT_PROTOCOL,
  RULE_NOT_SOURCE,
  RULE_SIZE,
} from "./rule";
import { matches } from "./matches/index";
import { runTarget } from "./targets/index";

/** Runs a table at a hook; Accept where it is not loaded. Reports the packet's end when it drops it. */
export function runTable(packet: Packet, table: Table, hook: Hook, inDevice: u32, outDevice: u32): Verdict {
  const loaded = loadedTable(packet.family, table);
  if (!loaded.present) return Verdict.Accept;
  const first = hookChain(loaded, hook);
  if (first == 0) return Verdict.Accept;
  const oldHook = context.hook;
  const oldTable = context.table;
  const oldIn = context.inDevice;
  const oldOut = context.outDevice;
  const oldRule = context.rule;
  context.hook = hook;
  context.table = table;
  context.inDevice = inDevice;
  context.outDevice = outDevice;
  context.hotdrop = false;
  const verdict = traverse(packet, chain(first));
  context.hook = oldHook;
  context.table = oldTable;
  context.inDevice = oldIn;
  context.outDevice = oldOut;
  context.rule = oldRule;
  return verdict;
}

/** Frames of the jump stack: the chain and the rule to go on with. Nested walks (a reset, a copy) use the part above. */
@unmanaged
class Frame {
  chain: Chain;
  rule: usize;
}

const STACK_FRAMES: u32 = 1 << 16;
const FRAME_SIZE: usize = offsetof<Frame>();
const stack = allocate(STACK_FRAMES * FRAME_SIZE);
let stackTop: usize = stack;

/**
 * Walks a chain until a rule decides, as ipt_do_table() does (net/ipv4/netfilter/ip_tables.c): first match first; the
 * rule counts before its target runs; a user chain's end returns; the policy of the base chain decides last.
 */
function traverse(packet: Packet, base: Chain): Verdict {
  const bottom = stackTop;
  let current = base;
  let rule = changetype<Rule>(base.rules);
  let end = base.rules + base.ruleCount * RULE_SIZE;
  while (true) {
    if (changetype<usize>(rule) == end) {
      if (stackTop == bottom) return endOfBase(packet, base, current);
      if (current !== base) traceReturn(packet, current);
      stackTop -= FRAME_SIZE;
      const frame = changetype<Frame>(stackTop);
      current = frame.chain;
      rule = changetype<Rule>(frame.rule);
      end = current.rules + current.ruleCount * RULE_SIZE;
      continue;
    }
    if (!ruleMatches(packet, rule)) {
      if (context.hotdrop) {
        stackTop = bottom;
        drop(packet, Reason.Hotdrop);
        return Verdict.Drop;
      }
      rule = nextRule(rule);
      continue;
    }
    count(packet, rule);
    switch (rule.targetKind) {
      case TargetKind.None:
        rule = nextRule(rule);
        break;
      case TargetKind.Accept:
        stackTop = bottom;
        return Verdict.Accept;
      case TargetKind.Drop:
        stackTop = bottom;
        drop(packet, Reason.Rule);
        return Verdict.Drop;
      case TargetKind.Return:
        if (stackTop == bottom) return endOfBase(packet, base, base);
        stackTop -= FRAME_SIZE;
        const back = changetype<Frame>(stackTop);
        current = back.chain;
        rule = changetype<Rule>(back.rule);
        end = current.rules + current.ruleCount * RULE_SIZE;
        break;
      case TargetKind.Jump: {
        const frame = changetype<Frame>(stackTop);
        frame.chain = current;
        frame.rule = changetype<usize>(nextRule(rule));
        stackTop += FRAME_SIZE;
        current = chain(<u32>rule.target);
        rule = changetype<Rule>(current.rules);
        end = current.rules + current.ruleCount * RULE_SIZE;
        break;
      }
      case TargetKind.Goto:
        current = chain(<u32>rule.target);
        rule = changetype<Rule>(current.rules);
        end = current.rules + current.ruleCount * RULE_SIZE;
        break;
      default: {
        context.rule = changetype<usize>(rule);
        const verdict = runTarget(packet, rule);
        if (verdict == Verdict.Continue) {
          rule = nextRule(rule);
          break;
        }
        stackTop = bottom;
        if (verdict == Verdict.Drop) drop(packet, Reason.Rule);
        return verdict;
      }
    }
  }
  return Verdict.Drop;
}

function nextRule(rule: Rule): Rule {
  return changetype<Rule>(changetype<usize>(rule) + RULE_SIZE);
}

function count(packet: Packet, rule: Rule): void {
  rule.packets += 1;
  rule.bytes += packet.length;
  if (config.record) recordEvent(packet, EventKind.Rule, context.hook, rule.id, 0);
}

/** The base chain's end, reached by falling off it or by RETURN: the policy counts and decides. */
function endOfBase(packet: Packet, base: Chain, last: Chain): Verdict {
  if (last !== base) traceReturn(packet, last);
  base.packets += 1;
  base.bytes += packet.length;
  if (config.record) recordEvent(packet, EventKind.Policy, context.hook, base.id, 0);
  if (base.policy == Verdict.Accept) return Verdict.Accept;
  drop(packet, Reason.Policy);
  return Verdict.Drop;
}

function traceReturn(packet: Packet, from: Chain): void {
  if (config.record) recordEvent(packet, EventKind.Return, context.hook, from.id, 0);
}

/** The IP part, then the matches in order (ip_packet_match, ip6_packet_match). */
function ruleMatches(packet: Packet, rule: Rule): bool {
  if (packet.family == 4) {
    if (!matchesAddresses4(packet, rule)) return false;
  } else if (rule.addresses6 != 0 && !matchesAddresses6(packet, rule)) {
    return false;
  }
  if (rule.inDevices != 0 && !hasBit(rule.inDevices, context.inDevice)) return false;
  if (rule.outDevices != 0 && !hasBit(rule.outDevices, context.outDevice)) return false;
  if (rule.protocol != 0 && !matchesProtocol(packet, rule)) return false;
  if (rule.flags & RULE_FRAGMENT) {
    if ((packet.fragmentOffset != 0) == ((rule.flags & RULE_NOT_FRAGMENT) != 0)) return false;
  }
  let match = rule.matches;
  for (let left = rule.matchCount; left != 0; left--) {
    const current = changetype<Match>(match);
    if (!matches(packet, current)) return false;
    match += current.size;
  }
  return true;
}

function matchesAddresses4(packet: Packet, rule: Rule): bool {
  const source = load<u32>(packet.data, 12);
  if (((source & rule.sourceMask) != rule.source) != ((rule.flags & RULE_NOT_SOURCE) != 0)) return false;
  const destination = load<u32>(packet.data, 16);
  return ((destination & rule.destinationMask) != rule.destination) == ((rule.flags & RULE_NOT_DESTINATION) != 0);
}

function matchesAddresses6(packet: Packet, rule: Rule): bool {
  const test = changetype<Addresses6>(rule.addresses6);
  const data = packet.data;
  const source =
    (load<u64>(data, 8) & test.sourceMask0) == test.source0 && (load<u64>(data, 16) & test.sourceMask1) == test.source1;
  if (source == ((rule.flags & RULE_NOT_SOURCE) != 0)) return false;
  const destination =
    (load<u64>(data, 24) & test.destinationMask0) == test.destination0 &&
    (load<u64>(data, 32) & test.destinationMask1) == test.destination1;
  return destination != ((rule.flags & RULE_NOT_DESTINATION) != 0);
}

/** IPv6 walks the header chain for -p: a chain that cannot be parsed drops the packet, unless it is a later fragment. */
function matchesProtocol(packet: Packet, rule: Rule): bool {
  if (packet.brokenChain) {
    if (packet.fragmentOffset == 0) context.hotdrop = true;
    return false;
  }
  return (packet.protocol != rule.protocol) == ((rule.flags & RULE_NOT_PROTOCOL) != 0);
}

function hasBit(bitmap: usize, bit: u32): bool {
  return ((load<u32>(bitmap + ((bit >> 5) << 2)) >> (bit & 31)) & 1) != 0;
}
