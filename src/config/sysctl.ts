import { ConfigError } from "./error.ts";

/**
 * Parses lines as `sysctl -a` prints them. Names come out with dots alone: the slash that sysctl prints for a dot in an
 * interface's name (`net.ipv4.conf.eth0/100.rp_filter`) becomes a dot again.
 */
export function parseSysctls(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  for (const line of text.split("\n")) {
    const equals = line.indexOf("=");
    const first = line.trimStart()[0];
    // Comments, and the complaints of sysctl itself about files it may not read.
    if (equals < 0 || first === "#" || first === ";") continue;
    settings.set(sysctlName(line.slice(0, equals)), line.slice(equals + 1).trim());
  }
  return settings;
}

export function sysctlName(text: string): string {
  return text.trim().replace(/^-/, "").replaceAll("/", ".");
}

/** Parses the words after `sysctl`: `-w name=value …`. */
export function parseSysctlWords(words: readonly string[], file: string, line: number): Map<string, string> {
  const settings = new Map<string, string>();
  for (const word of words) {
    if (/^-[wqn]+$/.test(word)) continue;
    const equals = word.indexOf("=");
    if (equals < 1) {
      throw new ConfigError("ERR_SYNTAX", { file, line, column: 1 }, `sysctl: expected NAME=VALUE, not \`${word}'`);
    }
    settings.set(sysctlName(word.slice(0, equals)), word.slice(equals + 1).trim());
  }
  return settings;
}
