import { describe, expect, it } from "vitest";
import { printRuleset } from "../../../src/config/iptables/print.ts";
import { parseRuleset } from "../../../src/config/iptables/ruleset.ts";
import type { Family } from "../../../src/model/address.ts";
import type { TableName } from "../../../src/model/ruleset.ts";

interface Case {
  readonly rule: string;
  readonly saved?: string;
  readonly chain?: string;
  readonly table?: TableName;
  readonly family?: Family;
}

/** The rule as iptables-save would print it. */
function saved({ rule, chain = "INPUT", table = "filter", family = 4 }: Case): string | undefined {
  const text = `*${table}\n-A ${chain} ${rule}\nCOMMIT\n`;
  const prefix = `-A ${chain} `;
  const printed = printRuleset(parseRuleset(text, family, "x"));
  return printed
    .split("\n")
    .find((line) => line.startsWith(prefix))
    ?.slice(prefix.length);
}

describe("a match", () => {
  it.each<Case>([
    { rule: "-p tcp --syn", saved: "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN" },
    { rule: "-p tcp --dport http:", saved: "-p tcp -m tcp --dport 80:65535" },
    { rule: "-p tcp -m tcp ! --sport :", saved: "-p tcp -m tcp" },
    { rule: "-p udp --sport 4:3", saved: "-p udp -m udp --sport 4:3" },
    { rule: "-p icmp --icmp-type echo-req", saved: "-p icmp -m icmp --icmp-type 8" },
    { rule: "-p icmp --icmp-type host-unreachable", saved: "-p icmp -m icmp --icmp-type 3/1" },
    { rule: "-p icmp --icmp-type 255", saved: "-p icmp -m icmp --icmp-type any" },
    { rule: "-p icmpv6 --icmpv6-type ping", saved: "-p ipv6-icmp -m icmp6 --icmpv6-type 128", family: 6 },
    { rule: "-m conntrack --ctstate snat,rel,new", saved: "-m conntrack --ctstate NEW,RELATED,SNAT" },
    { rule: "-m conntrack --ctproto tcp --ctexpire :9", saved: "-m conntrack --ctproto 6 --ctexpire 0:9" },
    { rule: "-m state --state ESTABLISHED,INVALID", saved: "-m state --state INVALID,ESTABLISHED" },
    { rule: "-m mark --mark 255/0xffffffff", saved: "-m mark --mark 0xff" },
    { rule: "-m addrtype --dst-type local,broadcast", saved: "-m addrtype --dst-type LOCAL,BROADCAST" },
    {
      rule: "-m statistic --mode random --probability 0.33333333333",
      saved: "-m statistic --mode random --probability 0.33333333349",
    },
    { rule: "-m statistic --mode nth --every 3 --packet 0", saved: "-m statistic --mode nth --every 3 --packet 0" },
    {
      rule: "-m recent --update --hitcount 0 --name a",
      saved: "-m recent --update --name a --mask 255.255.255.255 --rsource",
    },
    { rule: "-m limit --limit 60/min", saved: "-m limit --limit 1/sec" },
    { rule: "-m limit --limit 24/day --limit-burst 5", saved: "-m limit --limit 1/hour" },
    { rule: "-m limit", saved: "-m limit --limit 3/hour" },
    { rule: "-m iprange --src-range 10.0.0.1", saved: "-m iprange --src-range 10.0.0.1-10.0.0.1" },
    { rule: "-m mac --mac-source A:B:C:D:E:F", saved: "-m mac --mac-source 0a:0b:0c:0d:0e:0f" },
    { rule: "-m pkttype --pkt-type host", saved: "-m pkttype --pkt-type unicast" },
    { rule: "-m ttl ! --ttl 5", saved: "-m ttl ! --ttl-eq 5" },
    { rule: "-m tos --tos Minimize-Delay", saved: "-m tos --tos 0x10/0x3f" },
    { rule: "-m dscp --dscp-class ef", saved: "-m dscp --dscp 0x2e" },
    {
      rule: "-m connlimit ! --connlimit-upto 5",
      saved: "-m connlimit --connlimit-above 5 --connlimit-mask 32 --connlimit-saddr",
    },
    { rule: "-m string --algo bm --hex-string |47|ET", saved: '-m string --string "GET" --algo bm' },
    { rule: "-m u32 --u32 6&0xFF=1", saved: '-m u32 --u32 "0x6&0xff=0x1"' },
    {
      rule: "-m hashlimit --hashlimit 60/min --hashlimit-name h",
      saved:
        "-m hashlimit --hashlimit-upto 1/sec --hashlimit-burst 5 --hashlimit-name h --hashlimit-htable-expire 60000",
    },
    { rule: "-p sctp -m sctp --chunk-types any DATA:Be,INIT", saved: "-p sctp -m sctp --chunk-types any DATA:Be,INIT" },
    {
      rule: "-m ipv6header --header hop,frag --soft",
      saved: "-m ipv6header --header hop-by-hop,ipv6-frag --soft",
      family: 6,
    },
    { rule: "-m rt --rt-type 0 --rt-segsleft 1", saved: "-m rt --rt-type 0 --rt-segsleft 1", family: 6 },
    { rule: "-p icmp --fragment", saved: "-p icmp -f" },
    {
      rule: "-m time --timestart 9:0 ! --weekdays Sa,Su",
      saved:
        "-m time --timestart 09:00:00 --timestop 23:59:59 --weekdays Mon,Tue,Wed,Thu,Fri --datestop 2038-01-19T03:14:07",
    },
    { rule: "-p udp --dport https:http", saved: "-p udp -m udp --dport 443:80" },
    { rule: "-m conntrack --ctreplsrc 10.0.0.1/24", saved: "-m conntrack --ctreplsrc 10.0.0.1/24" },
    { rule: "-m comment --comment a.b", saved: '-m comment --comment "a.b"' },
    { rule: "-m owner --uid-owner root", saved: "-m owner --uid-owner 0", chain: "OUTPUT" },
  ])("$rule is saved as $saved", (one) => {
    expect(saved(one)).toBe(one.saved);
  });
});

