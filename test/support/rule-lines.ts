import fc from "fast-check";
import type { Family } from "../../src/model/address.ts";
import type { TableName } from "../../src/model/ruleset.ts";

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
sctp/sctp !sport:ports !dport:ports
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
u32 +!u32:u32
bpf +bytecode:bytecode
connbytes +!connbytes:range32 +connbytes-dir:ctdirs +connbytes-mode:ctmodes
connlimit =!connlimit-upto:number16 =!connlimit-above:number16 connlimit-mask:prefix connlimit-daddr
connlabel +!label:label set
cluster +cluster-total-nodes:nodes +!cluster-local-node:node +cluster-hash-seed:number
hashlimit =hashlimit-upto:rate =hashlimit-above:rate +hashlimit-name:name hashlimit-burst:burst hashlimit-mode:hashmodes hashlimit-srcmask:prefix hashlimit-dstmask:prefix hashlimit-htable-expire:number16
recent =set =!rcheck =!update =remove seconds:seconds hitcount:few name:name rsource rdest rttl
statistic +mode:random !probability:fraction
statistic +mode:nth +!every:few +packet:few
helper +!helper:helper
tcpmss/tcp +!mss:range16
esp/esp +!espspi:range32
ah/ah 4 +!ahspi:range32
time timestart:clock timestop:clock !weekdays:weekdays !monthdays:monthdays kerneltz
cpu +!cpu:number16
devgroup !src-group:masked !dst-group:masked
owner !uid-owner:uid !gid-owner:uid !socket-exists
physdev !physdev-in:device !physdev-out:device !physdev-is-in !physdev-is-bridged
policy +dir:inout +pol:none
rpfilter loose validmark accept-local invert
socket transparent nowildcard restore-skmark
realm 4 +!realm:masked
frag 6 !fragid:range32 fragfirst fragmore
rt 6 !rt-type:byte !rt-segsleft:range16
hbh 6 !hbh-len:word hbh-opts:hbhopts
dst 6 !dst-len:word dst-opts:hbhopts
ipv6header 6 +!header:headers soft
mh/mh 6 !mh-type:mhtypes
eui64 6`;

const TARGETS = `
ACCEPT
DROP
RETURN
LOG log-level:level log-prefix:text log-tcp-sequence log-tcp-options log-ip-options log-uid log-macdecode
REJECT/tcp reject-with:reject
MARK =set-mark:masked =set-xmark:masked =and-mark:number =or-mark:number =xor-mark:number
CONNMARK =set-mark:masked =set-xmark:masked =save-mark =restore-mark
CONNMARK =save-mark =restore-mark nfmask:number ctmask:number
DNAT/tcp +to-destination:to random persistent
SNAT/udp +to-source:to random persistent random-fully
MASQUERADE/tcp to-ports:dashports random random-fully
REDIRECT/tcp to-ports:dashports random
NETMAP +to:net
CT =notrack =zone:number16 ctevents:ctevents
NOTRACK
TOS =set-tos:tos =and-tos:byte =or-tos:byte =xor-tos:byte
DSCP =set-dscp:dscp =set-dscp-class:dscpclass
TTL 4 =ttl-set:byte =ttl-inc:byte =ttl-dec:byte
HL 6 =hl-set:byte =hl-inc:byte =hl-dec:byte
TCPOPTSTRIP/tcp +strip-options:optlist
CLASSIFY +set-class:class
NFLOG nflog-group:number16 nflog-prefix:text nflog-threshold:few nflog-size:number16
NFQUEUE =queue-num:number16 =queue-balance:colonrange queue-bypass
TEE +gateway:addr
TPROXY/tcp,udp +on-port:word on-ip:addr tproxy-mark:masked
TRACE
CHECKSUM +checksum-fill
HMARK +hmark-tuple:tuple +hmark-mod:few +hmark-rnd:number hmark-offset:number16
AUDIT +type:audit`;

const host4 = fc.tuple(fc.constantFrom(10, 172, 192, 224), byte(), byte(), byte()).map((bytes) => bytes.join("."));
const host6 = fc
  .tuple(fc.constantFrom("fd00", "2001:db8", "fe80", "ff02"), fc.integer({ min: 0, max: 0xffff }))
  .map(([prefix, last]) => `${prefix}::${last.toString(16)}`);

function byte(): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: 255 });
}

function upTo(max: number): fc.Arbitrary<string> {
  const number = fc.oneof(
    fc.integer({ min: 0, max: Math.min(max, 300) }),
    fc.integer({ min: 0, max }),
    fc.constant(max),
  );
  return fc.oneof(
    number.map(String),
    number.map(String),
    number.map((value) => `0x${value.toString(16)}`),
  );
}

function rangeUpTo(max: number, separator = ":"): fc.Arbitrary<string> {
  const decimal = fc.integer({ min: 0, max });
  const pair = fc.tuple(decimal, decimal).map(([a, b]) => `${Math.min(a, b)}${separator}${Math.max(a, b)}`);
  return fc.oneof(decimal.map(String), decimal.map(String), pair);
}

function list(words: string, min = 1): fc.Arbitrary<string> {
  return fc.subarray(words.split(" "), { minLength: min, maxLength: 4 }).map((some) => some.join(","));
}

function one(words: string): fc.Arbitrary<string> {
  return fc.constantFrom(...words.split(" "));
}

const text = fc
  .string({ unit: fc.constantFrom(..."abzXYZ0189-_.: '|&;$#/()"), minLength: 1, maxLength: 20 })
  .map((value) => `"${value}"`);

/** Values that are taken by both families, by their kind. */
const COMMON: Readonly<Record<string, fc.Arbitrary<string>>> = {
  addrtypes: list("UNSPEC UNICAST LOCAL BROADCAST ANYCAST MULTICAST BLACKHOLE UNREACHABLE PROHIBIT"),
  algo: one("bm kmp"),
  audit: one("accept drop reject"),
  burst: fc.integer({ min: 1, max: 20 }).map(String),
  byte: upTo(255),
  bytecode: fc.constantFrom("'1,6 0 0 1'", "'2,48 0 0 9,6 0 0 0'", "'4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0'"),
  class: one("1:2 0:ffff ab:10"),
  clock: fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 })).map(([h, m]) => `${h}:${m}`),
  colonrange: one("0:3 10:20 1:65535"),
  ctdirs: one("original reply both"),
  ctevents: list("new related destroy reply assured protoinfo helper mark"),
  ctmodes: one("packets bytes avgpkt"),
  dashports: rangeUpTo(65535, "-"),
  dccptypes: list("REQUEST RESPONSE DATA ACK DATAACK CLOSEREQ CLOSE RESET SYNC SYNCACK INVALID"),
  device: one("eth0 eth1 veth+ lo"),
  direction: one("ORIGINAL REPLY"),
  dscp: upTo(63),
  dscpclass: one("BE EF CS0 CS7 AF11 AF43 af21"),
  few: fc.integer({ min: 0, max: 20 }).map(String),
  flags: list("SYN ACK FIN RST URG PSH"),
  fraction: fc.oneof(
    fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value.toFixed(6)),
    one("0 1 0.5"),
  ),
  hashmodes: list("srcip srcport dstip dstport"),
  hbhopts: one("1 5:2 1:2,3:4 194"),
  headers: list("hop dst route frag auth esp none prot"),
  helper: one("ftp sip tftp"),
  icmp6type: one("1 128 129/0 echo-request packet-too-big neighbour-solicitation 1/4 255"),
  icmptype: one("0 8 3/1 3/13 any echo-request host-unreachable timestamp-reply 11 255 254/9"),
  inout: one("in out"),
  label: fc.integer({ min: 0, max: 127 }).map(String),
  level: one("0 7 emerg crit warning debug info"),
  mac: fc.tuple(byte(), byte()).map(([a, b]) => `02:00:${a.toString(16)}:00:0A:${b.toString(16).padStart(2, "0")}`),
  masked: fc.oneof(
    upTo(0xffffffff),
    fc.tuple(upTo(0xffffffff), upTo(0xffffffff)).map((pair) => pair.join("/")),
  ),
  mhtypes: one("0 1:3 cot 7 brr"),
  monthdays: one("1 1,2,31 15,16 5th"),
  name: one("one two three-3"),
  node: fc.integer({ min: 1, max: 4 }).map(String),
  nodes: fc.integer({ min: 2, max: 32 }).map(String),
  none: one("none"),
  nth: one("nth"),
  number: upTo(0xffffffff),
  number16: upTo(65535),
  optlist: list("2 3 4 8 wscale mss timestamp"),
  pkttype: one("unicast broadcast multicast"),
  portlist: fc
    .array(fc.integer({ min: 0, max: 65535 }), { minLength: 1, maxLength: 15 })
    .map((ports) => ports.join(",")),
  ports: fc.oneof(rangeUpTo(65535), one("http domain: :1024 : 80:80")),
  random: one("random"),
  range16: rangeUpTo(65535),
  range32: rangeUpTo(0xffffffff),
  rate: one("1/s 3/min 5/hour 10/second 100/m 7/minute 24/hour 20/sec"),
  seconds: fc.integer({ min: 1, max: 600 }).map(String),
  states: list("INVALID NEW RELATED ESTABLISHED UNTRACKED"),
  statuses: list("EXPECTED SEEN_REPLY ASSURED CONFIRMED NONE"),
  text,
  tos: fc.oneof(
    upTo(255),
    fc.tuple(upTo(255), upTo(255)).map((pair) => pair.join("/")),
    one("Minimize-Delay"),
  ),
  tuple: list("src dst sport dport ct"),
  two: one("0 1 2 3"),
  u32: fc.constantFrom('"0=1"', '"6&0xFF=1"', '"0>>22&0x3C@4=0:65535"', '"2&0xFFFF=0x100:0xffff&&8=1,2"'),
  uid: rangeUpTo(70000, "-"),
  weekdays: list("Mon Tue Wed Thu Fri Sat Sun"),
  word: upTo(65535),
};

const OF_FAMILY: Readonly<Record<Family, Readonly<Record<string, fc.Arbitrary<string>>>>> = {
  4: {
    addr: host4,
    addrrange: fc.tuple(host4, byte()).map(([from, last]) => `${from}-${from.replace(/[0-9]+$/, String(last))}`),
    net: fc.oneof(
      host4,
      fc.tuple(host4, fc.integer({ min: 0, max: 32 })).map((pair) => pair.join("/")),
    ),
    prefix: fc.integer({ min: 0, max: 32 }).map(String),
    reject: one("icmp-net-unreachable host-unreach icmp-admin-prohibited tcp-reset icmp-port-unreachable"),
    to: fc.tuple(host4, rangeUpTo(65535, "-")).map(([address, ports]) => `${address}:${ports}`),
  },
  6: {
    addr: host6,
    addrrange: host6.map((from) => `${from}-${from}f`),
    net: fc.oneof(
      host6,
      fc.tuple(host6, fc.integer({ min: 0, max: 128 })).map((pair) => pair.join("/")),
    ),
    prefix: fc.integer({ min: 0, max: 128 }).map(String),
    reject: one("icmp6-no-route adm-prohibited icmp6-port-unreachable tcp-reset addr-unreach"),
    to: fc.tuple(host6, rangeUpTo(65535, "-")).map(([address, ports]) => `[${address}]:${ports}`),
  },
};

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

function written(option: string, family: Family): fc.Arbitrary<string> {
  const [, mark = "", name = "", kinds = ""] = /^[+=]?(!?)([^:]+)(.*)$/.exec(option)!;
  const values = kinds
    .split(":")
    .slice(1)
    .map((kind) => COMMON[kind] ?? OF_FAMILY[family][kind]!);
  const invert = mark ? fc.constantFrom("", "", "! ") : fc.constant("");
  return fc
    .tuple(invert, fc.tuple(...values))
    .map(([not, words]) => [`${not}--${name}`, ...words.map((word) => word.replaceAll("'", '"'))].join(" "));
}

function optionsOf({ options }: Extension, family: Family): fc.Arbitrary<string[]> {
  const always = options.filter((option) => option.startsWith("+")).map((option) => written(option, family));
  const choices = options.filter((option) => option.startsWith("=")).map((option) => written(option, family));
  const others = options.filter((option) => !/^[+=]/.test(option)).map((option) => written(option, family));
  const some = others.map((option) => fc.option(option, { nil: "", freq: others.length > 4 ? 1 : 2 }));
  return fc
    .tuple(fc.tuple(...always), choices.length > 0 ? fc.oneof(...choices) : fc.constant(""), fc.tuple(...some))
    .map(([all, choice, more]) => [...all, choice, ...more].filter((part) => part !== ""));
}

/** A rule with one or two matches and, mostly, a target. */
export function ruleLine(family: Family): fc.Arbitrary<RuleLine> {
  const isOfFamily = (extension: Extension) => extension.family === undefined || extension.family === family;
  const matches = ALL_MATCHES.filter(isOfFamily);
  const targets = ALL_TARGETS.filter(isOfFamily);
  const extensions = fc.record({
    matches: fc.array(fc.constantFrom(...matches), { minLength: 0, maxLength: 2 }),
    target: fc.option(fc.constantFrom(...targets), { freq: 3, nil: undefined }),
  });
  return extensions.chain(({ matches: chosen, target }) => {
    const protocols = [...chosen, ...(target ? [target] : [])].flatMap((extension) => extension.protocols.slice(0, 4));
    const place = placeOf(target?.name);
    return fc
      .record({
        place,
        address: fc.option(fc.tuple(fc.constantFrom("-s", "! -s", "-d", "! -d"), OF_FAMILY[family].net!), {
          nil: undefined,
        }),
        protocol:
          protocols.length > 0 ? fc.constantFrom(...protocols) : fc.option(one("tcp udp icmp 47 all"), { nil: "" }),
        matched: fc.tuple(...chosen.map((match) => optionsOf(match, family))),
        targeted: target ? optionsOf(target, family) : fc.constant<string[]>([]),
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
  REJECT: "filter",
};

/** Any chain of the target's own table, seldom of another. */
function placeOf(target: string | undefined): fc.Arbitrary<[TableName, string]> {
  const home = HOME[target ?? ""];
  const table = home
    ? fc.oneof({ weight: 7, arbitrary: fc.constant(home) }, { weight: 1, arbitrary: anyTable })
    : anyTable;
  return table.chain((name) => fc.constantFrom(...CHAINS[name]).map((chain): [TableName, string] => [name, chain]));
}

const anyTable = fc.constantFrom<TableName>("filter", "filter", "mangle", "mangle", "nat", "raw", "security");
