import type { Command } from "../model/command.ts";
import type { IpSet } from "../model/ipset.ts";
import type { LabelNames } from "./connlabel.ts";
import { parseConntrackWords } from "./conntrack-command.ts";
import type { ConfigError } from "./error.ts";
import { parseIpWords } from "./ip/command.ts";
import { parseIpsetWords } from "./ipset/command.ts";
import { parseIptablesWords } from "./iptables/command.ts";
import { parseIpvsWords } from "./ipvs/command.ts";
import { checkSettings, parseSysctlWords } from "./sysctl.ts";
import { splitShellWords, WordReader } from "./words.ts";

/** What of the node's present state a command is read against. */
export interface CommandState {
  /** The set of that name: its type says how an element is written. */
  readonly findSet?: (name: string) => Pick<IpSet, "type" | "family" | "netmask" | "markmask"> | undefined;
  /** User chains by table; without it every name that is no extension counts as a chain. */
  readonly chains?: ReadonlySet<string>;
  /** Names of connection labels. */
  readonly labels?: LabelNames;
}

/**
 * Parses one command line as it would be typed on the node: iptables, ip6tables, ipset, ipvsadm, ip, conntrack or sysctl.
 *
 * @param file where the command stands, for errors (`scenario.json`), and its line there.
 * @returns undefined for a rule that is meant for the other family (`iptables -6 …`).
 * @throws ConfigError when the tool would refuse it, or is none of these.
 * @example parseCommand("ipvsadm -e -t 10.96.0.8:80 -r 10.0.0.1:8080 -m -w 0", "scenario.json", 1)
 */
export function parseCommand(text: string, file: string, line: number, state: CommandState = {}): Command | undefined {
  const words = splitShellWords(text);
  const tool = words[0];
  const reader = new WordReader(file, line, words.slice(1));
  switch (tool?.text.replace(/^.*\//, "")) {
    case "iptables":
    case "iptables-legacy":
    case "iptables-nft":
      return parseIptablesWords(reader, { family: 4, chains: state.chains, labels: state.labels });
    case "ip6tables":
    case "ip6tables-legacy":
    case "ip6tables-nft":
      return parseIptablesWords(reader, { family: 6, chains: state.chains, labels: state.labels });
    case "ipset":
      return parseIpsetWords(reader, state.findSet ?? (() => undefined));
    case "ipvsadm":
      return parseIpvsWords(reader);
    case "conntrack":
      return parseConntrackWords(reader);
    case "ip":
      return parseIpWords(reader);
    case "sysctl": {
      const settings = parseSysctlWords(
        words.slice(1).map((word) => word.text),
        file,
        line,
      );
      const at = { file, line, column: 1 };
      checkSettings(
        settings,
        () => at,
        (error) => {
          throw error;
        },
      );
      return { tool: "sysctl", settings };
    }
  }
  const known = "iptables, ip6tables, ipset, ipvsadm, ip, conntrack and sysctl";
  const code: ConfigError["code"] = "ERR_UNSUPPORTED";
  return reader.fail(tool, `unknown command \`${tool?.text ?? ""}': only ${known} are understood`, code);
}