describe("a target", () => {
  it.each<Case>([
    { rule: "-j MARK --set-mark 1/2", saved: "-j MARK --set-xmark 0x1/0x3" },
    { rule: "-j MARK --and-mark 0xff", saved: "-j MARK --set-xmark 0x0/0xffffff00" },
    { rule: "-j CONNMARK --restore-mark", saved: "-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff" },
    { rule: "-j REJECT", saved: "-j REJECT --reject-with icmp-port-unreachable" },
    { rule: "-j REJECT --reject-with adm", saved: "-j REJECT --reject-with icmp6-adm-prohibited", family: 6 },
    { rule: '-j LOG --log-level warning --log-prefix "x y"', saved: '-j LOG --log-prefix "x y"' },
    {
      rule: "-p tcp -j DNAT --to 1.1.1.1-1.1.1.1:http --random",
      saved: "-p tcp -j DNAT --to-destination 1.1.1.1:80 --random",
      table: "nat",
      chain: "PREROUTING",
    },
    {
      rule: "-p tcp -j DNAT --to [fd00::1]:80-90",
      saved: "-p tcp -j DNAT --to-destination [fd00::1]:80-90",
      table: "nat",
      chain: "PREROUTING",
      family: 6,
    },
    { rule: "-j MASQUERADE --random-fully", saved: "-j MASQUERADE --random-fully", table: "nat", chain: "POSTROUTING" },
    { rule: "-p udp -j REDIRECT --to 53", saved: "-p udp -j REDIRECT --to-ports 53", table: "nat", chain: "OUTPUT" },
    { rule: "-j NETMAP --to 10.0.0.1", saved: "-j NETMAP --to 10.0.0.1/32", table: "nat", chain: "PREROUTING" },
    { rule: "-j TOS --or-tos 4", saved: "-j TOS --set-tos 0x04/0x04", table: "mangle" },
    { rule: "-j TTL --ttl-dec 2", saved: "-j TTL --ttl-dec 2", table: "mangle" },
    { rule: "-j CT --zone-orig 7", saved: "-j CT --zone-orig 7", table: "raw", chain: "OUTPUT" },
    { rule: "-j SET --add-set a src,dst --exist --timeout 5", saved: "-j SET --add-set a src,dst --exist --timeout 5" },
    {
      rule: "-p tcp -j TPROXY --on-port 1",
      saved: "-p tcp -j TPROXY --on-port 1 --on-ip 0.0.0.0 --tproxy-mark 0x0/0x0",
      table: "mangle",
      chain: "PREROUTING",
    },
    { rule: "-j IPVS", saved: "-j IPVS" },
  ])("$rule is saved as $saved", (one) => {
    expect(saved(one)).toBe(one.saved);
  });

  it("of the name IPVS is a chain where the file declares one", () => {
    const { tables } = parseRuleset("*filter\n:IPVS - [0:0]\n-A INPUT -j IPVS\nCOMMIT\n", 4, "x");
    expect(tables[0]!.chains[0]!.rules[0]!.target).toEqual({ kind: "jump", chain: "IPVS" });
  });
});
