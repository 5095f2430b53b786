import { Direction } from "../abi/conntrack";
import { Reason } from "../abi/fate";
import { Hook, Table, Verdict } from "../abi/netfilter";
import { CONDITION_HOTDROP, Condition, TargetKind } from "../abi/rule";
import { EventKind } from "../abi/trace";
import { ctMark, ctStatus, flowMemory, setFlowMemory } from "../conntrack/entry";
import { setCtMark } from "../conntrack/mark";
import { ipvsFromRule } from "../ipvs/index";
import { allocate } from "../memory/allocate";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { drop, recordEvent, recordEventWithData } from "../trace/output";
import { ChainIndex, findCandidates, nextCandidate } from "./chain-index";
import { failedCondition } from "./conditions";
import { CONSULTED_TCP_FLAGS, context } from "./context";
import { FlowMemory, isMemorable, isRepeatable, recall, remember, WalkOutcome } from "./flow-memory";
import { isIndexable } from "./indexable";
import { endLesson, learner, learnWalk, resumeLesson } from "./learning";
import { Chain, RULE_SIZE, Rule } from "./rule";
import { hookChain } from "./table";
import { runTarget } from "./targets/index";
import {
  beginSteps,
  countWalk,
  endSteps,
  policyWalk,
  pushStep,
  tableWalk,
  WALK_POLICY,
  WALK_RETURN,
  WALK_RULE,
} from "./walk-memory";

/** Runs a table at a hook; Accept where it is not loaded. Reports the packet's end when it drops it. */
export function runTable(packet: Packet, table: Table, hook: Hook, inDevice: u32, outDevice: u32): Verdict {
  const base = hookChain(packet.family, table, hook);
  if (base === null) return Verdict.Accept;
  if (base.ruleCount == 0 && !config.record) return runEmpty(packet, base);
  // A rule can send a packet that walks the tables itself before this walk goes on: keep what it was evaluated in.
  const oldHook = context.hook;
  const oldTable = context.table;
  const oldIn = context.inDevice;
  const oldOut = context.outDevice;
  const oldConsulted = context.consulted;
  const oldSet0 = context.set0;
  const oldSet1 = context.set1;
  context.hook = hook;
  context.table = table;
  context.inDevice = inDevice;
  context.outDevice = outDevice;
  context.hotdrop = false;
  context.consulted = 0;
  context.set0 = 0;
  context.set1 = 0;
  const verdict = packet.ct != 0 && base.ruleCount != 0 ? runTracked(packet, base) : runUntracked(packet, base);
  context.hook = oldHook;
  context.table = oldTable;
  context.inDevice = oldIn;
  context.outDevice = oldOut;
  context.consulted = oldConsulted;
  context.set0 = oldSet0;
  context.set1 = oldSet1;
  context.hotdrop = false;
  return verdict == Verdict.Stolen ? ipvsFromRule(packet, hook) : verdict;
}

/** Chains without rules are the most common ones: nothing is evaluated, so no context is needed. */
function runEmpty(packet: Packet, base: Chain): Verdict {
  if (base.policyWalk == 0) base.policyWalk = policyWalk(base.id);
  if (base.policyWalk == 0) return traverse(packet, base);
  countWalk(packet, base.policyWalk, packet.length);
  const verdict: Verdict = base.policy;
  if (verdict == Verdict.Drop) drop(packet, Reason.Policy);
  return verdict;
}

/** A walk that the connection may remember: done once, then given again as long as nothing that it saw has changed. */
function runTracked(packet: Packet, base: Chain): Verdict {
  const ct = packet.ct;
  const status = ctStatus(ct);
  if (!isMemorable(packet, status)) return traverse(packet, base);
  const direction: Direction = packet.isReply ? Direction.Reply : Direction.Original;
  const markBefore = packet.mark;
  const ctMarkBefore = ctMark(ct);
  const known = recall(packet, flowMemory(ct, direction), status, ctMarkBefore);
  if (known !== null) return repeat(packet, known);
  const learns = learner == changetype<usize>(packet);
  const verdict = traverse(packet, base);
  if (lastWalk == 0 || !isRepeatable() || packet.ct != ct) return verdict;
  outcome.walk = lastWalk;
  outcome.verdict = verdict;
  outcome.reason = lastReason;
  outcome.mark = markBefore;
  outcome.ctMark = ctMarkBefore;
  outcome.newCtMark = ctMark(ct);
  outcome.ctStatus = status;
  setFlowMemory(ct, direction, remember(packet, flowMemory(ct, direction), outcome));
  if (learns && outcome.newCtMark == outcome.ctMark) resumeLessonOf(packet);
  return verdict;
}

