import { describe, expect, it } from "vitest";
import { parseNode } from "../../src/config/node.ts";
import { explainDescription } from "../../src/trace/explain-packets.ts";
import { parseRulePlace } from "../../src/trace/rule-place.ts";
import { whyNotText } from "../../src/trace/why-not.ts";

const ADDRESSES = [
  { name: "eth0", ip: "10.1.0.1" },
  { name: "eth1", ip: "10.2.0.1" },
].map(({ name, ip }, i) => ({
  ifindex: i + 2,
  ifname: name,
  mtu: 1500,
  flags: ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
  link_type: "ether",
  address: `02:00:00:00:00:0${i + 1}`,
  addr_info: [
    { family: "inet", local: ip, prefixlen: 24, broadcast: ip.replace(/1$/, "255"), scope: "global", label: name },
    { family: "inet6", local: `fd0${i + 1}::1`, prefixlen: 64, scope: "global" },
  ],
}));

const RULES = `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -d 10.9.9.9/32 -j DNAT --to-destination 10.2.0.5
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:WEB - [0:0]
-A FORWARD ! -s 10.1.0.0/16 -j ACCEPT
-A FORWARD -i eth0 -o eth0 -j ACCEPT
-A FORWARD -p udp -m comment --comment "names" -m udp --dport 53 -m mark --mark 0x1 -j ACCEPT
-A FORWARD -p tcp -m tcp --dport 80 -m mark ! --mark 0x0 -j ACCEPT
-A FORWARD -d 10.2.0.5/32 -p tcp -m tcp --dport 443 -j WEB
-A FORWARD -p tcp -m tcp --dport 22 -j ACCEPT
-A FORWARD -p tcp -m tcp --tcp-option 3 -j ACCEPT
-A WEB -m limit --limit 1/hour --limit-burst 1 -j ACCEPT
-A WEB -j DROP
-A WEB -p tcp -j ACCEPT
COMMIT
`;

const NODE = parseNode(
  new Map(
    Object.entries({
      "addr.json": JSON.stringify(ADDRESSES),
      "iptables.save": RULES,
      "sysctl.txt": "net.ipv4.ip_forward = 1\nnet.ipv6.conf.all.forwarding = 1\n",
    }).map(([name, text]) => [name, new TextEncoder().encode(text)]),
  ),
);

async function ask(packet: string, place: string) {
  const { whyNot } = await explainDescription(NODE, packet, "eth0", { watch: parseRulePlace(place, NODE) });
  return whyNot!;
}

const SSH = "tcp 10.1.0.9:4000 > 10.2.0.7:22 S";

describe("why a rule did not match", () => {
  it.each([
    ["an inverted source", SSH, "FORWARD:1", "! -s 10.1.0.0/16"],
    ["a device", SSH, "FORWARD:2", "-o eth0"],
    ["a protocol", SSH, "filter:FORWARD:3", "-p udp"],
    ["a match after a comment", "udp 10.1.0.9:4000 > 10.2.0.7:53", "FORWARD:3", "-m mark --mark 0x1"],
    ["the first of two matches", SSH, "FORWARD:4", "-m tcp --dport 80"],
    ["the second of two matches", "tcp 10.1.0.9:4000 > 10.2.0.7:80 S", "FORWARD 4", "-m mark ! --mark 0x0"],
    ["an address", SSH, "FORWARD:5", "-d 10.2.0.5/32"],
    ["an address in nat", SSH, "nat:PREROUTING:1", "-d 10.9.9.9/32"],
  ])("is the condition that failed: %s", async (_, packet, place, condition) => {
    const { answers } = await ask(packet, place);
    expect(answers).toMatchObject([{ outcome: "failed", condition }]);
    expect(answers[0]!.headers).toMatchObject({ source: "10.1.0.9" });
  });

  it("is nothing when it did", async () => {
    expect((await ask(SSH, "FORWARD:6")).answers).toMatchObject([{ outcome: "matched", hook: "FORWARD" }]);
  });

  it("is the rule that decided before", async () => {
    const by = { place: "filter:FORWARD:rule:6", rule: "-A FORWARD -p tcp -m tcp --dport 22 -j ACCEPT" };
    expect((await ask(SSH, "FORWARD:7")).answers).toEqual([{ outcome: "decided", hook: "FORWARD", by }]);
  });

  it("is what decided before in a user chain, the evaluated state included", async () => {
    const web = "tcp 10.1.0.9:4000 > 10.2.0.5:443 S";
    expect((await ask(web, "WEB:3")).answers).toMatchObject([
      { outcome: "decided", by: { place: "filter:WEB:rule:1" } },
    ]);
    expect((await ask(web, "WEB:1")).answers).toMatchObject([{ outcome: "matched" }]);
  });

  it("is that no rule led to its chain", async () => {
    const { answers } = await ask("udp 10.1.0.9:4000 > 10.2.0.7:99", "WEB:1");
    expect(answers).toEqual([{ outcome: "elsewhere", hook: "FORWARD", by: { place: "filter:FORWARD:policy:8" } }]);
  });

  it("is that the packet did not come there", async () => {
    const { answers } = await ask("tcp 10.1.0.9:4000 > 10.1.0.1:22 S", "FORWARD:1");
    expect(answers).toEqual([
      { outcome: "never", reason: "the packet did not come to FORWARD: delivered to the node" },
    ]);
  });

  it("says it in one line", async () => {
    expect(whyNotText(1, await ask(SSH, "FORWARD:4"))).toBe(
      "Packet 1 and filter:FORWARD:4  -A FORWARD -p tcp -m tcp --dport 80 -m mark ! --mark 0x0 -j ACCEPT\n" +
        "  FORWARD: no match: -m tcp --dport 80 does not hold\n",
    );
  });

  it.each([
    ["FORWARD:99", "chain FORWARD of table filter has 7 rules, not 99"],
    ["raw:FORWARD:1", "the node has no chain FORWARD in table raw"],
    ["FORWARD", "`FORWARD' names no rule: expected TABLE:CHAIN:NUMBER or CHAIN:NUMBER"],
  ])("cannot be asked of %s", (place, message) => {
    expect(() => parseRulePlace(place, NODE)).toThrow(message);
  });
});
