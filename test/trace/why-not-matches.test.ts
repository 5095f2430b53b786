import { describe, expect, it } from "vitest";
import { parseNode } from "../../src/config/node.ts";
import { explainDescription } from "../../src/trace/explain-packets.ts";
import { parseRulePlace } from "../../src/trace/rule-place.ts";
import { nodeFiles } from "../support/node-files.ts";

/** A condition of each match that does not hold for {@link PACKET}, as iptables prints it. */
const MATCHES = `
-m tcp --dport 80
-m tcp --tcp-flags FIN,SYN,RST,ACK ACK
-m tcp --tcp-option 3
-m multiport --dports 80,443
-m conntrack --ctstate ESTABLISHED
-m conntrack --ctorigdst 10.9.0.0/16
-m state --state INVALID
-m mark --mark 0x1
-m connmark --mark 0x1
-m addrtype --dst-type LOCAL
-m iprange --src-range 10.9.0.1-10.9.0.9
-m length --length 1000:2000
-m ttl --ttl-eq 1
-m tos --tos 0x10/0xff
-m dscp --dscp 0x08
-m ecn --ecn-tcp-ece
-m mac --mac-source 02:aa:00:00:00:01
-m pkttype --pkt-type broadcast
-m quota --quota 1
-m string --string "nothing" --algo bm
-m u32 --u32 "0x0=0x1"
-m bpf --bytecode "1,6 0 0 0"
-m connbytes --connbytes 1000 --connbytes-mode packets --connbytes-dir both
-m connlimit --connlimit-above 5 --connlimit-mask 32 --connlimit-saddr
-m hashlimit --hashlimit-above 10/sec --hashlimit-burst 5 --hashlimit-name few
-m recent --rcheck --name NOBODY --mask 255.255.255.255 --rsource
-m statistic --mode nth --every 3 --packet 2
-m helper --helper ftp
-m tcpmss --mss 100
-m time --datestart 2037-01-01T00:00:00 --datestop 2038-01-19T03:14:07
-m cpu ! --cpu 0
-m devgroup --src-group 0x5
-m physdev --physdev-is-in
-m policy --dir in --pol ipsec
-m realm --realm 0x5
-m cluster --cluster-local-nodemask 0x00000000 --cluster-total-nodes 2 --cluster-hash-seed 0x00000001
-m osf --genre Linux
-m set --match-set NOBODY src
-m set ! --match-set EVERYBODY src
-m ipvs --ipvs
-m sctp --chunk-types any DATA
-m dccp --dccp-types REQUEST
-m ah --ahspi 5
-m esp --espspi 5
-m ipcomp --ipcompspi 5
-m icmp --icmp-type 8`
  .trim()
  .split("\n");

const PROTOCOLS: Readonly<Record<string, string>> = {
  sctp: "sctp",
  dccp: "dccp",
  ah: "ah",
  esp: "esp",
  ipcomp: "ipcomp",
  icmp: "icmp",
};
const PACKET = "tcp 10.0.0.9:4000 > 10.1.0.9:22 S";

function ruleOf(match: string): string {
  const name = match.split(" ")[1]!;
  return `-A FORWARD -p ${PROTOCOLS[name] ?? "tcp"} ${match} -j ACCEPT`;
}

const NODE = parseNode(
  nodeFiles({
    "ipset.save": "create NOBODY hash:ip\ncreate EVERYBODY hash:net\nadd EVERYBODY 10.0.0.0/8\n",
    "iptables.save": `*filter\n:FORWARD ACCEPT [0:0]\n${MATCHES.map(ruleOf).join("\n")}\nCOMMIT\n`,
  }),
);

describe("a condition that does not hold", () => {
  it.each(MATCHES.map((match, i) => [match, i + 1] as const))("is named: %s", async (match, number) => {
    const watch = parseRulePlace(`FORWARD:${number}`, NODE);
    const { whyNot } = await explainDescription(NODE, PACKET, "eth0", { watch });
    // Where the protocol fails already, the match was not asked.
    const protocol = PROTOCOLS[match.split(" ")[1]!];
    const condition = protocol ? `-p ${protocol}` : match;
    expect(whyNot!.answers).toMatchObject([{ outcome: "failed", hook: "FORWARD", condition }]);
  });
});
