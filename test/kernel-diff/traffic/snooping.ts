import { addressBytes, be16, checksum, concat, patch16 } from "../bytes.ts";
import { icmp, ip, UDP, udp } from "../packets.ts";
import type { Plan } from "../plan.ts";
import type { Random } from "../random.ts";
import { groupMac } from "./groups.ts";

const FRAMES = 220;
/** Wide enough for the recorder to keep to, and every short timer below ends 20 ms or more from a multiple of it. */
const SPACING_S = 0.08;
/** Scenarios without short timers take less time; what a moment decides nevertheless gets it. */
const DENSE_S = 0.008;
const PORTS = ["eth0", "eth1", "eth2", "eth3"];
const BRIDGE = "br0";
const BRIDGE_MAC = "02:00:00:00:00:20";
const HOSTS = 7;
const IGMP = 2;
const PIM = 103;
const ICMPV6 = 58;
const ETHERTYPE_EXPERIMENT = 0x88b5;
const ETHERTYPE_VLAN = 0x8100;
/**
 * Hop-by-hop options, a router alert and padding: so much of it that the recorder, which leaves out the node's own reports, does not
 * take these for any.
 */
const ALERT = { type: 0, body: Uint8Array.from([1, 5, 2, 0, 0, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0]) };

interface Host {
  readonly address: string;
  readonly mac: string;
  readonly device: string;
}

interface Names {
  readonly groups: readonly string[];
  readonly isIpv6: boolean;
  readonly isDense: boolean;
}

/** Hosts behind the ports of a bridge ask for groups and leave them, routers ask who is there, and frames for the groups are sent. */
export function snoopingTraffic(plan: Plan): void {
  const { random, isIpv6 } = plan;
  const isDense = random.chance(0.7);
  plan.pace(isDense ? DENSE_S : SPACING_S);
  const names: Names = { isIpv6, isDense, groups: isIpv6 ? GROUPS6 : GROUPS4 };
  const hosts = Array.from({ length: HOSTS }, (_, i): Host => {
    const address = isIpv6 ? `fe80::${10 + i}` : `10.5.0.${10 + i}`;
    return { address, mac: `02:05:00:00:00:${10 + i}`, device: random.pick(PORTS) };
  });
  build(plan, names);
  plan.forgetMarks();
  plan.rules("nat", "-A PREROUTING");
  for (let i = 0; i < FRAMES; i++) {
    if (!isDense && random.chance(0.06)) plan.wait(random.pick([2, 4, 4, 12]) * SPACING_S);
    const host = random.pick(hosts);
    const one = random.below(100);
    if (one < 45) data(plan, names, host);
    else if (one < 70) send(plan, host, report(random, names, host));
    else if (one < 76) send(plan, host, leave(random, names, host));
    else if (one < 92) ask(plan, names, host);
    else if (one < 96) send(plan, host, routerSign(random, names, host));
    else if (one < 98) local(plan, names);
    else other(plan, names, host);
  }
}

const GROUPS4 = ["239.1.2.3", "239.1.2.4", "224.1.2.3", "232.0.0.9", "224.0.0.251", "239.1.2.8", "239.1.2.9"];
/** The node's own; the recorder keeps it from answering who asks for it. */
const OWN_GROUP = "ff02::1:ff00:1";
const GROUPS6 = ["ff05::1:3", "ff0e::1234", "ff02::fb", "ff15::9", OWN_GROUP, "ff05::8", "ff05::9"];

