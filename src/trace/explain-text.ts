import { type Style, UNSTYLED } from "./style.ts";
import type { Step, Walk } from "./explain.ts";
import { headerWords } from "./headers.ts";
import { helperText, shiftText } from "./helper.ts";
import { choiceLines } from "./ipvs-choice.ts";

/**
 * Walks as people read them: a heading for each hook, below it the steps, indented.
 *
 * @param style colours for a terminal; default: none.
 */
export function explanationText(number: number, walks: readonly Walk[], style: Style = UNSTYLED): string {
  const lines = walks.flatMap((walk, i) => [
    ...(i > 0 ? [""] : []),
    style.strong(heading(number, walk)),
    ...walk.steps.flatMap((step) =>
      stepLines(step).map((line) => `${isOutside(step) ? "" : "  "}  ${setOff(step, style)(line)}`),
    ),
  ]);
  return `${lines.join("\n")}\n`;
}

function heading(number: number, { isKernelMade, headers }: Walk): string {
  const what = isKernelMade ? `The kernel sends because of packet ${number}` : `Packet ${number}`;
  return headers ? `${what}: ${headerWords(headers)}` : what;
}

function setOff(step: Step, style: Style): (text: string) => string {
  if (step.step === "hook") return style.strong;
  if (step.step === "change") return style.odd;
  return step.step === "end" && step.fate === "dropped" ? style.bad : UNSTYLED.strong;
}

function isOutside({ step }: Step): boolean {
  return step === "hook" || step === "route" || step === "end";
}

/** A step in words; an IPVS scheduler's choice takes several lines. */
export function stepLines(step: Step): string[] {
  return step.step === "schedule" ? choiceLines(step.service, step) : [stepText(step)];
}

function stepText(step: Exclude<Step, { readonly step: "schedule" }>): string {
  switch (step.step) {
    case "hook":
      return [step.hook, step.in && `in ${step.in}`, step.out && `out ${step.out}`].filter(Boolean).join(" ");
    case "rule":
      return [step.place, step.rule, step.mark && `(mark 0x${step.mark.toString(16)})`].filter(Boolean).join("  ");
    case "conntrack":
      return `conntrack: ${step.state}`;
    case "nat":
      return `NAT rewrites the ${step.side}`;
    case "route":
      return `route: ${step.result}${step.out ? `, out ${step.out}` : ""}`;
    case "ipvs":
      return `IPVS: ${step.service ?? "a known connection"} > ${step.server ?? "no server"}`;
    case "template":
      return `IPVS: the client's template says ${step.server ?? "a server that is gone"}${step.isUsed ? "" : ", which takes no more: it is given up"}`;
    case "helper":
      return helperText(step);
    case "sequence":
      return shiftText(step);
    case "change":
      return step.changes.map(({ field, from, to }) => `${field} ${from} becomes ${to}`).join(", ");
    case "end":
      return `${step.fate}${step.out ? ` out ${step.out}` : ""}${step.reason ? `: ${step.reason}` : ""}`;
  }
}
