import fc from "fast-check";
import type { Family } from "../../src/model/address.ts";
import type { TableName } from "../../src/model/ruleset.ts";
import { COMMON, OF_FAMILY, one, type RuleValues } from "./rule-values.ts";

/** A random rule as somebody might write it; most are right, some are not. */
export interface RuleLine {
  readonly family: Family;
  readonly table: TableName;
  readonly chain: string;
  /** What follows `-A CHAIN `. */
  readonly rule: string;
}

const CHAINS: Readonly<Record<TableName, readonly string[]>> = {
  raw: ["PREROUTING", "OUTPUT"],
  mangle: ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
  nat: ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
  filter: ["INPUT", "FORWARD", "OUTPUT"],
  security: ["INPUT", "FORWARD", "OUTPUT"],
};

/**
 * Extensions, one a line: its name, `/PROTOCOLS` it needs, `4` or `6` where only one family has it, then its options:
 * `+` always there, `=` exactly one of these, else there or not; `!` may be inverted; after colons the kinds of its values.
 */
const MATCHES = `
tcp/tcp !sport:ports !dport:ports !tcp-flags:flags:flags !tcp-option:byte
udp/udp !sport:ports !dport:ports
sctp/sctp !sport:ports !dport:ports !chunk-types:chunkmode:chunks
dccp/dccp !sport:ports !dport:ports !dccp-types:dccptypes !dccp-option:byte
multiport/tcp,udp,sctp,dccp,udplite =!sports:portlist =!dports:portlist =!ports:portlist
icmp/icmp 4 +!icmp-type:icmptype
icmp6/icmpv6 6 +!icmpv6-type:icmp6type
conntrack !ctstate:states !ctproto:byte !ctorigsrc:net !ctorigdst:net !ctreplsrc:net !ctrepldst:net !ctorigsrcport:ports !ctorigdstport:ports !ctreplsrcport:ports !ctrepldstport:ports !ctstatus:statuses !ctexpire:range32 ctdir:direction
state +!state:states
mark +!mark:masked
connmark +!mark:masked
comment +comment:text
addrtype !src-type:addrtypes !dst-type:addrtypes limit-iface-in limit-iface-out
limit limit:rate limit-burst:burst
iprange !src-range:addrrange !dst-range:addrrange
length +!length:range16
ttl 4 =!ttl-eq:byte =ttl-lt:byte =ttl-gt:byte
hl 6 =!hl-eq:byte =hl-lt:byte =hl-gt:byte
tos +!tos:tos
dscp =!dscp:dscp =!dscp-class:dscpclass
ecn/tcp !ecn-tcp-cwr !ecn-tcp-ece !ecn-ip-ect:two
mac +!mac-source:mac
pkttype +!pkt-type:pkttype
quota +!quota:number
string +algo:algo +!string:text from:word to:word icase
string +algo:algo +!hex-string:hexstring from:word to:word
u32 +!u32:u32
u32 +!u32:u32expr
bpf +bytecode:bytecode
connbytes +!connbytes:range32 +connbytes-dir:ctdirs +connbytes-mode:ctmodes
connlimit =!connlimit-upto:number16 =!connlimit-above:number16 connlimit-mask:prefix connlimit-daddr
connlabel +!label:label set
cluster +cluster-total-nodes:nodes +!cluster-local-node:node +cluster-hash-seed:number
hashlimit =hashlimit-upto:rate =hashlimit-above:rate +hashlimit-name:newname hashlimit-burst:burst hashlimit-mode:hashmodes hashlimit-srcmask:prefix hashlimit-dstmask:prefix hashlimit-htable-expire:number16
hashlimit =hashlimit-upto:byterate =hashlimit-above:byterate +hashlimit-name:newname hashlimit-burst:byteburst hashlimit-mode:hashmodes hashlimit-htable-size:few hashlimit-htable-max:few hashlimit-htable-gcinterval:number16
hashlimit =hashlimit-upto:rate +hashlimit-name:newname +hashlimit-rate-match hashlimit-rate-interval:few hashlimit-burst:burst
recent =set =!rcheck =!update =remove seconds:seconds hitcount:few name:name mask:mask rsource rdest rttl reap
statistic +mode:random !probability:fraction
statistic +mode:nth +!every:few +packet:few
helper +!helper:helper
tcpmss/tcp +!mss:range16
esp/esp +!espspi:range32
ah/ah 4 +!ahspi:range32
ah/ah 6 !ahspi:range32 !ahlen:word ahres
ipcomp/ipcomp !ipcompspi:range32 compres
time timestart:clock timestop:clock !weekdays:weekdays !monthdays:monthdays kerneltz
time datestart:date datestop:date timestart:clock timestop:clock contiguous
cpu +!cpu:number16
devgroup !src-group:masked !dst-group:masked
owner !uid-owner:uid !gid-owner:uid !socket-exists suppl-groups
physdev !physdev-in:device !physdev-out:device !physdev-is-in !physdev-is-out !physdev-is-bridged
policy +dir:inout +pol:none
policy +dir:inout +pol:ipsec strict !reqid:number !spi:number !proto:ipsecproto !mode:ipsecmode
policy +dir:inout +pol:ipsec +mode:ipsecmode !tunnel-src:addr !tunnel-dst:addr
rpfilter loose validmark accept-local invert
socket transparent nowildcard restore-skmark
realm 4 +!realm:masked
frag 6 !fragid:range32 !fraglen:word fragres fragfirst fragmore fraglast
rt 6 !rt-type:byte !rt-segsleft:range16 !rt-len:word
rt 6 +rt-type:zero rt-0-res rt-0-addrs:addrs rt-0-not-strict
hbh 6 !hbh-len:word hbh-opts:hbhopts
dst 6 !dst-len:word dst-opts:hbhopts
ipv6header 6 +!header:headers soft
mh/mh 6 !mh-type:mhtypes
eui64 6
srh 6 !srh-next-hdr:byte !srh-hdr-len-eq:byte !srh-hdr-len-gt:byte !srh-hdr-len-lt:byte !srh-segs-left-eq:byte !srh-segs-left-gt:byte !srh-segs-left-lt:byte
srh 6 !srh-last-entry-eq:byte !srh-last-entry-gt:byte !srh-last-entry-lt:byte !srh-tag:number16 !srh-psid:net !srh-nsid:net !srh-lsid:net
osf/tcp 4 +!genre:genre ttl:upTo2 log:upTo2
cgroup =!cgroup:number =!path:cgrouppath`;