function build(plan: Plan, { groups, isIpv6, isDense }: Names): void {
  const { random } = plan;
  const on = (probability: number) => (random.chance(probability) ? "on" : "off");
  const calls = random.chance(0.3) ? 1 : 0;
  const settings = [
    `mcast_router ${random.pick([1, 1, 1, 0, 2])}`,
    `mcast_querier_interval ${isDense ? 25500 : random.pick([25500, 25500, 60])}`,
    `mcast_membership_interval ${isIpv6 || isDense ? 26000 : random.pick([26000, 26000, 50])}`,
    `mcast_last_member_interval ${isDense ? 10000 : random.pick([100, 20])}`,
    `mcast_last_member_count ${random.pick([2, 1])}`,
    `mcast_hash_max ${random.pick([4096, 4096, 4096, 4])}`,
  ];
  const port = () =>
    [
      `hairpin ${on(0.2)}`,
      `isolated ${on(0.1)}`,
      `mcast_flood ${on(0.8)}`,
      `fastleave ${on(0.3)}`,
      `mcast_to_unicast ${on(0.25)}`,
      `mcast_router ${random.pick([1, 1, 1, 1, 0, 2, 3])}`,
    ].join(" ");
  const [, , , , , permanent, temporary] = groups;
  plan.setUp(
    [
      "modprobe -a bridge br_netfilter",
      ...(isIpv6 ? ["sysctl -qw net.ipv6.conf.all.disable_ipv6=0"] : []),
      `ip link add ${BRIDGE} address ${BRIDGE_MAC} type bridge ${settings.join(" ")}`,
      ...PORTS.map((name) => `ip link set ${name} master ${BRIDGE}`),
      ...PORTS.map((name) => `ip link set ${name} type bridge_slave ${port()}`),
      isIpv6 ? `ip addr add fd00:5::1/64 dev ${BRIDGE} nodad` : `ip addr add 10.5.0.1/24 dev ${BRIDGE}`,
      `ip link set ${BRIDGE} up`,
      ...(isIpv6 ? [] : [`ip route add 224.0.0.0/4 dev ${BRIDGE}`]),
      ...(random.chance(0.5)
        ? [
            `bridge mdb add dev ${BRIDGE} port ${random.pick(PORTS)} grp ${permanent} permanent`,
            `bridge mdb add dev ${BRIDGE} port ${random.pick(PORTS)} grp ${temporary} temp`,
          ]
        : []),
      ...(random.chance(0.2) ? [`bridge mdb add dev ${BRIDGE} port ${BRIDGE} grp ${permanent}`] : []),
      // Reports of its groups are not the scenario's.
      ...(isIpv6 ? ["sleep 1", "ip6tables-legacy -t nat -Z"] : []),
      `sysctl -qw net.bridge.bridge-nf-call-iptables=${calls} net.bridge.bridge-nf-call-ip6tables=${calls}`,
    ],
    { "net.bridge.bridge-nf-call-iptables": String(calls), "net.bridge.bridge-nf-call-ip6tables": String(calls) },
  );
  plan.listing("mdb.json", "bridge -d -s -j mdb");
}

interface Message {
  readonly to: string;
  readonly packet: Uint8Array;
}

function data(plan: Plan, { groups }: Names, host: Host): void {
  const { random } = plan;
  const ends = { from: host.address, to: random.pick(groups) };
  const body = udp(ends, { sourcePort: 9, destinationPort: random.pick([5000, 5001]), data: random.bytes(8) });
  send(plan, host, { to: ends.to, packet: ip(ends, UDP, body) });
}

function igmp(random: Random, from: string, to: string, type: number, code: number, body: Uint8Array): Message {
  const unsummed = concat(Uint8Array.of(type, code, 0, 0), body);
  const message = patch16(unsummed, 2, checksum(unsummed) ^ (random.chance(0.03) ? 1 : 0));
  return { to, packet: ip({ from, to }, IGMP, message, { ttl: 1 }) };
}

function mld(random: Random, from: string, to: string, type: number, rest: Uint8Array, body: Uint8Array): Message {
  const message = icmp({ from, to }, type, 0, rest, body, random.chance(0.03));
  return { to, packet: ip({ from, to }, ICMPV6, message, { ttl: 1, extensions: [ALERT] }) };
}

function report(random: Random, names: Names, { address }: Host): Message {
  const group = random.pick(names.groups);
  if (random.chance(0.6)) {
    if (names.isIpv6) return mld(random, address, group, 131, be16(0, 0), addressBytes(group));
    return igmp(random, address, group, random.pick([0x12, 0x16, 0x16]), 0, addressBytes(group));
  }
  const count = random.pick([0, 1, 1, 2]);
  const records = Array.from({ length: count }, () => record(random, names));
  const said = random.chance(0.08) ? count + 1 : count;
  if (names.isIpv6) return mld(random, address, "ff02::16", 143, be16(0, said), concat(...records));
  return igmp(random, address, "224.0.0.22", 0x22, 0, concat(be16(0, said), ...records));
}

function record(random: Random, { groups, isIpv6 }: Names): Uint8Array {
  const sources = random.pick([0, 0, 0, 1, 2]);
  const head = concat(Uint8Array.of(random.pick([1, 2, 3, 3, 4, 4, 5, 6, 7]), 0), be16(sources));
  const source = addressBytes(isIpv6 ? "fd00:5::77" : "10.5.0.77");
  return concat(head, addressBytes(random.pick(groups)), ...Array.from({ length: sources }, () => source));
}

