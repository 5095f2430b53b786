import fc from "fast-check";
import type { Family } from "../../src/model/address.ts";

/** Random values of the options of iptables, by their kind. */
export type RuleValues = Readonly<Record<string, fc.Arbitrary<string>>>;

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

export function one(words: string): fc.Arbitrary<string> {
  return fc.constantFrom(...words.split(" "));
}

const text = fc
  .string({ unit: fc.constantFrom(..."abzXYZ0189-_.: '|&;$#/()"), minLength: 1, maxLength: 20 })
  .map((value) => `"${value}"`);

/** Tests of -m u32: locations with operators, then numbers and ranges. */
function u32Expression(): fc.Arbitrary<string> {
  const number = fc.oneof(
    fc.integer({ min: 0, max: 64 }).map(String),
    fc.integer({ min: 0, max: 0xffff }).map((value) => `0x${value.toString(16)}`),
  );
  const step = fc
    .tuple(fc.constantFrom("&", ">>", "<<", "@"), number)
    .map(([operator, value]) => `${operator}${value}`);
  const location = fc.tuple(number, fc.array(step, { maxLength: 3 })).map(([start, steps]) => start + steps.join(""));
  const value = fc.oneof(
    number,
    fc.tuple(number, number).map((pair) => pair.join(":")),
  );
  const test = fc
    .tuple(location, fc.array(value, { minLength: 1, maxLength: 3 }))
    .map(([where, allowed]) => `${where}=${allowed.join(",")}`);
  return fc.array(test, { minLength: 1, maxLength: 3 }).map((tests) => `"${tests.join("&&")}"`);
}

/** Values that are taken by both families, by their kind. */
export const COMMON: RuleValues = {
  average: one("500ms 1s 2s 3000ms 8sec 100s"),
  addrtypes: list("UNSPEC UNICAST LOCAL BROADCAST ANYCAST MULTICAST BLACKHOLE UNREACHABLE PROHIBIT"),
  algo: one("bm kmp"),
  audit: one("accept drop reject"),
  burst: fc.integer({ min: 1, max: 20 }).map(String),
  byte: upTo(255),
  bytecode: fc.constantFrom("'1,6 0 0 1'", "'2,48 0 0 9,6 0 0 0'", "'4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0'"),
  byteburst: one("1kb 2048 1mb 100"),
  byterate: one("1000b/s 2kb/s 512kb/s 1mb/s 100b/s"),
  chunkmode: one("any all only"),
  chunks: list("DATA INIT INIT_ACK SACK HEARTBEAT ABORT SHUTDOWN:T COOKIE_ECHO DATA:Be 5 ABORT:t"),
  cgrouppath: one("/"),
  date: one("2024-01-02 2024-02-29T23:59:59 2038-01-19T03:14:07"),
  expevents: one("new"),
  genre: one("Linux Windows unknown FreeBSD"),
  hexstring: one('"|00|" "|41 42|C" "a|0d0a|b" "|ff|"'),
  interval: one("250ms 0.5s 1s 2sec 3000ms 8s 200000usec"),
  ipsecmode: one("tunnel transport"),
  ipsecproto: one("esp ah ipcomp 50"),
  ipsec: one("ipsec"),
  mark: one("mark"),
  u32expr: u32Expression(),
  upTo2: fc.integer({ min: 0, max: 2 }).map(String),
  zero: one("0"),
  newname: fc.integer({ min: 0, max: 1e9 }).map((number) => `e${number}`),
  timeout: one("1 30 0 2147482 2147483 2147484 4000000"),
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

export const OF_FAMILY: Readonly<Record<Family, RuleValues>> = {
  4: {
    addr: host4,
    mask: one("255.255.255.0 255.255.0.0 255.255.255.255 255.0.255.0"),
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
    addrs: fc.array(host6, { minLength: 1, maxLength: 3 }).map((all) => all.join(",")),
    mask: one("ffff:ffff:: ffff:ffff:ffff:ffff:: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    shortnet: one("2001:db8::/32 fd00:1::/48 fd00:2:3::/64 fd00::/8 fd00:5::1/48 2001:db8::/65"),
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