const TARGETS = `
ACCEPT
DROP
RETURN
LOG log-level:level log-prefix:text log-tcp-sequence log-tcp-options log-ip-options log-uid log-macdecode
REJECT/tcp reject-with:reject
MARK =set-mark:masked =set-xmark:masked =and-mark:number =or-mark:number =xor-mark:number
CONNMARK =set-mark:masked =set-xmark:masked =save-mark =restore-mark
CONNMARK =save-mark =restore-mark nfmask:number ctmask:number
CONNMARK =set-mark:masked =save-mark left-shift-mark:few right-shift-mark:few
DNAT/tcp +to-destination:to random persistent
SNAT/udp +to-source:to random persistent random-fully
MASQUERADE/tcp to-ports:dashports random random-fully
REDIRECT/tcp to-ports:dashports random
NETMAP +to:net
CT =notrack =zone:number16 ctevents:ctevents
CT =zone:mark =zone-orig:number16 =zone-reply:number16 ctevents:ctevents expevents:expevents
NOTRACK
TOS =set-tos:tos =and-tos:byte =or-tos:byte =xor-tos:byte
DSCP =set-dscp:dscp =set-dscp-class:dscpclass
TTL 4 =ttl-set:byte =ttl-inc:byte =ttl-dec:byte
HL 6 =hl-set:byte =hl-inc:byte =hl-dec:byte
TCPOPTSTRIP/tcp +strip-options:optlist
CLASSIFY +set-class:class
NFLOG nflog-group:number16 nflog-prefix:text nflog-threshold:few nflog-size:number16
NFQUEUE =queue-num:number16 =queue-balance:colonrange queue-bypass
NFQUEUE +queue-balance:colonrange queue-bypass queue-cpu-fanout
TEE +gateway:addr
TPROXY/tcp,udp +on-port:word on-ip:addr tproxy-mark:masked
TRACE
CHECKSUM +checksum-fill
HMARK +hmark-tuple:tuple +hmark-mod:few +hmark-rnd:number hmark-offset:number16
AUDIT +type:audit
SNPT 6 +src-pfx:shortnet +dst-pfx:shortnet
DNPT 6 +src-pfx:shortnet +dst-pfx:shortnet
RATEEST +rateest-name:newname +rateest-interval:interval +rateest-ewmalog:average
SYNPROXY/tcp sack-perm timestamp wscale:few mss:number16 ecn
IDLETIMER +timeout:timeout +label:newname alarm
CONNSECMARK =save =restore
ECN/tcp 4 +ecn-tcp-remove
TCPMSS/tcp =set-mss:word =clamp-mss-to-pmtu`;

interface Extension {
  readonly name: string;
  readonly protocols: readonly string[];
  readonly family?: Family;
  readonly options: readonly string[];
}

function extensionsOf(lines: string): Extension[] {
  return lines
    .trim()
    .split("\n")
    .map((line) => {
      const [head = "", ...rest] = line.split(" ");
      const [name = "", protocols] = head.split("/");
      const family = rest[0] === "4" ? 4 : rest[0] === "6" ? 6 : undefined;
      return { name, protocols: protocols?.split(",") ?? [], family, options: family ? rest.slice(1) : rest };
    });
}

const ALL_MATCHES = extensionsOf(MATCHES);
const ALL_TARGETS = extensionsOf(TARGETS);

/** Names of all extensions that rules are made of. */
export const GENERATED_EXTENSIONS: readonly string[] = [...ALL_MATCHES, ...ALL_TARGETS].map(({ name }) => name);