function leave(random: Random, { groups, isIpv6 }: Names, { address }: Host): Message {
  const group = addressBytes(random.pick(groups));
  return isIpv6
    ? mld(random, address, "ff02::2", 132, be16(0, 0), group)
    : igmp(random, address, "224.0.0.2", 0x17, 0, group);
}

function ask(plan: Plan, names: Names, host: Host): void {
  send(plan, host, query(plan.random, names, host));
  if (names.isDense) plan.wait(SPACING_S);
}

/** Where packets follow closely, members have next to no time to answer, or all the time that there is. */
function query(random: Random, { groups, isIpv6, isDense }: Names, host: Host): Message {
  const isGeneral = random.chance(0.5);
  const group = isGeneral ? (isIpv6 ? "::" : "0.0.0.0") : random.pick(groups.filter((name) => name !== OWN_GROUP));
  const all = isIpv6 ? "ff02::1" : "224.0.0.1";
  const to = random.chance(0.05) ? random.pick(groups) : isGeneral ? all : group;
  const isNew = random.chance(isDense ? 0.8 : 0.4);
  const sources = isNew && random.chance(0.15) ? 1 : 0;
  const source = addressBytes(isIpv6 ? "fd00:5::77" : "10.5.0.77");
  const more = isNew
    ? concat(Uint8Array.of(2, 125), be16(sources), ...(sources ? [source] : []))
    : new Uint8Array(random.chance(0.04) ? 1 : 0);
  const from = !isIpv6 && random.chance(0.1) ? "0.0.0.0" : host.address;
  if (isIpv6) {
    const delay = random.pick(isDense ? [0, 1, 1, 1, 0x8001] : [0, 1, 100, 100, 0x8001]);
    return mld(random, from, to, 130, be16(delay, 0), concat(addressBytes(group), more));
  }
  return igmp(
    random,
    from,
    to,
    0x11,
    random.pick(isDense ? [0, 0, 0, 0x81] : [0, 1, 1, 1, 0x81]),
    concat(addressBytes(group), more),
  );
}

/** What tells a bridge of a multicast router, or nearly does. */
function routerSign(random: Random, { isIpv6 }: Names, { address }: Host): Message {
  if (isIpv6) {
    const to = random.pick(["ff02::6a", "ff02::6a", "ff02::fb"]);
    return mld(random, address, to, 151, be16(0, 0), new Uint8Array(random.pick([0, 4])));
  }
  if (random.chance(0.5)) {
    const to = random.pick(["224.0.0.106", "224.0.0.106", "224.0.0.107"]);
    return igmp(random, address, to, 0x30, 0, be16(0, 0));
  }
  const hello = patch16(Uint8Array.of(random.pick([0x20, 0x20, 0x21, 0x10]), 0, 0, 0), 2, 0xdfff);
  return { to: "224.0.0.13", packet: ip({ from: address, to: "224.0.0.13" }, PIM, hello, { ttl: 1 }) };
}

/** The node itself sends to a group, asks for one, or asks who is there. */
function local(plan: Plan, names: Names): void {
  const { random } = plan;
  if (names.isIpv6) return;
  const from = "10.5.0.1";
  const host = { address: from, mac: BRIDGE_MAC, device: BRIDGE };
  const ends = { from, to: random.pick(names.groups) };
  const packet = ip(ends, UDP, udp(ends, { sourcePort: 9, destinationPort: 5000, data: random.bytes(4) }));
  const message = random.chance(0.5) ? { packet } : random.pick([report, report, leave, query])(random, names, host);
  plan.local(message.packet);
}

function other(plan: Plan, { groups }: Names, host: Host): void {
  const { random } = plan;
  const to = groupMac(random.pick(groups));
  plan.frame(host.device, concat(mac(to), mac(host.mac), be16(ETHERTYPE_EXPERIMENT), random.bytes(50)));
}

function send(plan: Plan, host: Host, { to, packet }: Message): void {
  const { random } = plan;
  const device = random.chance(0.06) ? random.pick(PORTS) : host.device;
  const type = packet[0]! >> 4 === 4 ? 0x0800 : 0x86dd;
  const tag = random.chance(0.04) ? be16(ETHERTYPE_VLAN, 10) : new Uint8Array(0);
  plan.frame(device, concat(mac(groupMac(to)), mac(host.mac), tag, be16(type), packet));
}

function mac(text: string): Uint8Array {
  return Uint8Array.from(text.split(":"), (digits) => Number.parseInt(digits, 16));
}
