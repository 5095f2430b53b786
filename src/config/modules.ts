import type { KernelModules } from "../model/node.ts";
import { ConfigError } from "./error.ts";

/**
 * Parses what modules a node's kernel has: a name at the begin of each line, as `lsmod` and /proc/modules print them, and
 * parameters as modprobe.d has them (`options nf_conntrack_ftp loose=1`). Comments begin with `#`.
 */
export function parseModules(text: string, file: string): KernelModules {
  const names = new Set<string>();
  const parameters = new Map<string, string>();
  for (const [i, line] of text.split("\n").entries()) {
    const words = line.replace(/#.*/, "").trim().split(/\s+/);
    const at = { file, line: i + 1, column: 1 };
    if (words[0] === "" || (i === 0 && words[0] === "Module")) continue;
    if (words[0] === "options") readOptions(words.slice(1), parameters, at);
    else if (/^[\w-]+$/.test(words[0]!)) names.add(underscored(words[0]!));
    else throw new ConfigError("ERR_SYNTAX", at, `\`${words[0]}' is no name of a module`);
  }
  return { names, parameters };
}

function readOptions(words: readonly string[], to: Map<string, string>, at: ConfigError["at"]): void {
  const [module, ...given] = words;
  if (module === undefined) throw new ConfigError("ERR_SYNTAX", at, "expected `options MODULE NAME=VALUE ...'");
  for (const parameter of given) {
    const equals = parameter.indexOf("=");
    const name = equals < 0 ? parameter : parameter.slice(0, equals);
    // A boolean that stands alone is set.
    to.set(`${underscored(module)}.${name}`, equals < 0 ? "1" : parameter.slice(equals + 1));
  }
}

/** Both spellings name the same module. */
function underscored(name: string): string {
  return name.replaceAll("-", "_");
}
