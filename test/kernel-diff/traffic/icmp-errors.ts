import { addressBytes, be16, be32, checksum, concat, patch16, pseudoHeader } from "../bytes.ts";
import { type Ends, type IpFields, icmp, icmpProtocol, ip, isIpv6, SCTP, TCP, tcp, UDP, udp } from "../packets.ts";
import type { Plan } from "../plan.ts";
import type { Random } from "../random.ts";

const FLOWS = 11;
const OTHER_PROTOCOL = 99;
const DESTINATION_OPTIONS = 60;
const FRAGMENT = 44;
const AUTHENTICATION = 51;

/** How the node translates: flows to `virtual` go to `server`, and what leaves for servers comes from `source`. */
interface Translation {
  readonly isVirtual: boolean;
  readonly isMasked: boolean;
}

/** A flow as its two sides see it. */
interface Seen {
  readonly client: Ends;
  readonly server: Ends;
  readonly protocol: number;
  readonly clientPorts: readonly [number, number];
  readonly serverPorts: readonly [number, number];
}

/**
 * Errors about translated flows in both directions. What they quote is right but for one thing or two: cut short, with wrong
 * sums, about neighbouring ports and addresses, with options and extension headers, a fragment; or the error itself is wrong.
 */
export function icmpErrorsTraffic(plan: Plan): void {
  const { random } = plan;
  if (random.chance(0.2)) plan.sysctl("checksum", 0);
  const how = { isVirtual: random.chance(0.6), isMasked: random.chance(0.6) };
  translate(plan, how);
  for (let i = 0; i < plan.flows(FLOWS); i++) {
    const seen = open(plan, how);
    for (let k = random.between(2, 7); k > 0; k--) sendError(plan, seen);
  }
}

function translate(plan: Plan, how: Translation): void {
  const at = plan.isIpv6 ? `[${plan.server(5)}]` : plan.server(5);
  if (how.isVirtual) {
    const vip = plan.virtual(10);
    for (const protocol of ["tcp", "udp"])
      plan.rules(
        "nat",
        `-A PREROUTING -d ${vip} -p ${protocol} -m ${protocol} --dport 80 -j DNAT --to-destination ${at}:8080`,
      );
    plan.rules("nat", `-A PREROUTING -d ${vip} -j DNAT --to-destination ${plan.server(5)}`);
  }
  if (how.isMasked) plan.rules("nat", `-A POSTROUTING -o eth1 -j SNAT --to-source ${plan.server(100)}`);
}

/** Sends a flow's first packet, and sometimes the answer. */
function open(plan: Plan, how: Translation): Seen {
  const { random } = plan;
  const from = plan.client(10 + random.below(3));
  const client = { from, to: how.isVirtual ? plan.virtual(10) : plan.server(5) };
  const server = { from: how.isMasked ? plan.server(100) : from, to: plan.server(5) };
  const protocol = random.pick([TCP, UDP, UDP, icmpProtocol(client), SCTP, OTHER_PROTOCOL]);
  const port = plan.freePort();
  const isChanged = how.isVirtual && (protocol === TCP || protocol === UDP);
  const seen: Seen = { client, server, protocol, clientPorts: [port, 80], serverPorts: [port, isChanged ? 8080 : 80] };
  plan.send(client, protocol, transport(random, client, seen, seen.clientPorts, true));
  if (random.chance(0.5)) {
    const back = { from: server.to, to: server.from };
    plan.send(back, protocol, transport(random, back, seen, [seen.serverPorts[1], port], false));
  }
  return seen;
}

function transport(
  random: Random,
  ends: Ends,
  { protocol }: Seen,
  [sourcePort, destinationPort]: readonly [number, number],
  isRequest: boolean,
): Uint8Array {
  const ports = { sourcePort, destinationPort };
  if (protocol === TCP)
    return tcp(ends, { ...ports, flags: isRequest ? "S" : "SA", sequence: 100, acknowledge: isRequest ? 0 : 101 });
  if (protocol === UDP) {
    const checksum = isIpv6(ends.from) || random.chance(0.8) ? "right" : "none";
    return udp(ends, { ...ports, data: random.bytes(random.pick([0, 7, 8, 33])), checksum });
  }
  if (protocol === SCTP) return concat(be16(sourcePort, destinationPort), be32(9, 0), random.bytes(8));
  if (protocol === OTHER_PROTOCOL) return be16(1, 2, 3, 4, 5);
  const identifier = isRequest ? sourcePort : destinationPort;
  const type = isIpv6(ends.from) ? (isRequest ? 128 : 129) : isRequest ? 8 : 0;
  return icmp(ends, type, 0, be16(identifier, 1), Uint8Array.from([1, 2, 3]));
}

/** An error from behind the node about what a client sent, or from before it about what a server answered. */
function sendError(plan: Plan, seen: Seen): void {
  const { random } = plan;
  const isAboutAnswer = random.chance(0.35);
  const quotedEnds = isAboutAnswer ? { from: seen.client.to, to: seen.client.from } : seen.server;
  const ports: [number, number] = isAboutAnswer ? [seen.clientPorts[1], seen.clientPorts[0]] : [...seen.serverPorts];
  if (random.chance(0.06)) ports[random.below(2)]! += random.pick([-1, 1, 256]);
  const inner = spoofed(plan, quotedEnds);
  const payload = broken(random, transport(random, inner, seen, ports, !isAboutAnswer), seen.protocol);
  const quote = quoted(random, inner, seen.protocol, payload);
  const router = isAboutAnswer ? plan.client(200) : plan.server(200);
  const from = random.chance(0.25) ? inner.to : router;
  const outer = { from, to: random.chance(0.06) ? plan.node("eth0") : quotedEnds.from };
  plan.send(outer, icmpProtocol(outer), message(random, outer, quote), outerFields(random, outer));
}

