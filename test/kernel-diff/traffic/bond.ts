import { be16, concat } from "../bytes.ts";
import { type Ends, echo, icmpProtocol, ip, isIpv6, TCP, tcp, UDP, udp } from "../packets.ts";
import type { Plan } from "../plan.ts";
import type { Random } from "../random.ts";

const FRAMES = 150;
const MAC = "02:00:00:00:00:20";
const OUTSIDE_MAC = "02:00:00:00:00:13";
const VLAN = 9;
const GRE = 47;
const PORTS = ["eth1", "eth0", "eth2"];
const MODES = [
  "balance-xor xmit_hash_policy layer2",
  "balance-xor xmit_hash_policy layer2+3",
  "balance-xor xmit_hash_policy layer3+4",
  "balance-xor xmit_hash_policy vlan+srcmac",
  "active-backup",
  "active-backup all_slaves_active 1",
  "broadcast",
];

/** Ports take turns, and over IPv6 the node's own reports of its groups have taken some before the traffic begins. */
const TURNS = ["balance-rr", "balance-rr packets_per_slave 3"];

interface Host {
  readonly address: string;
  readonly mac: string;
}

/** Frames through a bond of eth0, eth1 and eth2, with and without a tag, at times with a bridge above; eth3 is outside. */
export function bondTraffic(plan: Plan): void {
  const { random } = plan;
  plan.pace(0.03);
  const bonded = [0, 1, 2, 3, 4, 5].map((i) => hostOf(plan, 5, i));
  const tagged = [0, 1].map((i) => hostOf(plan, 7, i));
  const outside = [0, 1, 2].map((i) => hostOf(plan, 6, i));
  const top = random.chance(0.3) ? "br0" : "bond0";
  build(plan, top, [
    [top, 5, bonded],
    [`${top}.${VLAN}`, 7, tagged],
    ["eth3", 6, outside],
  ]);
  for (const device of [...PORTS, "bond0", top, `${top}.${VLAN}`]) {
    plan.rules("mangle", `-A PREROUTING -i ${device}`, `-A POSTROUTING -o ${device}`);
  }
  plan.rules("filter", "-A FORWARD -p tcp --dport 81 -j REJECT");
  for (let i = 0; i < FRAMES; i++) {
    const isTagged = random.chance(0.2);
    const inside = random.pick(isTagged ? tagged : bonded);
    if (random.chance(0.6)) outward(plan, random.pick(outside), inside, isTagged);
    else inward(plan, inside, random.pick(outside), isTagged);
  }
}

function hostOf({ isIpv6, random }: Plan, network: number, i: number): Host {
  const address = isIpv6 ? `fd00:${network}::${10 + i}` : `10.${network}.0.${10 + i}`;
  return { address, mac: `02:05:00:00:0${network}:${random.below(8)}${i}` };
}

function build(plan: Plan, top: string, networks: readonly (readonly [string, number, readonly Host[]])[]): void {
  const { random, isIpv6 } = plan;
  const tables = ["raw", "mangle", "nat", "filter"];
  plan.setUp([
    "modprobe bonding max_bonds=0",
    "modprobe -a 8021q bridge",
    `ip link add bond0 address ${MAC} type bond mode ${random.pick(isIpv6 ? MODES : [...MODES, ...TURNS])} miimon 100`,
    ...PORTS.flatMap((port) => [`ip link set ${port} down`, `ip link set ${port} master bond0`]),
    "ip link set bond0 up",
    ...(top === "br0" ? [`ip link add br0 address ${MAC} type bridge`, "ip link set bond0 master br0"] : []),
    `ip link set ${top} up`,
    `ip link add link ${top} name ${top}.${VLAN} type vlan id ${VLAN}`,
    `ip link set ${top}.${VLAN} up`,
    "sleep 0.5",
    ...networks.flatMap(([device, network, hosts]) => [
      isIpv6
        ? `ip addr add fd00:${network}::1/64 dev ${device} nodad`
        : `ip addr add 10.${network}.0.1/24 dev ${device}`,
      ...hosts.map(({ address, mac }) => `ip neigh replace ${address} dev ${device} lladdr ${mac} nud permanent`),
    ]),
    // Reports of its groups are not the scenario's.
    ...(isIpv6 ? ["sleep 1", ...tables.map((table) => `ip6tables-legacy -t ${table} -Z`)] : []),
  ]);
  plan.listing("bonding.txt", "cat /proc/net/bonding/bond0");
}

/** A packet to a host behind the bond; where it is UDP without a tag, its answer may be an error about it. */
function outward(plan: Plan, from: Host, to: Host, isTagged: boolean): void {
  const { random } = plan;
  const sent = packetOf(plan, { from: from.address, to: to.address }, plan.freePort());
  const step = plan.frame("eth3", ethernet(OUTSIDE_MAC, from.mac, sent));
  const isUdp = (isIpv6(from.address) ? sent[6] : sent[9]) === UDP;
  if (!isUdp || isTagged || !random.chance(0.4)) return;
  const [type, code] = isIpv6(from.address) ? [1, 4] : [3, 3];
  plan.answer(step, { kind: "icmp-error", type, code });
}

function inward(plan: Plan, from: Host, to: Host, isTagged: boolean): void {
  const { random } = plan;
  const ends = { from: from.address, to: to.address };
  const rejected = !isTagged && random.chance(0.3);
  const packet = rejected ? syn(plan.freePort(), ends, 81) : packetOf(plan, ends, plan.freePort());
  plan.frame(random.pick(PORTS), ethernet(MAC, from.mac, packet, isTagged ? [be16(0x8100, VLAN)] : []));
}

function packetOf({ random, isIpv6 }: Plan, ends: Ends, port: number): Uint8Array {
  const datagram = (length: number) =>
    udp(ends, { sourcePort: port, destinationPort: 53, data: new Uint8Array(length) });
  switch (random.below(6)) {
    case 0:
      return syn(port, ends, random.pick([80, 443]));
    case 1:
      return ip(ends, icmpProtocol(ends), echo(ends, random.pick([port, 0]), 1));
    case 2:
      return ip(ends, random.pick([GRE, 50, 51]), random.bytes(24));
    case 3:
      if (!isIpv6) return ip(ends, UDP, datagram(64).subarray(0, 40), { id: port, more: true });
      return ip(ends, UDP, datagram(20), { extensions: [destinationOptions(random)] });
    default:
      return ip(ends, UDP, datagram(random.pick([8, 100, 1200])));
  }
}

function syn(port: number, ends: Ends, destinationPort: number): Uint8Array {
  return ip(ends, TCP, tcp(ends, { sourcePort: port, destinationPort, flags: "S", sequence: 1000 }));
}

function destinationOptions(random: Random) {
  return { type: 60, body: concat(Uint8Array.of(0, 1, 4), new Uint8Array(3), random.bytes(1).fill(0)) };
}

function ethernet(to: string, from: string, packet: Uint8Array, tags: readonly Uint8Array[] = []): Uint8Array {
  return concat(mac(to), mac(from), ...tags, be16(packet[0]! >> 4 === 4 ? 0x0800 : 0x86dd), packet);
}

function mac(text: string): Uint8Array {
  return Uint8Array.from(text.split(":"), (digits) => Number.parseInt(digits, 16));
}
