import {
  type Explanation,
  explainDescription,
  explainFlow,
  explainPacket,
  explanationText,
  looksDescribed,
  type Node,
  parseNode,
  parseRulePlace,
  type RulePlace,
  whyNotText,
} from "../index.ts";
import { openCapture, readNodeFiles } from "../node/index.ts";
import { EXIT_DONE, UsageError } from "./errors.ts";
import { nodeOptions, type RunOptionValues, runOptions } from "./run-options.ts";
import { terminalStyle } from "./terminal-style.ts";

export interface ExplainValues extends RunOptionValues {
  readonly packet?: number;
  readonly flow?: string;
  readonly on?: string;
  readonly whyNot?: string;
  readonly json?: boolean;
}

/** `hookwalk explain`. @returns the exit code. */
export async function explain(nodePath: string, subject: string, values: ExplainValues): Promise<number> {
  const node = parseNode(await readNodeFiles(nodePath), nodeOptions(values));
  const watch = values.whyNot === undefined ? undefined : parseRulePlace(values.whyNot, node);
  const explanations = await explainSubject(node, subject, values, watch);
  const text = values.json ? `${JSON.stringify(explanations, undefined, 2)}\n` : explanations.map(textOf).join("\n");
  process.stdout.write(text);
  return EXIT_DONE;
}

function textOf({ packet, walks, whyNot }: Explanation): string {
  return whyNot ? whyNotText(packet, whyNot) : explanationText(packet, walks, terminalStyle());
}

async function explainSubject(
  node: Node,
  subject: string,
  values: ExplainValues,
  watch: RulePlace | undefined,
): Promise<Explanation[]> {
  const { packet, flow, on } = values;
  const options = { ...(await runOptions(values)), watch };
  if (looksDescribed(subject)) return [await explainDescription(node, subject, on, options)];
  if (on !== undefined)
    throw new UsageError("--on goes with a packet in words; a capture's interfaces need --interface");
  if (packet !== undefined && flow === undefined) {
    const explanation = await explainPacket(node, openCapture(subject), packet, options);
    if (!explanation) throw new UsageError(`packet ${packet} is not in the capture, or is no input of the node`);
    return [explanation];
  }
  if (flow === undefined || packet !== undefined)
    throw new UsageError("say which packet: --packet N, or --flow DESCRIPTION");
  const explanations = await explainFlow(node, openCapture(subject), flow, options);
  if (explanations.length === 0) throw new UsageError(`no packet of the capture is of the flow ${flow}`);
  return explanations;
}
