import {
  RULE_FRAGMENT,
  RULE_NOT_DESTINATION,
  RULE_NOT_FRAGMENT,
  RULE_NOT_PROTOCOL,
  RULE_NOT_SOURCE,
  TargetKind,
} from "../../../assembly/abi/rule.ts";
import { Addresses6Layout, MatchLayout, RuleLayout } from "../../core/layout.generated.ts";
import type { Match } from "../../model/match.ts";
import type { Rule } from "../../model/ruleset.ts";
import { type RuleContext, refuse } from "./context.ts";
import type { DeviceBitmaps } from "./device-bitmaps.ts";
import type { MatchEncoder, TargetEncoder } from "./encoder.ts";
import { type Image, RecordWriter } from "./image.ts";
import { findMatchEncoder } from "./matches.ts";
import { findTargetEncoder } from "./targets.ts";

/** What the rules of a table are written into and with. */
export interface RuleWriter {
  readonly image: Image;
  readonly bitmaps: DeviceBitmaps;
  /** Where the record of a chain lies. */
  readonly chainAt: (name: string) => number | undefined;
}

/**
 * Writes one rule at `at`.
 *
 * @throws ConfigError when it has a match or target that this version does not emulate; nothing was written then.
 */
export function writeRule(writer: RuleWriter, at: number, rule: Rule, context: RuleContext): void {
  const matches = rule.matches.some(isComment) ? rule.matches.filter((match) => !isComment(match)) : rule.matches;
  const encoders = matches.map((match) => matchEncoderOf(match, context));
  const target = targetEncoderOf(rule, context);
  const to = new RecordWriter(writer.image, at);
  writeHead(to, writer, rule, context);
  writeMatches(to, matches, encoders, context);
  writeTarget(to, writer, rule, target, context);
}

function isComment(match: Match): boolean {
  return match.kind === "comment";
}

function matchEncoderOf(match: Match, context: RuleContext): MatchEncoder {
  const name = match.kind === "verbatim" ? match.name : match.kind;
  return findMatchEncoder(match.kind) ?? refuse(context, `match ${name} is not emulated`);
}

function targetEncoderOf(rule: Rule, context: RuleContext): TargetEncoder | undefined {
  const { target } = rule;
  if (!target || target.kind === "jump" || target.kind === "goto") return undefined;
  const name = target.kind === "verbatim" ? target.name : target.kind;
  return findTargetEncoder(target.kind) ?? refuse(context, `target ${name} is not emulated`);
}

function writeHead(to: RecordWriter, writer: RuleWriter, rule: Rule, context: RuleContext): void {
  const layout = RuleLayout;
  if (context.family === 4) writeAddresses4(to, rule);
  else writeAddresses6(to, writer.image, rule);
  const { inInterface, outInterface } = rule;
  const inDevices = inInterface && writer.bitmaps.of(inInterface.value, inInterface.invert);
  if (inDevices !== undefined) to.point(layout.inDevices, inDevices);
  const outDevices = outInterface && writer.bitmaps.of(outInterface.value, outInterface.invert);
  if (outDevices !== undefined) to.point(layout.outDevices, outDevices);
  to.set(layout.protocol, rule.protocol?.value ?? 0);
  to.set(layout.flags, flagsOf(rule));
}

function flagsOf(rule: Rule): number {
  let flags = 0;
  if (rule.source?.invert) flags |= RULE_NOT_SOURCE;
  if (rule.destination?.invert) flags |= RULE_NOT_DESTINATION;
  if (rule.protocol?.invert) flags |= RULE_NOT_PROTOCOL;
  if (rule.fragment) flags |= RULE_FRAGMENT;
  if (rule.fragment?.invert) flags |= RULE_NOT_FRAGMENT;
  return flags;
}

function writeAddresses4(to: RecordWriter, { source, destination }: Rule): void {
  if (source) {
    to.bytes(RuleLayout.source, source.value.address);
    to.bytes(RuleLayout.sourceMask, source.value.mask);
  }
  if (destination) {
    to.bytes(RuleLayout.destination, destination.value.address);
    to.bytes(RuleLayout.destinationMask, destination.value.mask);
  }
}

function writeAddresses6(to: RecordWriter, image: Image, { source, destination }: Rule): void {
  if (!source && !destination) return;
  const record = image.reserve(Addresses6Layout.byteLength);
  to.point(RuleLayout.addresses6, record);
  const addresses = new RecordWriter(image, record);
  if (source) {
    addresses.bytes(Addresses6Layout.source0, source.value.address);
    addresses.bytes(Addresses6Layout.sourceMask0, source.value.mask);
  }
  if (destination) {
    addresses.bytes(Addresses6Layout.destination0, destination.value.address);
    addresses.bytes(Addresses6Layout.destinationMask0, destination.value.mask);
  }
}

/** The matches of a rule lie behind one another: all are reserved before any asks for more room. */
function writeMatches(
  to: RecordWriter,
  matches: readonly Match[],
  encoders: readonly MatchEncoder[],
  context: RuleContext,
): void {
  if (matches.length === 0) return;
  const sizes = matches.map((match, i) => (MatchLayout.byteLength + encoders[i]!.size(match) + 7) & ~7);
  const { image } = to;
  let at = image.reserve(sizes.reduce((sum, size) => sum + size, 0));
  to.point(RuleLayout.matches, at);
  to.set(RuleLayout.matchCount, matches.length);
  for (const [i, match] of matches.entries()) {
    image.set(at, MatchLayout.kind, encoders[i]!.kind);
    image.set(at, MatchLayout.size, sizes[i]!);
    encoders[i]!.write(new RecordWriter(image, at + MatchLayout.byteLength), match, context);
    at += sizes[i]!;
  }
}

function writeTarget(
  to: RecordWriter,
  writer: RuleWriter,
  { target }: Rule,
  encoder: TargetEncoder | undefined,
  context: RuleContext,
): void {
  if (!target) return;
  if (target.kind === "jump" || target.kind === "goto") {
    const chain = writer.chainAt(target.chain);
    if (chain === undefined) refuse(context, `chain ${target.chain} does not exist`);
    to.set(RuleLayout.targetKind, target.kind === "jump" ? TargetKind.Jump : TargetKind.Goto);
    to.point(RuleLayout.target, chain);
    return;
  }
  to.set(RuleLayout.targetKind, encoder!.kind);
  if (encoder!.size === 0) return;
  const record = writer.image.reserve(encoder!.size);
  to.point(RuleLayout.target, record);
  encoder!.write(new RecordWriter(writer.image, record), target, context);
}
