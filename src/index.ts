/**
 * hookwalk: replays packets through a Linux node's iptables, conntrack, NAT, ipset and IPVS state, as Linux 6.1 would
 * handle them, and says why. Nothing here needs Node; files and streams of Node are in `hookwalk/node`.
 *
 * @example
 * import { parseNode, replay, Summary, reportText } from "hookwalk";
 *
 * const node = parseNode(new Map([["addr.json", addrJson], ["iptables.save", rules]]));
 * let summary;
 * const { records, passedOver, notes } = await replay(node, captureBytes, {
 *   observe: (emulator) => [(summary = new Summary(emulator))],
 * });
 * console.log(reportText(summary.report(records, passedOver, notes)));
 *
 * @module hookwalk
 */
export type {
  CaptureFile,
  CaptureInterface,
  CapturePacket,
  CaptureReader,
  CaptureSource,
  Direction,
} from "./capture/index.ts";
export { CaptureError, type CaptureErrorCode, CaptureIndex, readCapture } from "./capture/index.ts";
export { type CompareOptions, compareNodes } from "./compare/compare.ts";
export type {
  Both,
  Comparison,
  DifferenceGroup,
  Distribution,
  FlowComparison,
  FlowSide,
  NodeTotals,
  PacketDifference,
  ServiceSpread,
  Spread,
  Totals,
} from "./compare/comparison.ts";
export type { ChiSquare } from "./compare/chi-square.ts";
export type { DifferenceKind, FateWord } from "./compare/difference.ts";
export { comparisonMarkdown } from "./compare/markdown.ts";
export { type ServiceCost, type ServiceCostOptions, type ServiceCosts, serviceCosts } from "./compare/service-costs.ts";
export { comparisonText } from "./compare/text.ts";
export { kindWords, summaryWords, totalRows } from "./compare/words.ts";
export { ConfigError, type ConfigErrorCode } from "./config/error.ts";
export { type NodeOptions, parseNode } from "./config/node.ts";
export { isStateFile, nodeFilesOfArchive, nodeFilesOfPaths } from "./config/node-archive.ts";
export { parseTimeline, type TimedCommand } from "./config/timeline.ts";
export type { CoreSource } from "./core/core.ts";
export { type InterfaceChoice, InterfaceError } from "./engine/arrivals.ts";
export type { Conversation, FlowEnd, Place } from "./engine/conversations.ts";
export { DescriptionError, looksDescribed } from "./engine/described-packet.ts";
export type { InputPacket } from "./engine/chunk.ts";
export { Emulator, type EmulatorOptions } from "./engine/emulator.ts";
export type { FlowFields } from "./engine/flow-fields.ts";
export type { Ending, OutputFrame, OutputSink, TraceEvent } from "./engine/outputs.ts";
export { type Replayed, type ReplayOptions, replay } from "./engine/replay.ts";
export type { RepliesMode } from "./engine/replies.ts";
export type { ObserveInput } from "./engine/sides.ts";
export { captureFilter, packetFacts } from "./filter/capture-filter.ts";
export { FilterError } from "./filter/error.ts";
export type { FilteredPacket, FilteredResult, Predicate } from "./filter/packet.ts";
export { type FilterOptions, parseFilter } from "./filter/parse.ts";
export { generateCapture, type WorkloadOptions, type WorkloadService } from "./generate/workload.ts";
export {
  type ClusterObjects,
  type KubeProxyNode,
  type KubeProxyOptions,
  type LocalDetection,
  type Network,
  type NodeFacts,
  kubeProxyNode,
  ObjectError,
  type ObjectPlace,
  type ObjectWarning,
  type ProxyConfiguration,
  type ProxyMode,
  parseConfiguration,
  parseObjects,
} from "./kubernetes/index.ts";
export type { Address, Family, Prefix, SourcePosition } from "./model/address.ts";
export type { KernelModules, LocalProcess, Node, Warning } from "./model/node.ts";
export type { RulePlace, TableName } from "./model/ruleset.ts";
export { ConntrackEvents, type EventForm } from "./report/conntrack-events.ts";
export type { Diagnosis } from "./report/diagnosis.ts";
export { ExpectationEvents } from "./report/expectation-events.ts";
export { ExplainedFrameWriter } from "./report/explained-frames.ts";
export { FrameWriter } from "./report/frames.ts";
export type { OpenFlow, OpenFlows } from "./report/open-flows.ts";
export { PairedOutputs, type PairedSink } from "./report/paired-outputs.ts";
export { type PathFacts, PathFactsReader } from "./report/path-facts.ts";
export { RawFrameWriter } from "./report/raw-frames.ts";
export { reportText } from "./report/report-text.ts";
export { type ResultOutput, Results, type ResultVerdicts, type WriteResult } from "./report/results.ts";
export { Selection } from "./report/selection.ts";
export type { ServiceSummary } from "./report/services.ts";
export { readState } from "./report/state.ts";
export { type Style, TERMINAL, UNSTYLED } from "./trace/style.ts";
export {
  type DropSummary,
  type FateCounts,
  type PathSummary,
  REPORT_VERSION,
  type Report,
  Summary,
} from "./report/summary.ts";
export {
  isKernelMade,
  VERDICT_VERSION,
  type Verdict,
  type VerdictLine,
  Verdicts,
  verdictOf,
  verdicts,
} from "./report/verdicts.ts";
export {
  type Column,
  FLOW_COLUMNS,
  type FlowRow,
  PACKET_COLUMNS,
  type PacketRow,
  type Row,
  TABLE_VERSION,
} from "./table/columns.ts";
export { PacketRows } from "./table/packet-rows.ts";
export { type LintResult, lintText, type SavedKind } from "./tools/lint.ts";
export { type Listable, listing } from "./tools/listing.ts";
export {
  ANSWER_VERSION,
  type AnswerLine,
  answerQuestion,
  type Question,
  type QuestionAnswer,
  type RuleQuestion,
  type SessionQuestion,
} from "./tools/record.ts";
export type { Step, Walk } from "./trace/explain.ts";
export {
  EXPLANATION_VERSION,
  type Explanation,
  type Explanations,
  explainDescription,
  explainFlow,
  explainPacket,
} from "./trace/explain-packets.ts";
export { explanationText, stepLines } from "./trace/explain-text.ts";
export { endpoint, type HeaderChange, type Headers, headerWords, readHeaders } from "./trace/headers.ts";
export type { HelperFindings, Shift } from "./trace/helper.ts";
export type { Candidate, Choice, SchedulerState } from "./trace/ipvs-choice.ts";
export { parseRulePlace, RulePlaceError } from "./trace/rule-place.ts";
export { type RuleAnswer, type WhyNot, whyNotText } from "./trace/why-not.ts";
export type { FateName } from "./trace/words.ts";
export { verificationText } from "./verify/text.ts";
export type { Mismatch, Mismatches, Verification } from "./verify/verification.ts";
export { type VerifyOptions, verifyCapture } from "./verify/verify.ts";
