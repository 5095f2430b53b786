import { formatAddress } from "../../src/config/address.ts";
import { printMember } from "../../src/config/ipset/save.ts";
import { printRuleset } from "../../src/config/iptables/print.ts";
import { parseRuleset } from "../../src/config/iptables/ruleset.ts";
import { generate } from "../../src/kubernetes/generate.ts";
import type { Generated } from "../../src/kubernetes/generated.ts";
import { mergeRules } from "../../src/kubernetes/merge.ts";
import { generateNftables } from "../../src/kubernetes/nftables.ts";
import type { IpvsService } from "../../src/model/ipvs.ts";
import { familyOf, type ProxyCase, proxierOfCase, type VirtualServer } from "./case.ts";

const PROTOCOLS: Readonly<Record<number, string>> = { 6: "TCP", 17: "UDP", 132: "SCTP" };

/** What differs between a case's expectation and what is generated, a line each: rules, sets, services, addresses, sysctls. */
export function checkState(of: ProxyCase): string[] {
  const { mode } = of.config;
  const { expect } = of;
  if (mode === "nftables") return compareCommands(generateNftables(proxierOfCase(of)), expect.nftTransaction ?? []);
  const generated = generate(proxierOfCase(of), mode);
  const family = familyOf(of);
  const text = mergeRules(undefined, generated, family);
  const problems = compareRules("restored", text, canonical(expect.iptablesRestore ?? [], family));
  if (expect.saved?.iptablesSave)
    problems.push(...compareRules("saved", text, `${expect.saved.iptablesSave.join("\n")}\n`));
  if (expect.noLocalEndpoints) {
    problems.push(...compareJson("noLocalEndpoints", generated.withoutLocalEndpoints, expect.noLocalEndpoints));
  }
  if (mode === "ipvs") problems.push(...checkIpvs(generated, expect));
  return problems;
}

function compareCommands(actual: readonly string[], expected: readonly string[]): string[] {
  const at = expected.findIndex((command, i) => command !== actual[i]);
  if (at < 0 && actual.length === expected.length) return [];
  const index = at < 0 ? expected.length : at;
  return [`command ${index + 1} is ${actual[index] ?? "missing"}, not ${expected[index] ?? "there"}`];
}

/** The text that kube-proxy feeds to iptables-restore as iptables-save prints it again. */
function canonical(lines: readonly string[], family: 4 | 6): string {
  return printRuleset(parseRuleset(`${lines.join("\n")}\n`, family, "expected"));
}

/** Chain by chain; the order of tables is not kube-proxy's doing. */
function compareRules(what: string, actual: string, expected: string): string[] {
  const [own, wanted] = [chainsOf(actual), chainsOf(expected)];
  const names = new Set([...own.keys(), ...wanted.keys()]);
  return [...names].flatMap((name) => {
    const [left, right] = [own.get(name) ?? [], wanted.get(name) ?? []];
    const at = left.findIndex((line, i) => line !== right[i]);
    if (at < 0 && left.length === right.length) return [];
    const index = at < 0 ? left.length : at;
    return [`${what} ${name}: rule ${index + 1} is ${left[index] ?? "missing"}, not ${right[index] ?? "there"}`];
  });
}

function chainsOf(text: string): Map<string, string[]> {
  const chains = new Map<string, string[]>();
  let table = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("*")) table = line.slice(1);
    else if (line.startsWith(":")) {
      const name = line.slice(1, line.indexOf(" "));
      // Built-in chains without rules are there in any case.
      if (name.startsWith("KUBE-")) chains.set(`${table} ${name}`, []);
    } else if (line.startsWith("-A ")) {
      const key = `${table} ${line.split(" ")[1]}`;
      chains.set(key, [...(chains.get(key) ?? []), line]);
    }
  }
  return chains;
}

function checkIpvs(generated: Generated, expect: ProxyCase["expect"]): string[] {
  const sets = Object.fromEntries(
    generated.sets.map((set) => {
      const entries = set.members.map((member) => printMember(member, set.name, set.type).split(" ")[2]!);
      return [set.name, { type: set.type as string, entries: entries.sort() }];
    }),
  );
  const refused = expect.ipsetEntriesRefusedByKernel ?? [];
  const wantedSets = Object.fromEntries(
    Object.entries(expect.ipsets ?? {}).map(([name, { type, entries }]) => {
      const taken = entries.filter((entry) => !JSON.stringify(refused).includes(`"${entry}"`));
      return [name, { type, entries: [...taken].sort() }];
    }),
  );
  return [
    ...compareJson("sets", sets, wantedSets),
    ...compareJson(
      "virtual servers",
      generated.services.map(serverOf).sort(byKey),
      [...(expect.virtualServers ?? [])].map(plain).sort(byKey),
    ),
    ...compareJson("addresses", [...generated.boundAddresses].sort(), [...(expect.dummyAddresses ?? [])].sort()),
    ...compareJson(
      "sysctls",
      Object.fromEntries([...generated.sysctls].map(([name, value]) => [name.replaceAll(".", "/"), Number(value)])),
      expect.sysctls ?? {},
    ),
  ];
}

function byKey(a: VirtualServer, b: VirtualServer): number {
  const key = ({ address, protocol, port }: VirtualServer) => `${address} ${protocol} ${port}`;
  return key(a) < key(b) ? -1 : 1;
}

function serverOf({ key, scheduler, persistence, servers }: IpvsService): VirtualServer {
  if (key.fwmark !== undefined) throw new Error("kube-proxy makes no services of marks");
  return {
    address: formatAddress(key.address),
    port: key.port,
    protocol: PROTOCOLS[key.protocol]!,
    scheduler,
    persistentTimeout: persistence ?? 0,
    realServers: servers.map(({ address, port, weight }) => ({ address: formatAddress(address), port, weight })),
  };
}

function plain({ address, port, protocol, scheduler, persistentTimeout, realServers }: VirtualServer): VirtualServer {
  const servers = realServers.map((server) => ({ address: server.address, port: server.port, weight: server.weight }));
  return { address, port, protocol, scheduler, persistentTimeout, realServers: servers };
}

function compareJson(what: string, actual: unknown, expected: unknown): string[] {
  const [left, right] = [sorted(actual), sorted(expected)];
  return left === right ? [] : [`${what}: ${firstDifference(left, right)}`];
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function firstDifference(left: string, right: string): string {
  let at = 0;
  while (left[at] === right[at]) at++;
  const from = Math.max(0, at - 60);
  return `...${left.slice(from, at + 60)}... instead of ...${right.slice(from, at + 60)}...`;
}
