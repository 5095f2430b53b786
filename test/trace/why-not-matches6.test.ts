import { describe, expect, it } from "vitest";
import { parseNode } from "../../src/config/node.ts";
import { withEthernet } from "../../src/engine/build-packet.ts";
import { explainPacket } from "../../src/trace/explain-packets.ts";
import { parseRulePlace } from "../../src/trace/rule-place.ts";
import { type ExtensionHeader, ip, UDP, udp } from "../kernel-diff/packets.ts";
import { pcapngOf } from "../support/frames.ts";
import { nodeFiles } from "../support/node-files.ts";

const ENDS = { from: "fd00::9", to: "fd01::9" };
const DATAGRAM = udp(ENDS, { sourcePort: 4000, destinationPort: 53, data: new Uint8Array(8) });
const DESTINATION_OPTIONS = { type: 60, body: Uint8Array.of(0, 1, 4, 0, 0, 0, 0) };
const ROUTING = { type: 43, body: Uint8Array.of(2, 0, 0, 0, 0, 0, 0, ...address(0xfd, 7)) };
const SEGMENTS = { type: 43, body: Uint8Array.of(2, 4, 0, 0, 0, 0, 0, ...address(0xfd, 7)) };
const FRAGMENT = { type: 44, body: Uint8Array.of(0, 0, 0, 0, 0, 0, 9) };
const AUTHENTICATION = { type: 51, body: Uint8Array.of(2, 0, 0, 0, 0, 0, 77, 0, 0, 0, 1, 1, 1, 1, 1) };

function address(first: number, last: number): number[] {
  return [first, ...new Array(14).fill(0), last];
}

/** Conditions of IPv6 that do not hold for a packet with these headers: they are absent, or have other values. */
const CASES: readonly (readonly [headers: readonly ExtensionHeader[], matches: readonly string[]])[] = [
  [
    [],
    [
      "-m ipv6header --header hop-by-hop",
      "-m ipv6header --header ipv6-opts,esp --soft",
      "-m hbh --hbh-len 8",
      "-m dst --dst-opts 5",
      "-m rt --rt-type 0",
      "-m frag --fragid 7",
      "-m ah --ahspi 5",
      "-m srh --srh-next-hdr 6",
      "-m hl --hl-eq 1",
      "-m hl --hl-gt 63",
      "-m hl --hl-lt 63",
      "-m eui64",
      "-m mac --mac-source 02:aa:00:00:00:01",
      "-m set --match-set NOBODY src",
      "-m set ! --match-set EVERYBODY dst",
      "-m addrtype --dst-type LOCAL",
      "-m conntrack --ctorigsrc fd0a::/16",
      "-m iprange --dst-range fd09::1-fd09::9",
      "-m length --length 1000:2000",
      "-m tos --tos 0x10/0xff",
      "-m dscp --dscp 0x08",
      "-m hashlimit --hashlimit-above 10/sec --hashlimit-burst 5 --hashlimit-mode srcip --hashlimit-name few",
      "-m recent --rcheck --name NOBODY --mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff --rsource",
      "-m connlimit --connlimit-above 5 --connlimit-mask 128 --connlimit-saddr",
      "-m policy --dir in --pol ipsec",
      '-m u32 --u32 "0x0=0x1"',
      '-m bpf --bytecode "1,6 0 0 0"',
      '-m string --string "nothing" --algo kmp',
      "-m udp --dport 80",
      "-m multiport --dports 80,443",
    ],
  ],
  [
    [DESTINATION_OPTIONS],
    ["-m ipv6header ! --header ipv6-opts --soft", "-m dst --dst-len 24", "-m dst ! --dst-len 8", "-m dst --dst-opts 5"],
  ],
  [
    [ROUTING],
    [
      "-m rt --rt-type 2",
      "-m rt ! --rt-type 0",
      "-m rt --rt-segsleft 3",
      "-m rt --rt-len 32",
      "-m rt --rt-type 0 --rt-0-addrs fd00::1 --rt-0-not-strict",
    ],
  ],
  [[SEGMENTS], ["-m srh --srh-next-hdr 6", "-m srh --srh-segs-left-gt 3", "-m srh --srh-lsid fd08::/64"]],
  [[FRAGMENT], ["-m frag --fragid 7", "-m frag ! --fragid 9", "-m frag --fragmore"]],
  [[AUTHENTICATION], ["-m ah --ahspi 5", "-m ah ! --ahspi 77", "-m ah --ahlen 4"]],
];

/** With a protocol of its own; it fails before the match is asked. */
const PROTOCOLS = [
  ["ipv6-icmp", "-m icmp6 --icmpv6-type 128"],
  ["mobility-header", "-m mh --mh-type 5"],
  ["tcp", "-m tcpmss --mss 100"],
  ["sctp", "-m sctp --chunk-types any DATA"],
  ["esp", "-m esp --espspi 5"],
] as const;

const DEVICES = JSON.stringify(
  ["eth0", "eth1"].map((ifname, i) => ({
    ifindex: i + 2,
    ifname,
    mtu: 1500,
    flags: ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
    link_type: "ether",
    address: `02:00:00:00:00:1${i}`,
    addr_info: [{ family: "inet6", local: `fd0${i}::1`, prefixlen: 64, scope: "global" }],
  })),
);

async function answersTo(rule: string, headers: readonly ExtensionHeader[]) {
  const files = {
    "addr.json": DEVICES,
    "neigh.json": JSON.stringify([{ dst: ENDS.to, dev: "eth1", lladdr: "02:09:00:00:01:09", state: ["PERMANENT"] }]),
    "sysctl.txt": "net.ipv6.conf.all.forwarding = 1\n",
    "ipset.save":
      "create NOBODY hash:ip family inet6\ncreate EVERYBODY hash:net family inet6\nadd EVERYBODY fd00::/15\n",
    "ip6tables.save": `*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD ${rule} -j ACCEPT\nCOMMIT\n`,
  };
  const all = nodeFiles(files);
  all.delete("route.json");
  const node = parseNode(all);
  const packet = ip(ENDS, UDP, DATAGRAM, { extensions: headers });
  const frame = withEthernet(packet, Uint8Array.of(2, 0, 0, 0, 0, 0x10), Uint8Array.of(2, 9, 0, 0, 0, 9));
  const watch = parseRulePlace("FORWARD:1", node);
  const explanation = await explainPacket(node, pcapngOf(["eth0"], [{ bytes: frame }]), 1, { watch });
  return explanation!.whyNot!.answers;
}

describe("a condition of IPv6 that does not hold", () => {
  const rows = CASES.flatMap(([headers, matches]) => matches.map((match) => [match, headers] as const));

  it.each(rows)("is named: %s", async (match, headers) => {
    const isOfUdp = /^-m (udp|multiport)/.test(match);
    const answers = await answersTo(isOfUdp ? `-p udp ${match}` : match, headers);
    expect(answers).toMatchObject([{ outcome: "failed", hook: "FORWARD", condition: match }]);
  });

  it.each(PROTOCOLS)("is the protocol before any match: -p %s %s", async (protocol, match) => {
    const answers = await answersTo(`-p ${protocol} ${match}`, []);
    expect(answers).toMatchObject([{ outcome: "failed", hook: "FORWARD", condition: `-p ${protocol}` }]);
  });
});
