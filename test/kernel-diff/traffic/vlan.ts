import { be16, concat } from "../bytes.ts";
import { type Ends, echo, icmpProtocol, ip, UDP, udp } from "../packets.ts";
import type { Plan } from "../plan.ts";
import type { Random } from "../random.ts";

const FRAMES = 150;
const BRIDGE_MAC = "02:00:00:00:00:20";
/** br0.10 and eth2.20 may have addresses of their own; the bridge below then takes in everything. */
const VLAN_MACS = { "br0.10": "02:00:00:00:00:21", "eth2.20": "02:00:00:00:00:22" };
const PORT_MACS = [0, 1, 2, 3].map((i) => `02:00:00:00:00:1${i}`);
const GROUP = "ff:ff:ff:ff:ff:ff";
const TAGS: readonly (readonly (readonly [protocol: number, id: number])[])[] = [
  [],
  [],
  [[0x8100, 10]],
  [[0x8100, 20]],
  [[0x8100, 30]],
  [[0x8100, 0]],
  [[0x8100, 11]],
  [[0x88a8, 20]],
  [
    [0x8100, 30],
    [0x8100, 10],
  ],
  [
    [0x8100, 0],
    [0x8100, 10],
  ],
];
/** Networks, by the device that has the node's address in each. */
const NETWORKS: readonly (readonly [device: string, network: number])[] = [
  ["br0", 5],
  ["br0.10", 7],
  ["eth2.20", 8],
  ["eth2", 9],
];

interface Host {
  readonly address: string;
  readonly mac: string;
}

/**
 * VLAN devices over a card, over a bridge and as a bridge's port; frames with any tags at any of them. eth0, eth1 and eth3.30
 * are the ports of br0.
 */
export function vlanTraffic(plan: Plan): void {
  const { random } = plan;
  plan.pace(0.03);
  const hosts = NETWORKS.flatMap(([, network]) => [0, 1].map((i) => hostOf(plan, network, i)));
  build(plan, hosts);
  for (const chain of ["PREROUTING", "FORWARD", "INPUT"]) {
    for (const device of ["eth0", "eth2", "eth2.20", "br0", "br0.10", "eth3.30"])
      plan.rules("mangle", `-A ${chain} -i ${device}`);
    plan.rules("mangle", `-A ${chain} -m physdev --physdev-in ${random.pick(["eth0", "eth1", "eth3.30"])}`);
  }
  for (let i = 0; i < FRAMES; i++) frame(plan, hosts, 3000 + i);
}

function hostOf(plan: Plan, network: number, i: number): Host {
  const address = plan.isIpv6 ? `fd00:${network}::${10 + i}` : `10.${network}.0.${10 + i}`;
  return { address, mac: `02:05:00:00:0${network}:${10 + i}` };
}

function build(plan: Plan, hosts: readonly Host[]): void {
  const { random } = plan;
  const calls = String(Number(random.chance(0.6)));
  const tables = ["raw", "mangle", "nat", "filter"];
  plan.setUp(
    [
      "modprobe -a bridge br_netfilter 8021q xt_physdev",
      `ip link add br0 address ${BRIDGE_MAC} type bridge`,
      "ip link set eth0 master br0",
      "ip link set eth1 master br0",
      "ip link add link eth3 name eth3.30 type vlan id 30",
      "ip link set eth3.30 master br0",
      "ip link add link eth2 name eth2.20 type vlan id 20",
      "ip link add link br0 name br0.10 type vlan id 10",
      ...Object.entries(VLAN_MACS)
        .filter(() => random.chance(0.4))
        .map(([name, mac]) => `ip link set ${name} address ${mac}`),
      "ip link set br0 up",
      "ip link set eth2.20 up",
      "ip link set br0.10 up",
      ...NETWORKS.flatMap(([device, network]) => [
        `ip addr add 10.${network}.0.1/24 dev ${device}`,
        ...(plan.isIpv6 ? [`ip addr add fd00:${network}::1/64 dev ${device} nodad`] : []),
      ]),
      ...hosts.map(
        ({ address, mac }, i) => `ip neigh replace ${address} dev ${NETWORKS[i >> 1]![0]} lladdr ${mac} nud permanent`,
      ),
      // Reports of its groups are not the scenario's: the recorder leaves them out where they have no tag.
      ...(plan.isIpv6 ? ["sleep 1", ...tables.map((table) => `ip6tables-legacy -t ${table} -Z`)] : []),
      "sysctl -qw net.ipv6.conf.eth3/30.disable_ipv6=1",
      "ip link set eth3.30 up",
      `sysctl -qw net.bridge.bridge-nf-call-iptables=${calls} net.bridge.bridge-nf-call-ip6tables=${calls}`,
    ],
    {
      "net.ipv6.conf.eth3.30.disable_ipv6": "1",
      "net.bridge.bridge-nf-call-iptables": calls,
      "net.bridge.bridge-nf-call-ip6tables": calls,
    },
  );
}

function frame(plan: Plan, hosts: readonly Host[], port: number): void {
  const { random } = plan;
  const from = random.pick(hosts);
  const to = random.pick(hosts);
  const own = plan.isIpv6 ? `fd00:${random.pick(NETWORKS)[1]}::1` : `10.${random.pick(NETWORKS)[1]}.0.1`;
  const ends = { from: from.address, to: random.pick([to.address, to.address, own]) };
  const device = random.below(4);
  const destination = random.pick([
    to.mac,
    BRIDGE_MAC,
    BRIDGE_MAC,
    PORT_MACS[device]!,
    PORT_MACS[device]!,
    random.pick(PORT_MACS),
    random.pick(Object.values(VLAN_MACS)),
    GROUP,
  ]);
  plan.frame(`eth${device}`, tagged(destination, from.mac, random.pick(TAGS), packetOf(random, ends, port)));
}

function packetOf(random: Random, ends: Ends, port: number): Uint8Array {
  if (random.chance(0.4)) return ip(ends, icmpProtocol(ends), echo(ends, port, 1));
  const data = new Uint8Array(random.pick([8, 100, 1400]));
  return ip(ends, UDP, udp(ends, { sourcePort: port, destinationPort: 53, data }));
}

function tagged(
  to: string,
  from: string,
  tags: readonly (readonly [number, number])[],
  packet: Uint8Array,
): Uint8Array {
  const type = packet[0]! >> 4 === 4 ? 0x0800 : 0x86dd;
  return concat(mac(to), mac(from), ...tags.map(([protocol, id]) => be16(protocol, id)), be16(type), packet);
}

function mac(text: string): Uint8Array {
  return Uint8Array.from(text.split(":"), (digits) => Number.parseInt(digits, 16));
}
