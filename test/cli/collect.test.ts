import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COLLECT_SCRIPT } from "../../src/cli/collect-script.ts";
import { formatAddress } from "../../src/config/address.ts";
import { parseNode } from "../../src/config/node.ts";
import type { Node } from "../../src/model/node.ts";

/** A node of its own: two connected interfaces, a policy rule, routes in a second table, rules and a set that they use. */
const SET_UP = `
set -e
ip link set lo up
ip link add eth0 type veth peer name eth1
ip addr add 10.1.0.1/24 dev eth0
ip addr add 2001:db8:1::1/64 dev eth0 nodad
ip addr add 10.2.0.1/24 dev eth1
ip link set eth0 address 02:00:00:00:00:10 up
ip link set eth1 address 02:00:00:00:00:11 up
ip route add default via 10.1.0.254
ip route add 10.9.0.0/16 via 10.2.0.9 table 100
ip rule add fwmark 0x1/0xff table 100 priority 500
ip neigh add 10.1.0.254 lladdr 02:00:00:00:00:fe dev eth0 nud permanent
sysctl -qw net.ipv4.ip_forward=1
ipset create allowed hash:ip,port
ipset add allowed 10.1.0.7,tcp:443
iptables-legacy -P FORWARD DROP
iptables-legacy -A FORWARD -m set --match-set allowed dst,dst -j ACCEPT
iptables-legacy -t nat -A POSTROUTING -o eth0 -j SNAT --to-source 10.1.0.1
ip6tables-legacy -A INPUT -p tcp --dport 22 -m comment --comment "it's ssh" -j ACCEPT
sh "$1/collect.sh" "$1/node"
`;

describe("what `hookwalk collect` prints", () => {
  let folder: string;
  let node: Node;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "collect-"));
    writeFileSync(join(folder, "collect.sh"), COLLECT_SCRIPT);
    execFileSync("unshare", ["--net", "sh", "-c", SET_UP, "sh", folder], { stdio: "pipe" });
    const names = readdirSync(join(folder, "node"));
    node = parseNode(new Map(names.map((name) => [name, readFileSync(join(folder, "node", name))])));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it("saves the node's interfaces and their addresses", () => {
    const shown = node.interfaces
      .filter(({ name }) => name.startsWith("eth"))
      .map(({ name, kind, addresses }) => ({
        name,
        kind,
        addresses: addresses.map(({ address }) => formatAddress(address)),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    expect(shown).toMatchObject([
      { name: "eth0", kind: "veth", addresses: ["10.1.0.1", "2001:db8:1::1", expect.stringMatching(/^fe80:/)] },
      { name: "eth1", kind: "veth", addresses: ["10.2.0.1", expect.stringMatching(/^fe80:/)] },
    ]);
  });

  it("saves the routes of all tables, the rules that choose among them, and neighbours", () => {
    const routes = node.routes
      .filter(({ family, type }) => family === 4 && type === "unicast")
      .map(({ table, destination, prefixLength, nextHops }) => {
        const gateway = nextHops[0]!.gateway;
        return `${table} ${formatAddress(destination)}/${prefixLength} ${gateway ? formatAddress(gateway) : nextHops[0]!.device}`;
      });
    expect(routes.sort()).toEqual([
      "100 10.9.0.0/16 10.2.0.9",
      "254 0.0.0.0/0 10.1.0.254",
      "254 10.1.0.0/24 eth0",
      "254 10.2.0.0/24 eth1",
    ]);
    expect(node.routes.filter(({ table, family }) => table === 255 && family === 4).length).toBeGreaterThan(4);
    expect(node.rules).toContainEqual(
      expect.objectContaining({ family: 4, priority: 500, mark: 1, mask: 0xff, table: 100 }),
    );
    expect(node.neighbours.map(({ address }) => formatAddress(address))).toContain("10.1.0.254");
  });

  it("saves rules of both families and the sets that they use", () => {
    const filter = node.ruleset4!.tables.find(({ name }) => name === "filter")!;
    const forward = filter.chains.find(({ name }) => name === "FORWARD")!;
    expect([forward.policy, forward.rules.length]).toEqual(["DROP", 1]);
    expect(node.ruleset4!.tables.map(({ name }) => name).sort()).toEqual(["filter", "nat"]);
    const input = node.ruleset6!.tables[0]!.chains.find(({ name }) => name === "INPUT")!;
    expect(input.rules.length).toBe(1);
    expect(node.sets!.map(({ name, type, members }) => [name, type, members.length])).toEqual([
      ["allowed", "hash:ip,port", 1],
    ]);
  });

  it("saves settings and the kernel's version", () => {
    expect(node.sysctls.get("net.ipv4.ip_forward")).toBe("1");
    expect(node.kernel).toBe(execFileSync("uname", ["-r"], { encoding: "utf8" }).trim());
    expect(node.ignored).toEqual([]);
  });

  it("is a script that a POSIX shell finds no fault with", () => {
    execFileSync("sh", ["-n", join(folder, "collect.sh")]);
    expect(readdirSync(join(folder, "node")).filter((name) => name.endsWith(".part") || name.startsWith("."))).toEqual(
      [],
    );
  });
});