function spoofed(plan: Plan, ends: Ends): Ends {
  if (!plan.random.chance(0.06)) return ends;
  const other = plan.random.pick([plan.server(6), plan.client(10), plan.client(11), plan.node("eth1")]);
  return plan.random.chance(0.5) ? { from: other, to: ends.to } : { from: ends.from, to: other };
}

/** Sums that are wrong, as those of a host with checksum offload, or zero. */
function broken(random: Random, payload: Uint8Array, protocol: number): Uint8Array {
  const at = protocol === TCP ? 16 : protocol === UDP ? 6 : protocol === OTHER_PROTOCOL || protocol === SCTP ? -1 : 2;
  if (at < 0 || !random.chance(0.2)) return payload;
  return patch16(payload, at, random.pick([0, 0xffff, random.below(0x10000)]));
}

/** The packet that an error quotes, whole or cut, as it was on the wire behind the node. */
function quoted(random: Random, ends: Ends, protocol: number, payload: Uint8Array): Uint8Array {
  const fields: IpFields = {
    ttl: random.pick([1, 0, 63]),
    ...(random.chance(0.1) && { options: Uint8Array.of(1, 1, 1, 0) }),
    ...(random.chance(0.12) && { extensions: extensions(random) }),
    ...(random.chance(0.08) && { offset: random.pick([0, 0, 8, 1480]), more: random.chance(0.7) }),
  };
  let packet: Uint8Array = ip(ends, protocol, payload, fields);
  const header = packet.length - payload.length;
  if (!isIpv6(ends.from) && random.chance(0.1)) packet = patch16(packet, 10, random.below(0x10000));
  if (!isIpv6(ends.from) && random.chance(0.05)) packet = patch16(packet, 2, random.pick([0, 20, 1500]));
  if (random.chance(0.03)) packet = concat(Uint8Array.of(random.pick([0x45, 0x60, 0x4f, 0x42])), packet.subarray(1));
  const cut = random.pick([
    packet.length,
    packet.length,
    packet.length,
    header + 8,
    header + 8,
    header + 7,
    header + 4,
    header + 3,
    header,
    header - 1,
    8,
  ]);
  const kept = packet.subarray(0, cut);
  return random.chance(0.1) ? concat(kept, random.bytes(random.pick([1, 4, 100]))) : kept;
}

function extensions(random: Random): NonNullable<IpFields["extensions"]> {
  return random.pick([
    [{ type: DESTINATION_OPTIONS, body: Uint8Array.of(0, 1, 4, 0, 0, 0, 0) }],
    [{ type: FRAGMENT, body: concat(Uint8Array.of(0), be16(random.pick([0, 1, 8])), be32(5)) }],
    [{ type: AUTHENTICATION, body: concat(Uint8Array.of(4), new Uint8Array(22)) }],
  ]);
}

function outerFields(random: Random, { from }: Ends): IpFields {
  if (isIpv6(from))
    return random.chance(0.08) ? { extensions: extensions(random).filter(({ type }) => type !== FRAGMENT) } : {};
  return random.chance(0.08) ? { options: Uint8Array.of(1, 1, 1, 0) } : {};
}

function message(random: Random, outer: Ends, quote: Uint8Array): Uint8Array {
  const isV6 = isIpv6(outer.from);
  const [type, code] = isV6
    ? random.pick([
        [1, 0],
        [1, 1],
        [1, 3],
        [1, 4],
        [2, 0],
        [3, 0],
        [3, 1],
        [4, 0],
        [4, 1],
        [5, 0],
        [100, 0],
        [127, 0],
        [137, 0],
      ] as const)
    : random.pick([
        [3, 0],
        [3, 1],
        [3, 2],
        [3, 3],
        [3, 4],
        [3, 13],
        [4, 0],
        [5, 0],
        [5, 1],
        [11, 0],
        [11, 1],
        [12, 0],
      ] as const);
  const rest = isV6
    ? be32(type === 2 ? random.pick([1280, 1400, 68]) : 0)
    : be16(random.chance(0.1) ? 32 : 0, code === 4 ? 1400 : 0);
  const made = icmp(
    outer,
    type,
    code,
    rest,
    type === 137 ? concat(redirect(outer), quote) : quote,
    random.chance(0.08),
  );
  return random.chance(0.04) ? resummed(outer, made.subarray(0, random.between(4, made.length))) : made;
}

/** Target, destination, and the option that quotes. */
function redirect({ from, to }: Ends): Uint8Array {
  return concat(addressBytes(from), addressBytes(to), Uint8Array.of(4, 9), be16(0), be32(0));
}

function resummed(ends: Ends, message: Uint8Array): Uint8Array {
  const cleared = patch16(message, 2, 0);
  const pseudo = isIpv6(ends.from) ? [pseudoHeader(ends.from, ends.to, 58, message.length)] : [];
  return patch16(cleared, 2, checksum(...pseudo, cleared));
}
