import type { SourcePosition } from "../model/address.ts";
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

/** The line, from 1, of what {@link parseSysctls} takes a setting's value from. */
export function lineOfSetting(text: string, name: string): number {
  return text.split("\n").findLastIndex((line) => sysctlName(line.split("=", 1)[0]!) === name) + 1;
}

/** Settings of br_netfilter that take frames with tags, and PPPoE sessions, through the hooks of IP: 0 unless somebody sets them. */
const TAKES_TAGGED: ReadonlySet<string> = new Set([
  "net.bridge.bridge-nf-filter-vlan-tagged",
  "net.bridge.bridge-nf-filter-pppoe-tagged",
]);

/** Reports settings that are not emulated and not at their default. `where` tells the position of one by its name. */
export function checkSettings(
  settings: ReadonlyMap<string, string>,
  where: (name: string) => SourcePosition,
  onUnsupported: (error: ConfigError) => void,
): void {
  for (const [name, value] of settings) {
    if (!TAKES_TAGGED.has(name) || Number(value) === 0) continue;
    const detail = `${name}=${value} is not emulated: bridged frames with tags would pass the hooks of IP`;
    onUnsupported(new ConfigError("ERR_UNSUPPORTED", where(name), detail));
  }
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
