import { describe, expect, it } from "vitest";
import { DeviceNumbers } from "../../src/compile/devices.ts";
import { LoadedRulesets } from "../../src/compile/ruleset.ts";
import { ConfigError } from "../../src/config/error.ts";
import { parseRuleset } from "../../src/config/iptables/ruleset.ts";
import { instantiateCore } from "../../src/core/core.ts";
import type { Interface } from "../../src/model/node.ts";
import { reportRuleset } from "../../src/report/iptables.ts";

function named(name: string, index: number): Interface {
  return { index, name, mtu: 1500, flags: ["UP"], linkType: "ether", group: 0, addresses: [] };
}

const devices = new DeviceNumbers([named("lo", 1), named("eth0", 2), named("eth1", 3)]);

async function rulesets(onUnsupported?: (error: ConfigError) => void): Promise<LoadedRulesets> {
  return new LoadedRulesets(await instantiateCore(), { devices, onUnsupported });
}

const SAVE = [
  "*nat",
  ":PREROUTING ACCEPT [0:0]",
  ":INPUT ACCEPT [0:0]",
  ":OUTPUT ACCEPT [0:0]",
  ":POSTROUTING ACCEPT [0:0]",
  "[3:180] -A PREROUTING -d 10.0.0.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.9.0.1:8080",
  "[1:60] -A POSTROUTING -o eth+ -j MASQUERADE",
  "COMMIT",
  "*filter",
  ":INPUT ACCEPT [5:300]",
  ":FORWARD DROP [0:0]",
  ":OUTPUT ACCEPT [0:0]",
  ":WEB - [0:0]",
  "[7:420] -A INPUT -i eth0 -p tcp -m multiport --dports 80,443:445 -j WEB",
  "[0:0] -A INPUT -j ACCEPT",
  "[2:120] -A WEB -m conntrack --ctstate NEW,ESTABLISHED --ctorigsrc 10.0.0.0/8 -m limit --limit 3/hour -j RETURN",
  "[0:0] -A WEB -m comment --comment never -j DROP",
  "COMMIT",
  "",
].join("\n");

describe("loaded rulesets", () => {
  it("give back the counters that they were loaded with", async () => {
    const loaded = await rulesets();
    loaded.load(parseRuleset(SAVE, 4, "iptables.save"), true);
    expect(reportRuleset(loaded, 4)).toBe(SAVE);
  });

  it("start at zero unless they keep their counters", async () => {
    const loaded = await rulesets();
    loaded.load(parseRuleset(SAVE, 4, "iptables.save"));
    expect(reportRuleset(loaded, 4)).toBe(SAVE.replace(/\[\d+:\d+\]/g, "[0:0]"));
  });

  it("replace one table and leave the others, whose names last", async () => {
    const loaded = await rulesets();
    const ruleset = parseRuleset(SAVE, 4, "iptables.save");
    loaded.load(ruleset, true);
    const filter = ruleset.tables.find((table) => table.name === "filter")!;
    const shorter = { ...filter, chains: filter.chains.map((chain) => ({ ...chain, rules: chain.rules.slice(0, 1) })) };
    loaded.replaceTable(4, shorter);
    expect(loaded.read(4)!.tables.map((table) => table.name)).toEqual(["nat", "filter"]);
    expect(loaded.rule(6)).toMatchObject({ table: "filter", chain: "WEB", number: 2, isBuiltIn: false });
    expect(loaded.rule(7)).toMatchObject({ table: "filter", chain: "INPUT", number: 1, isUnconditional: false });
    expect(loaded.rule(4)).toMatchObject({ chain: "INPUT", number: 2, isUnconditional: true, isBuiltIn: true });
    expect(loaded.chain(5)).toMatchObject({ table: "filter", chain: "INPUT", ruleCount: 2 });
    expect(loaded.chain(10)).toMatchObject({ table: "filter", chain: "FORWARD", isBuiltIn: true });
  });

  it("refuse a match that is not emulated, with its place", async () => {
    const text = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m bpf --object-pinned /sys/fs/bpf/x -j DROP\nCOMMIT\n";
    const loaded = await rulesets();
    const load = () => loaded.load(parseRuleset(text, 4, "iptables.save"));
    expect(load).toThrow(ConfigError);
    expect(load).toThrow("iptables.save:3:");
  });

  it("keep a rule that is ignored in its place, and print it", async () => {
    const text =
      "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n" +
      "[0:0] -A INPUT -m bpf --object-pinned /sys/fs/bpf/x -j DROP\n[0:0] -A INPUT -j ACCEPT\nCOMMIT\n";
    const ignored: string[] = [];
    const loaded = await rulesets((error) => ignored.push(error.detail));
    loaded.load(parseRuleset(text, 4, "iptables.save"));
    expect(ignored).toEqual(["match bpf --object-pinned is not emulated: the program is not in the rule"]);
    expect(reportRuleset(loaded, 4)).toBe(text);
    expect(loaded.rule(2)).toMatchObject({ number: 2 });
  });

  it("refuse a set that does not exist in ipset's words", async () => {
    const text = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m set --match-set gone src -j DROP\nCOMMIT\n";
    const loaded = await rulesets();
    expect(() => loaded.load(parseRuleset(text, 4, "iptables.save"))).toThrow("Set gone doesn't exist.");
  });
});
