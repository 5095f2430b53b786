import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../src/config/address.ts";
import { parseCommand } from "../../src/config/command.ts";
import { ConfigError } from "../../src/config/error.ts";
import { connectedRoutes } from "../../src/config/ip/connected.ts";
import { parseRoutes } from "../../src/config/ip/route.ts";
import { parsePolicyRules } from "../../src/config/ip/rule.ts";
import { type NodeOptions, parseNode } from "../../src/config/node.ts";
import { parseSysctls } from "../../src/config/sysctl.ts";
import type { Route } from "../../src/model/node.ts";
import { fixture, fixtureBytes } from "./fixture.ts";

const FILES = ["addr.json", "route.json", "neigh.json", "iptables.save", "ipset.save", "ipvsadm.save", "scenario.json"];

function folder(changes: Readonly<Record<string, string | undefined>> = {}): Map<string, Uint8Array> {
  const files = new Map(FILES.map((name) => [name, fixtureBytes(`node/${name}`)]));
  for (const [name, text] of Object.entries(changes)) {
    if (text === undefined) files.delete(name);
    else files.set(name, new TextEncoder().encode(text));
  }
  return files;
}

function failureOf(files: ReadonlyMap<string, Uint8Array>, options: NodeOptions = {}): string {
  try {
    parseNode(files, options);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("the node was accepted");
}

function routeText(route: Route): string {
  const source = route.prefSource ? formatAddress(route.prefSource) : "-";
  const to = `${formatAddress(route.destination)}/${route.prefixLength}`;
  return `${route.table} ${route.type} ${to} ${route.nextHops[0]?.device} ${route.scope} ${route.metric} ${source}`;
}

describe("a scenario's folder", () => {
  const node = parseNode(folder());

  it("becomes a node with everything that its files say", () => {
    expect(node.interfaces.map(({ index, name, kind }) => ({ index, name, kind }))).toEqual([
      { index: 1, name: "lo", kind: undefined },
      { index: 2, name: "eth0", kind: undefined },
      { index: 3, name: "eth1", kind: undefined },
      { index: 4, name: "kube-ipvs0", kind: "dummy" },
    ]);
    expect(node.services!.length).toBe(2);
    expect(node.sets!.length).toBeGreaterThan(5);
    expect(node.neighbours.length).toBeGreaterThan(3);
    expect(node.rules).toBeUndefined();
    expect(node.ruleset6).toBeUndefined();
    expect({ files: node.files.toSorted(), warnings: node.warnings, ignored: node.ignored }).toEqual({
      files: FILES.toSorted(),
      warnings: [],
      ignored: [],
    });
  });

  it("takes kernel, HZ, sysctls and events from scenario.json", () => {
    expect({ kernel: node.kernel, hz: node.hz, isScenario: node.isScenario }).toEqual({
      kernel: "6.1.176",
      hz: 100,
      isScenario: true,
    });
    expect(node.sysctls.get("net.ipv4.vs.conntrack")).toBe("1");
    expect(node.events.map(({ before }) => before)).toEqual([12, 19, 19]);
    for (const { command } of node.events) expect(parseCommand(command, "scenario.json", 1)!.tool).toBe("ipvsadm");
  });

  it("has the routes that its addresses make", () => {
    const own = new Set(["local", "broadcast", "anycast"]);
    const recorded = node.routes.filter(({ table, family }) => table === 255 && family === 4);
    const made = connectedRoutes(node.interfaces).filter(({ type, family }) => own.has(type) && family === 4);
    expect(made.map(routeText).toSorted()).toEqual(recorded.map(routeText).toSorted());
  });
});

describe("a node's folder", () => {
  it("says what its missing files decide", () => {
    const node = parseNode(folder({ "scenario.json": undefined, "route.json": undefined }));
    expect(node.warnings.map(({ code }) => code)).toEqual(["NO_SYSCTLS", "NO_ROUTES"]);
    expect({ kernel: node.kernel, hz: node.hz }).toEqual({ kernel: "6.1", hz: 250 });
    expect(node.routes.some(({ type, table }) => type === "unicast" && table === 254)).toBe(true);
  });

  it("takes kernel and HZ from what collect wrote, and options before all", () => {
    const files = folder({ "scenario.json": undefined, "kernel.txt": "6.12.3-cloud\nHZ=1000\n" });
    expect(parseNode(files)).toMatchObject({ kernel: "6.12.3-cloud", hz: 1000 });
    expect(parseNode(files, { kernel: "6.18", hz: 300 })).toMatchObject({ kernel: "6.18", hz: 300 });
  });

  it("warns of -j IPVS, and refuses it under strict with the real tool's words", () => {
    const files = folder({ "iptables.save": "*filter\n-A INPUT -j IPVS\nCOMMIT\n" });
    expect(parseNode(files).warnings).toMatchObject([{ code: "IPVS_TARGET", at: { line: 2 } }]);
    expect(failureOf(files, { strict: true })).toBe(
      "iptables.save:2:1: Couldn't load target `IPVS':No such file or directory",
    );
  });

  it("refuses what is not emulated, or lists it", () => {
    const files = folder({
      "iptables.save": "*filter\n-A INPUT -p tcp -j SYNPROXY --sack-perm\n-A INPUT -j ACCEPT\nCOMMIT\n",
    });
    expect(failureOf(files)).toBe(
      "iptables.save:2:1: the target `SYNPROXY' is not emulated: it answers with SYN cookies, and the secret that they are " +
        "made and checked with is in no saved state, so no answer in a capture could be judged",
    );
    const node = parseNode(files, { ignoreUnsupported: true });
    expect(node.ignored).toMatchObject([{ code: "ERR_UNSUPPORTED", at: { file: "iptables.save", line: 2 } }]);
    expect(node.ruleset4!.tables[0]!.chains[0]!.rules.map(({ target }) => target)).toEqual([{ kind: "ACCEPT" }]);
  });

  it.each([
    ["-p tcp -m osf --genre Linux", "NO_FINGERPRINTS"],
    ["-m nfacct --nfacct-name web", "NO_NFACCT"],
    ["-m cgroup --cgroup 5", "NO_SOCKETS"],
    ["-m owner --uid-owner 5", "LOCAL_OWNER"],
    [
      "-d 10.0.0.1/32 -i eth0 -j CLUSTERIP --new --hashmode sourceip --clustermac 01:00:5e:00:00:01 --total-nodes 2 --local-node 1",
      "CLUSTERIP_NODES",
    ],
  ])("says what it assumes for %s", (rule, code) => {
    const chain = code === "LOCAL_OWNER" ? "OUTPUT" : "INPUT";
    const files = folder({ "iptables.save": `*filter\n-A ${chain} ${rule}\nCOMMIT\n` });
    expect(parseNode(files).warnings).toMatchObject([{ code, at: { line: 2 } }]);
  });

  it("assumes nothing of local packets when it is told whose they are", () => {
    const files = folder({ "iptables.save": "*filter\n-A OUTPUT -m owner --uid-owner 5\nCOMMIT\n" });
    const node = parseNode(files, { local: { uid: 5 } });
    expect(node.warnings).toEqual([]);
    expect(node.local).toEqual({ uid: 5, gid: 0, groups: [] });
  });

  it("refuses a rule whose nfacct object does not exist, where the objects were saved", () => {
    const rules = "*filter\n-A INPUT -m nfacct --nfacct-name web\nCOMMIT\n";
    const objects = (name: string) =>
      `{ pkts = 00000000000000000007, bytes = 00000000000000000420, quota = 00000000000000000009, mode = packet, overquota = no } = ${name};\n`;
    expect(parseNode(folder({ "iptables.save": rules, "nfacct.txt": objects("web") })).accounts).toEqual([
      { name: "web", packets: 7n, bytes: 420n, quota: { of: "packet", limit: 9n, isReached: false } },
    ]);
    expect(failureOf(folder({ "iptables.save": rules, "nfacct.txt": objects("mail") }))).toBe(
      "iptables.save:2:1: nfacct object web does not exist (nfacct.txt lacks it)",
    );
    expect(failureOf(folder({ "nfacct.txt": "web 7\n" }))).toMatch(/^nfacct\.txt:1:1: expected/);
  });

  it.each([
    {
      rules: "-N a\n-N b\n-A INPUT -j a\n-A a -j b\n-A b -j a",
      refusal: "iptables.save:6:1: table filter: Too many levels",
    },
    { rules: "-N a\n-A INPUT -j a\n-A a -o eth0 -j a", refusal: "iptables.save:4:1: table filter: Too many levels" },
    {
      rules: `-A INPUT -m hashlimit --hashlimit-name x --hashlimit-upto 5/s
-A INPUT -m hashlimit --hashlimit-name x --hashlimit-above 512kb/s --hashlimit-rate-match --hashlimit-rate-interval 1`,
      refusal: "iptables.save:3:1: table filter: Invalid argument",
    },
  ])("refuses rules that iptables-restore reads and the kernel does not take: $refusal", ({ rules, refusal }) => {
    expect(failureOf(folder({ "iptables.save": `*filter\n${rules}\nCOMMIT\n` }))).toContain(refusal);
  });

  it("refuses a rule whose set does not exist", () => {
    const files = folder({ "iptables.save": "*filter\n-A INPUT -m set --match-set NO src\nCOMMIT\n" });
    expect(failureOf(files)).toContain("iptables.save:2:1: Set NO doesn't exist.");
  });

  it("refuses a rule whose set is of the other family", () => {
    const files = folder({
      "iptables.save": undefined,
      "ip6tables.save": "*filter\n-A INPUT -j ACCEPT\n-A INPUT -m set --match-set four src\nCOMMIT\n",
      "ipset.save": "create four hash:ip\n",
    });
    expect(failureOf(files)).toBe(
      "ip6tables.save:3:1: The protocol family of set four is IPv4, which is not applicable.",
    );
  });

  it("needs addr.json", () => {
    expect(failureOf(folder({ "addr.json": undefined }))).toMatch(/^addr\.json:1:1: not found/);
  });

  it("of any bytes ends in a node or a ConfigError", () => {
    fc.assert(
      fc.property(fc.constantFrom(...FILES), fc.oneof(fc.string(), fc.json()), (name, text) => {
        try {
          parseNode(folder({ [name]: text }));
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("policy rules", () => {
  it("are undefined when both families have only the kernel's own", () => {
    const own =
      '[{"priority":0,"src":"all","table":"local"},{"priority":32766,"src":"all","table":"main"},{"priority":32767,"src":"all","table":"default"}]';
    expect(parsePolicyRules(own, "x")).toBeUndefined();
  });

  it("keep marks and tables, with the own rules of the other family beside them", () => {
    const rules = parsePolicyRules(fixture("mark.rule.json"), "x")!;
    expect(rules[1]).toMatchObject({ family: 4, priority: 100, mark: 0x5c, mask: 0xffffffff, table: 192 });
    expect(rules.filter(({ family }) => family === 6).map(({ table }) => table)).toEqual([255, 254]);
  });
});

describe("routes of both families", () => {
  it("are told apart when they stand behind each other", () => {
    const routes = parseRoutes('[{"dst":"default","dev":"tun0"}]\n[{"dst":"default","dev":"tun0","metric":1024}]', "x");
    expect(routes.map(({ family, metric }) => ({ family, metric }))).toEqual([
      { family: 4, metric: 0 },
      { family: 6, metric: 1024 },
    ]);
  });
});

describe("sysctl lines", () => {
  it("have names with dots alone, whatever sysctl printed", () => {
    const text =
      "net.ipv4.conf.eth0/100.rp_filter = 2\nnet/ipv4/ip_forward=1\n# x = y\nnet.ipv4.ip_local_port_range = 1\t2\n";
    expect([...parseSysctls(text)]).toEqual([
      ["net.ipv4.conf.eth0.100.rp_filter", "2"],
      ["net.ipv4.ip_forward", "1"],
      ["net.ipv4.ip_local_port_range", "1\t2"],
    ]);
  });
});

describe("a command line", () => {
  const findSet = () => ({ type: "hash:ip" as const, family: 4 as const });

  it.each([
    {
      text: "iptables -t nat -I PREROUTING 2 -j ACCEPT",
      command: { tool: "iptables", table: "nat", action: { verb: "insert", chain: "PREROUTING", number: 2 } },
    },
    {
      text: "iptables -D INPUT 3",
      command: { table: "filter", action: { verb: "delete-number", chain: "INPUT", number: 3 } },
    },
    {
      text: "ip6tables -P FORWARD DROP",
      command: { family: 6, action: { verb: "policy", chain: "FORWARD", policy: "DROP" } },
    },
    {
      text: "iptables -A INPUT -m comment --comment 'a b'",
      command: { action: { rules: [{ matches: [{ kind: "comment", text: "a b" }] }] } },
    },
    { text: "ipset add s 10.0.0.1 -exist", command: { tool: "ipset", action: { verb: "add", set: "s", exist: true } } },
    {
      text: "ipvsadm --set 900 120 1",
      command: { tool: "ipvsadm", action: { verb: "set-timeouts", tcp: 900, tcpFin: 120, udp: 1 } },
    },
    {
      text: "ipvsadm -d -u 10.0.0.1:53 -r 10.0.0.2:5353",
      command: { action: { verb: "delete-server", server: { port: 5353 } } },
    },
    {
      text: "sysctl -w net.ipv4.vs.conntrack=1",
      command: { tool: "sysctl", settings: new Map([["net.ipv4.vs.conntrack", "1"]]) },
    },
  ])("becomes a command: $text", ({ text, command }) => {
    expect(parseCommand(text, "x", 1, { findSet })).toMatchObject(command);
  });

  it("of another tool is refused", () => {
    expect(() => parseCommand("tc qdisc show", "events", 3)).toThrow(/^events:3:1: unknown command `tc'/);
  });

  it("of any words ends in a command or a ConfigError", () => {
    fc.assert(
      fc.property(fc.constantFrom("iptables", "ipset", "ipvsadm", "sysctl", ""), fc.string(), (tool, rest) => {
        try {
          parseCommand(`${tool} ${rest}`, "x", 1, { findSet });
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
