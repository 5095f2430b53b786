import type { LoadedServices } from "../compile/ipvs.ts";
import type { LoadedNode } from "../compile/node.ts";
import { splitShellWords } from "../config/words.ts";
import type { Core } from "../core/core.ts";
import type { Node } from "../model/node.ts";
import { procConntrack, procExpectations } from "../report/conntrack-proc.ts";
import { reportIpsets } from "../report/ipset.ts";
import { reportRuleset } from "../report/iptables.ts";
import { listedServices } from "../report/ipvs.ts";
import { connectionLines } from "../report/ipvs-connections.ts";
import { procConnections, procServices } from "../report/ipvs-proc.ts";
import { ToolFailure } from "./answer.ts";
import { listConntrackBy } from "./conntrack-list.ts";
import { listIpvs } from "./ipvsadm-list.ts";
import { saveIpvs } from "./ipvsadm-save.ts";
import { shortLetters } from "./short-letters.ts";

/** Commands that {@link listing} knows, for help and complaints. */
export const LISTING_COMMANDS =
  "ipvsadm -L..., ipvsadm -S [-n], ipvsadm-save [-n], iptables-save, ip6tables-save, ipset save, conntrack -L [expect]..., " +
  "conntrack -C [expect], cat /proc/net/ followed by nf_conntrack, nf_conntrack_expect, ip_vs or ip_vs_conn";

const IPVSADM_VERSION = "ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)\n";

/** A node whose state can be listed: an `Emulator`. */
export interface Listable {
  readonly core: Core;
  readonly loaded: LoadedNode;
  readonly node: Node;
  /** Has everything run that was fed. */
  flush(): void;
}

/**
 * What a listing command prints on the node as it stands: at the virtual time of the packet before, statistics as the kernel's
 * estimator refreshed them last (every two seconds).
 *
 * @param command as on the command line: `ipvsadm -Ln --rate`, `ipvsadm -Lnc`, `ipvsadm-save -n`, `iptables-save -c`, ...
 * @throws ToolFailure with the tool's message, or when the command is not one that lists.
 * @example listing(emulator, "ipvsadm -Ln --stats --exact")
 */
export function listing(emulator: Listable, command: string): string {
  emulator.flush();
  const commandWords = splitShellWords(command);
  const [tool = "", ...words] = commandWords.map(({ text }) => text);
  const { core, loaded } = emulator;
  switch (tool.replace(/^.*\//, "")) {
    case "ipvsadm":
      return ipvsadm(loaded.services, words);
    case "ipvsadm-save":
      return saveIpvs(loaded.services.all(), words.includes("-n"));
    case "iptables-save":
      return reportRuleset(loaded.rulesets, 4);
    case "ip6tables-save":
      return reportRuleset(loaded.rulesets, 6);
    case "ipset":
      if (words[0] === "save") return reportIpsets(loaded.sets);
      break;
    case "conntrack":
      return listConntrackBy(core, commandWords.slice(1), loaded.labels);
    case "cat":
      if (words[0] === "/proc/net/nf_conntrack") return procConntrack(core);
      if (words[0] === "/proc/net/nf_conntrack_expect") return procExpectations(core);
      if (words[0] === "/proc/net/ip_vs") return procServices(loaded.services, emulator.node.hz);
      if (words[0] === "/proc/net/ip_vs_conn") return procConnections(loaded.services);
  }
  throw new ToolFailure(2, `\`${command}' is not a listing that is known: ${LISTING_COMMANDS}`);
}

function ipvsadm(services: LoadedServices, words: readonly string[]): string {
  if (words[0] === "--version") return IPVSADM_VERSION;
  const letters = shortLetters(words);
  if (letters.has("S") || words.includes("--save")) {
    return saveIpvs(services.all(), letters.has("n") || words.includes("--numeric"));
  }
  const answer = listIpvs(words, letters, {
    services: (kind) => listedServices(services, kind),
    connections: (withData) => connectionLines(services, withData),
    timeouts: services.timeouts,
    daemons: services.daemons,
  });
  if (answer.exit !== 0) throw new ToolFailure(answer.exit, answer.stderr.trimEnd());
  return answer.stdout;
}
