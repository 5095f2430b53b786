import { be16, concat } from "../bytes.ts";
import { type Ends, echo, icmpProtocol, ip, isIpv6, TCP, tcp, UDP, udp } from "../packets.ts";
import type { Plan } from "../plan.ts";
import type { Random } from "../random.ts";
import { groupMessage } from "./groups.ts";

const FLOWS = 120;
const PORTS = ["eth0", "eth1", "eth2"];
const OUTSIDE = "eth3";
const BRIDGE = "br0";
const BRIDGE_MAC = "02:00:00:00:00:20";
const HOSTS = 8;
const AGEING_S = 2;
const HOOKS: Readonly<Record<string, readonly string[]>> = {
  raw: ["PREROUTING"],
  mangle: ["PREROUTING", "INPUT", "FORWARD", "POSTROUTING"],
  filter: ["INPUT", "FORWARD"],
};
const ETHERTYPE_EXPERIMENT = 0x88b5;
const GROUPS = [
  "ff:ff:ff:ff:ff:ff",
  "01:00:5e:01:02:03",
  "33:33:00:01:02:03",
  "01:80:c2:00:00:00",
  "01:80:c2:00:00:0e",
];

interface Host {
  readonly address: string;
  readonly mac: string;
  readonly device: string;
}

/** Frames between hosts behind the ports of a bridge, to the bridge itself and through it, with and without translation. */
export function bridgeTraffic(plan: Plan): void {
  const { random, isIpv6 } = plan;
  const ages = random.chance(0.2);
  if (!ages) plan.pace(0.03);
  const hosts = Array.from({ length: HOSTS }, (_, i): Host => hostOf(random, isIpv6, i));
  build(plan, hosts, ages ? AGEING_S : 300);
  addRules(plan, hosts);
  for (let i = 0; i < FLOWS; i++) {
    if (ages && random.chance(0.04)) plan.wait(random.pick([0.2, AGEING_S + 0.4]));
    flow(plan, hosts, 3000 + i);
  }
}

function hostOf(random: Random, isIpv6: boolean, i: number): Host {
  const device = i === HOSTS - 1 ? OUTSIDE : random.pick(PORTS);
  const network = device === OUTSIDE ? 6 : 5;
  const address = isIpv6 ? `fd00:${network}::${10 + i}` : `10.${network}.0.${10 + i}`;
  return { address, mac: `02:05:00:00:00:${10 + i}`, device };
}

function build(plan: Plan, hosts: readonly Host[], ageing: number): void {
  const { random } = plan;
  const bit = (probability: number) => (random.chance(probability) ? 1 : 0);
  const calls = bit(0.8);
  plan.setUp(
    [
      "modprobe -a bridge br_netfilter xt_physdev",
      `ip link add ${BRIDGE} address ${BRIDGE_MAC} type bridge ageing_time ${ageing * 100} nf_call_iptables ${bit(0.2)} nf_call_ip6tables ${bit(0.2)}`,
      `ip link set ${BRIDGE} mtu ${random.pick([1500, 1500, 1400])}`,
      ...PORTS.map((port) => `ip link set ${port} master ${BRIDGE}`),
      ...PORTS.map((port) => {
        const options = [
          `hairpin ${bit(0.3) ? "on" : "off"}`,
          `isolated ${bit(0.2) ? "on" : "off"}`,
          `learning ${bit(0.85) ? "on" : "off"}`,
          `flood ${bit(0.85) ? "on" : "off"}`,
          `mcast_flood ${bit(0.85) ? "on" : "off"}`,
          `bcast_flood ${bit(0.85) ? "on" : "off"}`,
        ];
        return `ip link set ${port} type bridge_slave ${options.join(" ")}`;
      }),
      `ip addr add 10.5.0.1/24 dev ${BRIDGE}`,
      `ip addr add 10.6.0.1/24 dev ${OUTSIDE}`,
      ...(plan.isIpv6
        ? [`ip addr add fd00:5::1/64 dev ${BRIDGE} nodad`, `ip addr add fd00:6::1/64 dev ${OUTSIDE} nodad`]
        : []),
      `ip link set ${BRIDGE} up`,
      ...PORTS.filter(() => random.chance(0.08)).map(
        (port) => `ip link set ${port} type bridge_slave state ${random.below(3)}`,
      ),
      ...hosts
        .filter(() => random.chance(0.3))
        .filter(({ device }) => device !== OUTSIDE)
        .map(
          ({ mac, device }) => `bridge fdb replace ${mac} dev ${device} master ${random.pick(["static", "dynamic"])}`,
        ),
      ...hosts.map(
        ({ address, mac, device }) =>
          `ip neigh replace ${address} dev ${device === OUTSIDE ? OUTSIDE : BRIDGE} lladdr ${mac} nud permanent`,
      ),
      `ip neigh replace ${virtual(plan, 0)} dev ${BRIDGE} lladdr 02:05:00:00:00:99 nud permanent`,
      // Reports of its groups are not the scenario's.
      ...(plan.isIpv6
        ? ["sleep 1", ...["raw", "mangle", "nat", "filter"].map((table) => `ip6tables-legacy -t ${table} -Z`)]
        : []),
      `sysctl -qw net.bridge.bridge-nf-call-iptables=${calls} net.bridge.bridge-nf-call-ip6tables=${calls}`,
    ],
    { "net.bridge.bridge-nf-call-iptables": String(calls), "net.bridge.bridge-nf-call-ip6tables": String(calls) },
  );
}