function written(option: string, family: Family, own: RuleValues): fc.Arbitrary<string> {
  const [, mark = "", name = "", kinds = ""] = /^[+=]?(!?)([^:]+)(.*)$/.exec(option)!;
  const values = kinds
    .split(":")
    .slice(1)
    .map((kind) => own[kind] ?? COMMON[kind] ?? OF_FAMILY[family][kind]!);
  const invert = mark ? fc.constantFrom("", "", "! ") : fc.constant("");
  return fc
    .tuple(invert, fc.tuple(...values))
    .map(([not, words]) => [`${not}--${name}`, ...words.map((word) => word.replaceAll("'", '"'))].join(" "));
}

function optionsOf({ options }: Extension, family: Family, own: RuleValues): fc.Arbitrary<string[]> {
  const write = (option: string) => written(option, family, own);
  const always = options.filter((option) => option.startsWith("+")).map(write);
  const choices = options.filter((option) => option.startsWith("=")).map(write);
  const others = options.filter((option) => !/^[+=]/.test(option)).map(write);
  const some = others.map((option) => fc.option(option, { nil: "", freq: others.length > 4 ? 1 : 2 }));
  return fc
    .tuple(fc.tuple(...always), choices.length > 0 ? fc.oneof(...choices) : fc.constant(""), fc.tuple(...some))
    .map(([all, choice, more]) => [...all, choice, ...more].filter((part) => part !== ""));
}

/** What rules are to be like. */
export interface RuleVariant {
  /** Values of some kinds; default: any that iptables takes, and some that it does not. */
  readonly values?: RuleValues;
  /** Extensions to do without. */
  readonly without?: readonly string[];
  /** Where they go. Default: any chain of the target's own table, seldom of another. */
  readonly place?: readonly [table: TableName, chain: string];
}

/** A rule with one or two matches and, mostly, a target. */
export function ruleLine(family: Family, variant: RuleVariant = {}): fc.Arbitrary<RuleLine> {
  const { values = {}, without = [] } = variant;
  const isWanted = (extension: Extension) =>
    (extension.family === undefined || extension.family === family) && !without.includes(extension.name);
  const matches = ALL_MATCHES.filter(isWanted);
  const targets = ALL_TARGETS.filter(isWanted);
  const extensions = fc.record({
    matches: fc.array(fc.constantFrom(...matches), { minLength: 0, maxLength: 2 }),
    target: fc.option(fc.constantFrom(...targets), { freq: 3, nil: undefined }),
  });
  return extensions.chain(({ matches: chosen, target }) => {
    const protocols = [...chosen, ...(target ? [target] : [])].flatMap((extension) => extension.protocols.slice(0, 4));
    const place = variant.place ? fc.constant(variant.place) : placeOf(target?.name);
    return fc
      .record({
        place,
        address: fc.option(
          fc.tuple(fc.constantFrom("-s", "! -s", "-d", "! -d"), values.net ?? OF_FAMILY[family].net!),
          {
            nil: undefined,
          },
        ),
        protocol:
          protocols.length > 0 ? fc.constantFrom(...protocols) : fc.option(one("tcp udp icmp 47 all"), { nil: "" }),
        matched: fc.tuple(...chosen.map((match) => optionsOf(match, family, values))),
        targeted: target ? optionsOf(target, family, values) : fc.constant<string[]>([]),
      })
      .map(({ place: [table, chain], address, protocol, matched, targeted }) => ({
        family,
        table,
        chain,
        rule: [
          ...(address ? [address.join(" ")] : []),
          ...(protocol ? [`-p ${protocol}`] : []),
          ...chosen.map((match, i) => [`-m ${match.name}`, ...matched[i]!].join(" ")),
          ...(target ? [`-j ${target.name}`, ...targeted] : []),
        ].join(" "),
      }));
  });
}

const HOME: Readonly<Record<string, TableName>> = {
  DNAT: "nat",
  SNAT: "nat",
  MASQUERADE: "nat",
  REDIRECT: "nat",
  NETMAP: "nat",
  CT: "raw",
  NOTRACK: "raw",
  TRACE: "raw",
  TOS: "mangle",
  DSCP: "mangle",
  TTL: "mangle",
  HL: "mangle",
  TPROXY: "mangle",
  CHECKSUM: "mangle",
  TCPOPTSTRIP: "mangle",
  ECN: "mangle",
  CONNSECMARK: "mangle",
  SNPT: "mangle",
  DNPT: "mangle",
  REJECT: "filter",
};

/** Any chain of the target's own table, seldom of another. */
function placeOf(target: string | undefined): fc.Arbitrary<readonly [TableName, string]> {
  const home = HOME[target ?? ""];
  const table = home
    ? fc.oneof({ weight: 7, arbitrary: fc.constant(home) }, { weight: 1, arbitrary: anyTable })
    : anyTable;
  return table.chain((name) => fc.constantFrom(...CHAINS[name]).map((chain): [TableName, string] => [name, chain]));
}

const anyTable = fc.constantFrom<TableName>("filter", "filter", "mangle", "mangle", "nat", "raw", "security");