/** The next packet walks as the packet just did, so that a shortcut may be learned of it. Sets have no generation of tables. */
function resumeLessonOf(packet: Packet): void {
  if (context.set0 == 0) resumeLesson(packet, (context.consulted & CONSULTED_TCP_FLAGS) != 0);
}

/** Nothing remembers the walk of a packet without connection but the shortcut that may be learned of it. */
function runUntracked(packet: Packet, base: Chain): Verdict {
  const learns = learner == changetype<usize>(packet) && packet.ct == 0;
  const verdict = traverse(packet, base);
  if (learns && lastWalk != 0 && isRepeatable()) resumeLessonOf(packet);
  return verdict;
}

function repeat(packet: Packet, known: FlowMemory): Verdict {
  countWalk(packet, known.walk, packet.length);
  learnWalk(known);
  if (config.record) recordWalk(packet, known.walk);
  packet.mark = known.newMark;
  if (known.newCtMark != known.ctMark) setCtMark(packet.ct, known.newCtMark);
  const verdict: Verdict = known.verdict;
  const reason: Reason = known.reason;
  if (verdict == Verdict.Drop) drop(packet, reason);
  return verdict;
}

const outcome = changetype<WalkOutcome>(allocate(offsetof<WalkOutcome>()));
/** Number of the walk that ended last, 0 when it has none, and why it dropped its packet. */
let lastWalk: u32 = 0;
let lastReason: Reason = Reason.None;

/** A place to go back to: the chain and the rule after the jump. */
@unmanaged
class Frame {
  chain: Chain;
  rule: usize;
}

/** The jump stack. Nested walks (a reset, a copy) use the part above. */
const STACK_FRAMES: u32 = 1 << 16;
const FRAME_SIZE: usize = offsetof<Frame>();
const stack = allocate(STACK_FRAMES * FRAME_SIZE);
const stackEnd = stack + STACK_FRAMES * FRAME_SIZE;
let stackTop: usize = stack;

/**
 * Walks a chain until a rule decides, as ipt_do_table() does (net/ipv4/netfilter/ip_tables.c): first match first; the
 * rule counts before its target runs; a user chain's end returns; the policy of the base chain decides last.
 */
function traverse(packet: Packet, base: Chain): Verdict {
  endLesson();
  const bottom = stackTop;
  let firstStep = beginSteps();
  let length = packet.length;
  let reason: Reason = Reason.Rule;
  let verdict: Verdict = Verdict.Continue;
  let current = base;
  let rule = changetype<Rule>(base.rules);
  while (true) {
    rule = nextMatch(packet, current, rule);
    if (changetype<usize>(rule) == 0) {
      if (context.hotdrop) {
        verdict = Verdict.Drop;
        reason = Reason.Hotdrop;
        break;
      }
      if (current !== base) step(packet, WALK_RETURN, current.id);
    } else {
      step(packet, WALK_RULE, rule.id);
      // A match can hold and drop the packet all the same: the rule counts and its target runs, and that was all.
      const isDropped = context.hotdrop;
      const kind: TargetKind = rule.targetKind;
      verdict = kind < TargetKind.Reject ? runStandard(kind, rule, current) : runTarget(packet, rule);
      if (isDropped) {
        verdict = Verdict.Drop;
        reason = Reason.Hotdrop;
        break;
      }
      if (verdict == Verdict.Continue) {
        if (kind == TargetKind.Jump || kind == TargetKind.Goto) {
          current = changetype<Chain>(rule.target);
          rule = changetype<Rule>(current.rules);
          continue;
        }
        if (packet.length != length) {
          // Rules before and after the change counted different lengths: two walks.
          endSteps(packet, firstStep, length);
          firstStep = beginSteps();
          length = packet.length;
        }
        rule = nextRule(rule);
        continue;
      }
      if (verdict != Verdict.Return) break;
    }
    // RETURN, or the end of a chain: back to the last jump, or to the policy.
    if (stackTop == bottom) {
      step(packet, WALK_POLICY, base.id);
      verdict = base.policy;
      reason = Reason.Policy;
      break;
    }
    stackTop -= FRAME_SIZE;
    const frame = changetype<Frame>(stackTop);
    current = frame.chain;
    rule = changetype<Rule>(frame.rule);
  }
  stackTop = bottom;
  lastWalk = endSteps(packet, firstStep, length);
  lastReason = reason;
  if (verdict == Verdict.Drop) drop(packet, reason);
  return verdict;
}