function addRules(plan: Plan, hosts: readonly Host[]): void {
  const { random } = plan;
  for (const [table, chains] of Object.entries(HOOKS)) {
    for (const chain of chains) {
      for (let i = 0; i < 3; i++) plan.rules(table, `-A ${chain} -m physdev ${physdev(random, chain)}`);
      plan.rules(table, `-A ${chain} ${chain === "POSTROUTING" ? "-o" : "-i"} ${BRIDGE}`);
    }
  }
  for (let i = 0; i < 3; i++) {
    const { address } = random.pick(hosts);
    const to = isIpv6(address) ? `[${address}]:80` : `${address}:80`;
    plan.rules("nat", `-A PREROUTING -d ${virtual(plan, i)} -p tcp --dport 80 -j DNAT --to-destination ${to}`);
  }
  if (random.chance(0.5)) plan.rules("nat", `-A POSTROUTING -s ${random.pick(hosts).address} -j MASQUERADE`);
  if (random.chance(0.5)) plan.rules("filter", `-A FORWARD -m physdev ${physdev(random, "FORWARD")} -p udp -j DROP`);
  if (random.chance(0.4))
    plan.rules("filter", `-A FORWARD -m physdev --physdev-is-bridged -p tcp --dport 81 -j REJECT`);
}

/** Virtual addresses: on the bridge's own network, and on none. */
function virtual(plan: Plan, i: number): string {
  if (plan.isIpv6) return ["fd00:5::99", "fd00:96::1", "fd00:96::2"][i]!;
  return ["10.5.0.99", "10.96.0.1", "10.96.0.2"][i]!;
}

function physdev(random: Random, chain: string): string {
  const isEarly = chain === "PREROUTING" || chain === "INPUT";
  const choices = [
    `--physdev-in ${random.pick([...PORTS, OUTSIDE, "eth+"])}`,
    `! --physdev-in ${random.pick(PORTS)}`,
    "--physdev-is-in",
    ...(isEarly
      ? []
      : [`--physdev-is-bridged --physdev-out ${random.pick(PORTS)}`, "--physdev-is-bridged", "! --physdev-is-bridged"]),
  ];
  return random.pick(choices);
}

function flow(plan: Plan, hosts: readonly Host[], port: number): void {
  const { random } = plan;
  const from = random.pick(hosts);
  const to = random.pick(hosts);
  const target = random.pick([
    to.address,
    to.address,
    to.address,
    virtual(plan, random.below(3)),
    plan.isIpv6 ? "fd00:5::1" : "10.5.0.1",
    plan.isIpv6 ? "fd00:6::1" : "10.6.0.1",
  ]);
  const ends = { from: from.address, to: target };
  const destination = random.pick([
    to.mac,
    to.mac,
    to.mac,
    BRIDGE_MAC,
    BRIDGE_MAC,
    random.pick(GROUPS),
    "02:05:00:00:00:77",
    "02:00:00:00:00:11",
  ]);
  const device = random.chance(0.08) ? random.pick(PORTS) : from.device;
  const length = random.pick([8, 8, 100, 1352, 1390, plan.isIpv6 ? 1452 : 1472]);
  const packet = packetOf(random, ends, port, length);
  const first = plan.frame(
    device,
    ethernet(from.device === OUTSIDE ? "02:00:00:00:00:13" : destination, from.mac, packet),
  );
  if (random.chance(0.5)) plan.answer(first, answerTo(ends, packet));
  if (random.chance(0.2)) plan.repeat();
  if (random.chance(0.15)) {
    const message = groupMessage(random, from.address);
    plan.frame(device, ethernet(message.mac, from.mac, message.packet));
  }
  if (random.chance(0.1))
    plan.frame(device, concat(mac(destination), mac(from.mac), be16(ETHERTYPE_EXPERIMENT), random.bytes(50)));
}

function packetOf(random: Random, ends: Ends, port: number, length: number): Uint8Array {
  if (random.chance(0.3)) return ip(ends, icmpProtocol(ends), echo(ends, port, 1));
  if (random.chance(0.5)) {
    return ip(
      ends,
      UDP,
      udp(ends, { sourcePort: port, destinationPort: random.pick([80, 53]), data: new Uint8Array(length) }),
    );
  }
  return ip(
    ends,
    TCP,
    tcp(ends, { sourcePort: port, destinationPort: random.pick([80, 80, 81]), flags: "S", sequence: 1000 }),
  );
}

function answerTo(ends: Ends, packet: Uint8Array) {
  const protocol = isIpv6(ends.from) ? packet[6] : packet[9];
  if (protocol === TCP) return { kind: "tcp", flags: 0x12, seq: 5000, ack: 1001 } as const;
  return protocol === UDP ? ({ kind: "udp", payload: "00" } as const) : ({ kind: "echo" } as const);
}

function mac(text: string): Uint8Array {
  return Uint8Array.from(text.split(":"), (digits) => Number.parseInt(digits, 16));
}

function ethernet(to: string, from: string, packet: Uint8Array): Uint8Array {
  return concat(mac(to), mac(from), be16(packet[0]! >> 4 === 4 ? 0x0800 : 0x86dd), packet);
}
