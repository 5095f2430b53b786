import { printAccounts } from "../config/nfacct.ts";
import type { Emulator } from "../engine/emulator.ts";
import { reportConntrack } from "./conntrack.ts";
import { reportExpectations } from "./expectations.ts";
import { reportIpsets } from "./ipset.ts";
import { reportRuleset } from "./iptables.ts";
import { reportIpvsServices, reportIpvsStats } from "./ipvs.ts";
import { reportIpvsConnections } from "./ipvs-connections.ts";

/**
 * The node's state as it is now, in the words of the real tools: `iptables.save`, `conntrack.txt`, `ipvs.services`, ...
 *
 * @example readState(emulator).get("iptables.save")
 */
export function readState(emulator: Emulator): ReadonlyMap<string, string> {
  emulator.flush();
  return new Map(stateTexts(emulator));
}

/**
 * The node's state as the real tools print it, by the names of result files. A listing is there where the node came with
 * the file that it is a listing of; connections always.
 */
export function* stateTexts({ core, loaded, node }: Emulator): Generator<readonly [file: string, text: string]> {
  yield ["conntrack.txt", reportConntrack(core, node.labels)];
  const expectations = reportExpectations(core);
  if (expectations) yield ["expect.txt", expectations];
  if (node.ruleset4) yield ["iptables.save", reportRuleset(loaded.rulesets, 4)];
  if (node.ruleset6) yield ["ip6tables.save", reportRuleset(loaded.rulesets, 6)];
  if (node.services) {
    yield ["ipvs.services", reportIpvsServices(loaded.services)];
    yield ["ipvs.stats", reportIpvsStats(loaded.services)];
    yield ["ipvs.conns", reportIpvsConnections(loaded.services)];
  }
  const accounts = printAccounts(loaded.accounts.all());
  if (accounts !== "") yield ["nfacct.txt", accounts];
  if (node.sets) yield ["ipset.save", reportIpsets(loaded.sets)];
}