/** Targets that are a verdict, a jump (whose way back is kept) or none. */
function runStandard(kind: TargetKind, rule: Rule, within: Chain): Verdict {
  switch (kind) {
    case TargetKind.Accept:
      return Verdict.Accept;
    case TargetKind.Drop:
      return Verdict.Drop;
    case TargetKind.Return:
      return Verdict.Return;
    case TargetKind.Jump: {
      if (stackTop == stackEnd) return Verdict.Drop;
      const frame = changetype<Frame>(stackTop);
      frame.chain = within;
      frame.rule = changetype<usize>(nextRule(rule));
      stackTop += FRAME_SIZE;
      return Verdict.Continue;
    }
    default:
      return Verdict.Continue;
  }
}

function nextRule(rule: Rule): Rule {
  return changetype<Rule>(changetype<usize>(rule) + RULE_SIZE);
}

/** The first rule from `rule` on that matches; null at the chain's end and after a hotdrop. */
function nextMatch(packet: Packet, within: Chain, rule: Rule): Rule {
  if (config.record != 0 && (config.watchedRule4 | config.watchedRule6) != 0) return nextWatched(packet, within, rule);
  if (within.index != 0 && config.index && isIndexable(packet)) return nextIndexed(packet, within, rule);
  const end = within.rules + within.ruleCount * RULE_SIZE;
  while (changetype<usize>(rule) != end) {
    if (failedCondition(packet, rule) == Condition.None) return rule;
    if (context.hotdrop) break;
    rule = nextRule(rule);
  }
  return changetype<Rule>(0);
}

/** The same over the candidates that the chain's index names. */
function nextIndexed(packet: Packet, within: Chain, rule: Rule): Rule {
  const from = <u32>((changetype<usize>(rule) - within.rules) / RULE_SIZE);
  findCandidates(changetype<ChainIndex>(within.index), packet, from);
  let position = nextCandidate();
  while (position != 0xffffffff) {
    const candidate = changetype<Rule>(within.rules + position * RULE_SIZE);
    if (failedCondition(packet, candidate) == Condition.None) return candidate;
    if (context.hotdrop) break;
    position = nextCandidate();
  }
  return changetype<Rule>(0);
}

/** Headers that are kept of a packet whose evaluation is recorded. */
const EVALUATED_BYTES: u32 = 256;

/** The same, rule by rule, while the host watches one: every evaluation of it is recorded, and what kept it from one. */
function nextWatched(packet: Packet, within: Chain, rule: Rule): Rule {
  const watched = packet.family == 4 ? config.watchedRule4 : config.watchedRule6;
  const end = within.rules + within.ruleCount * RULE_SIZE;
  while (changetype<usize>(rule) != end) {
    const failed = failedCondition(packet, rule);
    if (rule.id == watched) recordEvaluation(packet, EventKind.Evaluated, rule, failed);
    else if (context.hotdrop) recordEvaluation(packet, EventKind.Hotdrop, rule, failed);
    if (failed == Condition.None) return rule;
    if (context.hotdrop) break;
    rule = nextRule(rule);
  }
  return changetype<Rule>(0);
}

function recordEvaluation(packet: Packet, kind: EventKind, rule: Rule, failed: u32): void {
  const event = recordEventWithData(packet, kind, context.hook, rule.id, EVALUATED_BYTES);
  event.inDevice = context.inDevice;
  event.outDevice = context.outDevice;
  event.detail = context.hotdrop ? failed | CONDITION_HOTDROP : failed;
}

/** One step of the walk; recorded in full where the host asked for it. */
function step(packet: Packet, kind: u32, subject: u32): void {
  pushStep(kind, subject);
  if (config.record) recordStep(packet, kind, subject);
}

function recordWalk(packet: Packet, number: u32): void {
  const walk = tableWalk(number);
  for (let i: u32 = 0; i < walk.stepCount; i++) {
    const step = load<u32>(walk.steps + (i << 2));
    recordStep(packet, step & 3, step >> 2);
  }
}

function recordStep(packet: Packet, kind: u32, subject: u32): void {
  const event: EventKind =
    kind == WALK_RULE ? EventKind.Rule : kind == WALK_RETURN ? EventKind.Return : EventKind.Policy;
  const record = recordEvent(packet, event, context.hook, subject, 0);
  record.inDevice = context.inDevice;
  record.outDevice = context.outDevice;
}
