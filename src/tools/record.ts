import { printRule } from "../config/iptables/print.ts";
import { BUILT_IN_CHAINS } from "../config/iptables/rule-checks.ts";
import { splitWords } from "../config/words.ts";
import type { TableName } from "../model/ruleset.ts";
import type { Answer } from "./answer.ts";
import { ToolSession } from "./session.ts";

/** Questions in JSON Lines, one answer each: is a rule accepted, and how is it saved; what does a session of tools print. */

/** Is a rule accepted, and how is it saved? */
export interface RuleQuestion {
  readonly kind: "rule";
  readonly family: "ipv4" | "ipv6";
  readonly table: TableName;
  readonly chain: string;
  /** What stands after `-A CHAIN ` in a saved file. */
  readonly rule: string;
  /** What exists already: command lines of ipset, or words on chains and rate estimators. */
  readonly setup?: readonly string[];
}

/** What do the tools print, one after another on the same node? */
export interface SessionQuestion {
  readonly kind: "session";
  /** Command lines to run before. */
  readonly pre?: readonly string[];
  readonly steps: readonly { readonly argv: readonly string[]; readonly stdin?: string }[];
}

/** A question to the tools. */
export type Question = RuleQuestion | SessionQuestion;

/** What the tools answer: to a question on a rule whether it is accepted, to a session what each step printed. */
export type QuestionAnswer =
  | { readonly ok: true; readonly canonical: string }
  | { readonly ok: false; readonly error: string }
  | { readonly steps: readonly { readonly exit: number; readonly stdout: string; readonly stderr: string }[] };

/** Version of an {@link AnswerLine}; it changes when a field goes or means something else. */
export const ANSWER_VERSION = 1;

/** An answer as `lint --jsonl` prints it, a line each. */
export type AnswerLine = { readonly version: typeof ANSWER_VERSION } & QuestionAnswer;

/** Answers one question. */
export async function answerQuestion(question: Question): Promise<QuestionAnswer> {
  const session = new ToolSession();
  if (question.kind === "rule") return answerRule(session, question);
  for (const line of question.pre ?? []) await session.runLine(line);
  const steps: Answer[] = [];
  for (const step of question.steps) steps.push(await session.run(step));
  return { steps };
}

async function answerRule(session: ToolSession, question: RuleQuestion): Promise<QuestionAnswer> {
  const { table, chain, rule } = question;
  const chains = await setUp(session, question);
  const tool = question.family === "ipv4" ? "iptables" : "ip6tables";
  const state = question.family === "ipv4" ? session.state4 : session.state6;
  const declared = chains.map((name) => `:${name} - [0:0]\n`).join("");
  const stdin = `*${table}\n${declared}-A ${chain} ${rule}\nCOMMIT\n`;
  const answer = await session.run({ argv: [`${tool}-restore`, "-n"], stdin });
  if (answer.exit !== 0) return { ok: false, error: await refusalOf(session, question, tool, answer.stderr) };
  const rules = state.table(table).table.chains.find(({ name }) => name === chain)?.rules ?? [];
  return { ok: true, canonical: rules.map((one) => printRule(one, chain, state.family)).join("\n") };
}

/** What the command line says, too, where iptables-restore has only the number of a line. */
async function refusalOf(
  session: ToolSession,
  { table, chain, rule }: RuleQuestion,
  tool: string,
  restored: string,
): Promise<string> {
  if (/^\S+: line [0-9]+ failed\n$/.test(restored)) {
    if (!BUILT_IN_CHAINS[table].includes(chain)) await session.run({ argv: [tool, "-t", table, "-N", chain] });
    const words = splitWords(rule).map(({ text }) => text);
    const { exit, stderr } = await session.run({ argv: [tool, "-t", table, "-A", chain, ...words] });
    if (exit !== 0) return stderr;
  }
  return restored
    .replaceAll(`${tool}-restore v1.8.9 (legacy): `, `${tool} v1.8.9 (legacy): `)
    .replace(/\nError occurred at line.*\n/, "\n");
}

/** Makes what the question takes for granted; answers the user chains. */
async function setUp(session: ToolSession, { setup = [] }: RuleQuestion): Promise<string[]> {
  const chains: string[] = [];
  for (const line of setup) {
    const chain = /^user chain (\S+) exists/.exec(line);
    if (chain) chains.push(chain[1]!);
    else if (/rate estimator|RATEEST/.test(line)) {
      for (const [name] of line.matchAll(/\bR[A-Z]*[0-9]?\b/g)) session.addEstimator(name);
    } else await session.runLine(line);
  }
  return chains;
}
