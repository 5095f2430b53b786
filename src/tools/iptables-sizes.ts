import type { Family } from "../model/address.ts";

/** Bytes of matches and targets in the kernel's table, their headers included: what iptables 1.8.9 gives it on x86-64. */
const MATCHES: ReadonlyMap<string, number> = sizes(
  "40 addrtype connlabel cpu dscp ecn eui64 hl icmp icmp6 ipv6header length mh pkttype rpfilter socket tcpmss tos ttl",
  "48 ah cluster connmark dccp esp frag ipcomp mac mark realm tcp udp",
  "56 connbytes devgroup owner quota statistic time",
  "64 connlimit",
  "72 dst hbh helper limit",
  "80 multiport osf set",
  "104 iprange physdev",
  "144 srh",
  "192 string",
  "200 conntrack state",
  "264 recent",
  "288 comment",
  "312 rt",
  "328 sctp",
  "344 hashlimit policy",
  "560 bpf cgroup",
  "2016 u32",
);

const TARGETS: ReadonlyMap<string, number> = sizes(
  "32 TRACE",
  "40 ACCEPT AUDIT CHECKSUM CLASSIFY CONNSECMARK DROP DSCP ECN HL MARK NFQUEUE QUEUE REJECT RETURN TCPMSS TOS TTL goto jump",
  "48 CONNMARK",
  "56 SET",
  "64 LOG RATEEST TCPOPTSTRIP TPROXY",
  "72 DNPT SNPT TEE",
  "80 DNAT IDLETIMER",
  "96 HMARK",
  "104 CT NOTRACK",
  "112 NFLOG",
);

/** Those that translate with another range in each family. */
const NAT: ReadonlySet<string> = new Set(["MASQUERADE", "NETMAP", "REDIRECT", "SNAT"]);
const NAT_SIZE: Readonly<Record<Family, number>> = { 4: 56, 6: 72 };

/** @returns undefined where it is not known. */
export function matchSize(kind: string): number | undefined {
  return MATCHES.get(kind);
}

export function targetSize(kind: string, family: Family): number | undefined {
  return NAT.has(kind) ? NAT_SIZE[family] : TARGETS.get(kind);
}

function sizes(...lines: readonly string[]): Map<string, number> {
  return new Map(
    lines.flatMap((line) => {
      const [size, ...kinds] = line.split(" ");
      return kinds.map((kind) => [kind, Number(size)] as const);
    }),
  );
}
