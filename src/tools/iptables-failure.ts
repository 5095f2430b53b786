import { ConfigError } from "../config/error.ts";
import { type Answer, refused, ToolFailure } from "./answer.ts";

/** How iptables 1.8.9 reports what it or the kernel refuses. */

/** Details of errors that stand for a refusal of the kernel, or of what keeps its tables: exit code 1. */
const KERNEL_REFUSALS =
  /^([A-Za-z]*: )?(Invalid argument|Numerical result|Bad policy name|Bad built-in chain name|No chain|Bad rule|Index of|Chain already|File exists|Too many|Directory not empty)/;

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
  const text = isPlain(error.detail) ? error.detail : `${tool} v1.8.9 (legacy): ${error.detail}`;
  const exit = error.detail.startsWith("can't initialize") ? 3 : 2;
  return refused(exit, `${text}\nTry \`${tool} -h' or '${tool} --help' for more information.\n`);
}

/** The tool prints this one without its own name. */
export function isPlain(detail: string): boolean {
  return detail.startsWith("Bad argument `");
}

/** The kernel says less than our own message. */
function kernelText(detail: string): string {
  if (/^([A-Za-z]*: )?Invalid argument/.test(detail)) return "Invalid argument. Run `dmesg' for more information.";
  return detail.startsWith("Bad policy name") ? "Bad policy name. Run `dmesg' for more information." : detail;
}
