import { ConfigError } from "../config/error.ts";
import { NO_DROP_IN_NAT } from "../config/iptables/rule-checks.ts";
import { type Answer, refused, ToolFailure } from "./answer.ts";

/** How iptables 1.8.9 reports what it or the kernel refuses. */

/** Details of errors that stand for a refusal of the kernel, or of what keeps its tables: exit code 1. */
const KERNEL_REFUSALS =
  /^([A-Za-z]*: )?(Invalid argument|Numerical result|Bad policy name|Bad built-in chain name|No chain|Bad rule|Index of|Chain already|File exists|Too many (?!components)|Directory not empty)/;

export function isKernelRefusal({ detail }: ConfigError): boolean {
  return KERNEL_REFUSALS.test(detail);
}

/** Is it a refusal that comes only when the whole table is put in place? */
export function isLateRefusal(error: unknown): boolean {
  return (
    error instanceof ConfigError &&
    /^([A-Za-z]*: )?(Invalid argument: (?!.*built-in chain)|Numerical result)/.test(error.detail)
  );
}

/** The end of a command line that failed; anything else than a refusal is thrown on. */
export function commandFailure(tool: string, error: unknown): Answer {
  if (error instanceof ToolFailure) return refused(error.exit, `${error.message}\n`);
  if (!(error instanceof ConfigError)) throw error;
  if (isKernelRefusal(error)) return refused(1, `${tool}: ${kernelText(error.detail)}\n`);
  const text = toolText(tool, error.detail);
  const exit = error.detail.startsWith("can't initialize") ? 3 : 2;
  return refused(exit, `${text}\nTry \`${tool} -h' or '${tool} --help' for more information.\n`);
}

/** Messages that end their line themselves in the tool's source, so that an empty one follows. */
const WHOLE_LINES =
  /^(Couldn't load (match|target) |Can't use -[io] with |The -t option cannot|[A-Za-z0-9]+: (option "|bad .* for option |trailing garbage|Argument to "|Too many components))/;

/** A message as the tool prints it. */
export function toolText(tool: string, detail: string): string {
  if (detail.startsWith("Bad argument `")) return detail;
  const name = `${tool} v1.8.9 (legacy): `;
  if (detail === NO_DROP_IN_NAT) return `${name}\n${detail}\n\n`;
  return name + detail + (WHOLE_LINES.test(detail) ? "\n" : "");
}

/** The kernel says less than our own message. */
function kernelText(detail: string): string {
  if (/^([A-Za-z]*: )?Invalid argument/.test(detail)) return "Invalid argument. Run `dmesg' for more information.";
  if (detail.startsWith("Bad built-in chain name")) return "Bad built-in chain name.";
  return detail.startsWith("Bad policy name") ? "Bad policy name. Run `dmesg' for more information." : detail;
}
