import { addressBytes, be16, be32, checksum, concat, patch16 } from "../bytes.ts";
import { type Ends, echo, icmpProtocol, isIpv6, TCP, tcp, UDP, udp } from "../packets.ts";
import type { Plan } from "../plan.ts";
import type { Random } from "../random.ts";

const TRAINS = 45;
const FRAGMENT_TIME_S = 3;
/** The recorder waits for gaps of 50 ms, and sends what is closer at once: when a timer begins would not be known. */
const SPACING_S = 0.051;
const FRAGMENT_HEADER = 44;
const MORE = 0x2000;
const DONT = 0x4000;

/** A part of a datagram: where it begins, and whether more follow. */
interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly more: boolean;
}

/**
 * Trains of fragments in any order, with gaps, duplicates and overlaps, and packets that are dropped before PREROUTING. Where
 * nothing asks for conntrack only the stack reassembles.
 */
export function fragmentsTraffic(plan: Plan): void {
  const { random } = plan;
  settings(plan);
  if (random.chance(0.3)) plan.forgetMarks();
  plan.pace(SPACING_S);
  // The recorder marks fragments only where the header is the first of all.
  if (plan.isIpv6) plan.mask("frag6-id");
  for (let i = 0; i < TRAINS; i++) {
    if (random.chance(0.12)) plan.wait(random.pick([0.3, 0.3, FRAGMENT_TIME_S + 0.5]));
    const ends = endsOf(plan);
    if (random.chance(0.35)) plan.raw(ends.from, oddPacket(plan, ends));
    else train(plan, ends, 100 + random.below(60));
  }
  plan.wait(FRAGMENT_TIME_S + 0.5);
  plan.raw(plan.client(10), whole(plan, { from: plan.client(10), to: plan.server(9) }, 1));
}

function settings(plan: Plan): void {
  const { random } = plan;
  plan.setting("net.ipv4.ipfrag_time", FRAGMENT_TIME_S);
  if (plan.isIpv6) plan.setting("net.ipv6.ip6frag_time", FRAGMENT_TIME_S);
  if (plan.isIpv6) plan.setting("net.netfilter.nf_conntrack_frag6_timeout", FRAGMENT_TIME_S);
  if (random.chance(0.2)) plan.setting("net.ipv4.ipfrag_max_dist", random.pick([0, 1, 3]));
  if (random.chance(0.3)) plan.setting("net.ipv4.conf.eth0.rp_filter", random.pick([1, 2]));
  if (random.chance(0.2)) plan.setting("net.ipv4.conf.all.accept_source_route", random.below(2));
  if (random.chance(0.2)) plan.setting("net.ipv4.conf.eth1.route_localnet", 1);
  if (random.chance(0.3)) plan.rules("nat", `-A POSTROUTING -o eth1 -j SNAT --to-source ${plan.server(100)}`);
  if (random.chance(0.2)) {
    const to = plan.isIpv6 ? `[${plan.server(9)}]:54` : `${plan.server(9)}:54`;
    plan.rules("nat", `-A PREROUTING -i eth0 -p udp -m udp --dport 53 -j DNAT --to-destination ${to}`);
  }
}

function endsOf(plan: Plan): Ends {
  const { random } = plan;
  const client = plan.client(10 + random.below(3));
  const server = plan.server(9);
  const choice = random.below(10);
  if (choice < 5) return { from: client, to: server };
  if (choice < 7) return { from: server, to: client };
  return { from: client, to: plan.node(random.pick(["eth0", "eth1"])) };
}

/** What a datagram carries. */
interface Payload {
  readonly protocol: number;
  readonly bytes: Uint8Array;
}

/** Where flows are translated none has the port of another: which port the kernel takes instead is chance. */
function payloadOf(plan: Plan, ends: Ends, length: number): Payload {
  const { random } = plan;
  const sourcePort = plan.hasTable("nat") ? plan.freePort() : random.between(4000, 4010);
  if (random.chance(0.3)) return { protocol: icmpProtocol(ends), bytes: echo(ends, sourcePort, 1) };
  const ports = { sourcePort, destinationPort: 53 };
  const data = random.bytes(length);
  if (random.chance(0.2)) return { protocol: TCP, bytes: tcp(ends, { ...ports, flags: "S", sequence: 7, data }) };
  return { protocol: UDP, bytes: udp(ends, { ...ports, data }) };
}

function whole(plan: Plan, ends: Ends, id: number): Uint8Array {
  const { protocol, bytes } = payloadOf(plan, ends, 20);
  return header(plan.random, ends, protocol, bytes, { id });
}

function train(plan: Plan, ends: Ends, id: number): void {
  const { random } = plan;
  const { protocol, bytes } = payloadOf(plan, ends, random.pick([16, 40, 100, 600, 1600, 3000]));
  const pieces = disturbed(random, piecesOf(random, bytes));
  const isDf = random.chance(0.2);
  // The same in all pieces: frames of the recorder have too little room in front for longer headers, other than a card's.
  const options = random.chance(0.15) ? options4(random) : undefined;
  const before = random.chance(0.2) ? chain6(random, FRAGMENT_HEADER) : undefined;
  for (const piece of pieces) {
    const tos = random.chance(0.9) ? 0 : random.below(4);
    if (isIpv6(ends.from)) plan.raw(ends.from, fragment6(random, ends, protocol, piece, id, tos, before));
    else plan.raw(ends.from, fragment4(random, ends, protocol, piece, id, { tos, isDf, options }));
    if (random.chance(0.01)) plan.wait(FRAGMENT_TIME_S + 0.5);
  }
}

/** Cut at multiples of eight. */
function piecesOf(random: Random, payload: Uint8Array): Piece[] {
  const pieces: Piece[] = [];
  const most = random.pick([8, 16, 64, 552, 1400]);
  for (let offset = 0; offset < payload.length; ) {
    const size = Math.min(
      1400,
      Math.max(8, Math.ceil((most * (random.chance(0.7) ? 1 : random.between(1, 4) / 4)) / 8) * 8),
    );
    const bytes = payload.subarray(offset, offset + size);
    pieces.push({ offset, bytes, more: offset + size < payload.length });
    offset += size;
    if (pieces.length > 10) return pieces;
  }
  return pieces;
}

function disturbed(random: Random, pieces: Piece[]): Piece[] {
  const changed = [...pieces];
  const at = () => random.below(changed.length);
  if (random.chance(0.4)) changed.reverse();
  if (random.chance(0.3)) for (let i = changed.length - 1; i > 0; i--) swap(changed, i, random.below(i + 1));
  if (random.chance(0.15)) changed.splice(at(), 1);
  if (changed.length === 0) return changed;
  if (random.chance(0.2)) changed.splice(at(), 0, changed[at()]!);
  if (random.chance(0.15)) {
    const piece = changed[at()]!;
    const shift = random.pick([-8, 8, -16]);
    changed.splice(at(), 0, { ...piece, offset: Math.max(0, piece.offset + shift) });
  }
  if (random.chance(0.1)) {
    const i = at();
    const piece = changed[i]!;
    changed[i] = { ...piece, bytes: concat(piece.bytes, random.bytes(random.pick([3, 8, 13]))) };
  }
  if (random.chance(0.08)) changed.splice(at(), 0, { ...changed[at()]!, more: random.chance(0.5) });
  if (random.chance(0.05))
    changed.splice(at(), 0, { offset: 8 * random.below(10), bytes: new Uint8Array(random.below(9)), more: true });
  if (random.chance(0.05))
    changed.splice(at(), 0, {
      offset: random.pick([65528, 65400, 64000]),
      bytes: random.bytes(1000),
      more: random.chance(0.5),
    });
  return changed;
}

function swap<T>(items: T[], a: number, b: number): void {
  [items[a], items[b]] = [items[b]!, items[a]!];
}

interface HeaderFields {
  readonly id?: number;
  readonly field?: number;
  readonly tos?: number;
  readonly ttl?: number;
  readonly options?: Uint8Array;
}

function header(
  random: Random,
  { from, to }: Ends,
  protocol: number,
  payload: Uint8Array,
  fields: HeaderFields,
): Uint8Array {
  const tos = fields.tos ?? 0;
  const ttl = fields.ttl ?? (random.chance(0.04) ? random.below(3) : 64);
  if (isIpv6(from)) {
    return concat(
      be32(0x60000000 | (tos << 20)),
      be16(payload.length),
      Uint8Array.of(protocol, ttl),
      addressBytes(from),
      addressBytes(to),
      payload,
    );
  }
  const options = fields.options ?? new Uint8Array(0);
  const length = 20 + options.length;
  const start = be16(
    0x4000 | ((length / 4) << 8) | tos,
    length + payload.length,
    fields.id ?? 1,
    fields.field ?? 0,
    (ttl << 8) | protocol,
    0,
  );
  const bytes = concat(start, addressBytes(from), addressBytes(to), options);
  return concat(patch16(bytes, 10, checksum(bytes)), payload);
}

function fragment4(
  random: Random,
  ends: Ends,
  protocol: number,
  piece: Piece,
  id: number,
  { tos, isDf, options }: { readonly tos: number; readonly isDf: boolean; readonly options: Uint8Array | undefined },
): Uint8Array {
  const field = (piece.offset / 8) | (piece.more ? MORE : 0) | (isDf ? DONT : 0);
  const packet = header(random, ends, protocol, piece.bytes, { id, field, tos, options });
  return random.chance(0.04) ? concat(packet, new Uint8Array(random.between(1, 20))) : packet;
}

/** @param before headers in front of the fragment header: the same in all pieces, as they are all cut from one datagram. */
function fragment6(
  random: Random,
  ends: Ends,
  protocol: number,
  piece: Piece,
  id: number,
  tos: number,
  before: Chain | undefined,
): Uint8Array {
  const reserved = random.chance(0.05) ? random.below(8) & 6 : 0;
  const fragment = concat(Uint8Array.of(protocol, 0), be16(piece.offset | (piece.more ? 1 : 0) | reserved), be32(id));
  const behind = random.chance(0.06) && piece.offset === 0 ? chain6(random, protocol) : undefined;
  const body = behind
    ? concat(Uint8Array.of(behind.first), fragment.subarray(1), behind.bytes, piece.bytes)
    : concat(fragment, piece.bytes);
  const packet = header(random, ends, before?.first ?? FRAGMENT_HEADER, before ? concat(before.bytes, body) : body, {
    tos,
  });
  return random.chance(0.03) ? concat(packet, new Uint8Array(8)) : packet;
}

/** Packets that end before PREROUTING, or nearly. */
function oddPacket(plan: Plan, ends: Ends): Uint8Array {
  return isIpv6(ends.from) ? oddPacket6(plan, ends) : oddPacket4(plan, ends);
}

const STRANGERS = [
  "127.0.0.5",
  "0.0.0.0",
  "224.0.0.5",
  "255.255.255.255",
  "10.1.0.1",
  "10.2.0.9",
  "10.1.0.255",
  "240.0.0.1",
  "0.1.2.3",
  "169.254.1.1",
];
const DESTINATIONS = [
  "127.0.0.1",
  "0.0.0.0",
  "255.255.255.255",
  "10.1.0.255",
  "10.2.0.255",
  "240.0.0.1",
  "224.0.0.1",
  "239.1.1.1",
  "10.9.9.9",
  "0.1.2.3",
];

function oddPacket4(plan: Plan, ends: Ends): Uint8Array {
  const { random } = plan;
  const { protocol, bytes: payload } = payloadOf(plan, ends, 20);
  const packet = header(random, ends, protocol, payload, { id: 7, field: random.pick([0, DONT]) });
  switch (random.below(8)) {
    case 0:
      return header(random, { ...ends, from: random.pick(STRANGERS) }, protocol, payload, {});
    case 1:
      return header(random, { ...ends, to: random.pick(DESTINATIONS) }, protocol, payload, {});
    case 2:
      return patch16(packet, 10, (packet[10]! << 8) ^ random.below(0x10000));
    case 3:
      return withLength4(packet, random.pick([0, 19, packet.length - 1, packet.length + 1, packet.length + 8]));
    case 4:
      return resummed(concat(Uint8Array.of(random.pick([0x44, 0x46, 0x4f, 0x55, 0x65, 0x40])), packet.subarray(1)));
    case 5:
      return packet.subarray(0, random.between(1, packet.length));
    default:
      return header(random, ends, protocol, payload, { options: options4(random) });
  }
}

function withLength4(packet: Uint8Array, length: number): Uint8Array {
  return resummed(patch16(packet, 2, length));
}

function resummed(packet: Uint8Array): Uint8Array {
  const cleared = patch16(packet, 10, 0);
  return patch16(cleared, 10, checksum(cleared.subarray(0, Math.max(20, (packet[0]! & 15) * 4))));
}

/** Record route, timestamp, source routes, router alert, security and nonsense; padded to four. */
function options4(random: Random): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let i = random.between(1, 2); i > 0; i--) {
    const room = random.pick([3, 7, 11, 15]);
    const address = addressBytes(random.pick(["10.2.0.9", "10.1.0.1", "10.2.0.1", "10.1.0.10"]));
    const option = random.pick([
      () => Uint8Array.of(1),
      () => Uint8Array.of(7, room, random.pick([4, 4, 8, 5, 3, 40]), ...new Uint8Array(room - 3)),
      // Full, so that no clock is asked.
      () =>
        Uint8Array.of(
          68,
          room + 1,
          random.pick([room + 2, room + 2, 4]),
          random.pick([0, 1, 3, 0xf0, 2]),
          ...new Uint8Array(room - 3),
        ),
      () => Uint8Array.of(random.pick([131, 137]), 7, random.pick([4, 4, 8, 5]), ...address),
      () => Uint8Array.of(148, random.pick([4, 4, 3]), 0, random.pick([0, 0, 1])),
      () => Uint8Array.of(random.pick([130, 134, 136, 25, 200]), random.pick([4, 11, 0, 1, 60]), 0, 0),
      () => Uint8Array.of(0, 5, 6),
    ])();
    parts.push(option);
  }
  const options = concat(...parts);
  return concat(options, new Uint8Array(-options.length & 3)).subarray(0, 40);
}

const STRANGERS6 = ["::1", "::", "ff02::1", "fe80::1", "fd00:1::1", "fd00:2::9", "::ffff:10.1.0.9"];
const DESTINATIONS6 = [
  "::1",
  "::",
  "ff02::1",
  "ff01::1",
  "ff05::5",
  "ff00::1",
  "fe80::5",
  "fd00:9::1",
  "::ffff:10.1.0.9",
];

function oddPacket6(plan: Plan, ends: Ends): Uint8Array {
  const { random } = plan;
  const { protocol, bytes: payload } = payloadOf(plan, ends, 20);
  const packet = header(random, ends, protocol, payload, {});
  switch (random.below(8)) {
    case 0:
      return header(random, { ...ends, from: random.pick(STRANGERS6) }, protocol, payload, {});
    case 1:
      return header(random, { ...ends, to: random.pick(DESTINATIONS6) }, protocol, payload, {});
    case 2:
      return patch16(packet, 4, random.pick([0, 1, payload.length - 1, payload.length + 1, 65535]));
    case 3:
      return concat(Uint8Array.of(random.pick([0x40, 0x50, 0x70])), packet.subarray(1));
    case 4:
      return packet.subarray(0, random.between(1, packet.length));
    default: {
      const chain = chain6(random, protocol);
      return header(random, ends, chain.first, concat(chain.bytes, payload), {});
    }
  }
}

interface Chain {
  readonly first: number;
  readonly bytes: Uint8Array;
}

/** Extension headers, `next` behind the last of them. */
function chain6(random: Random, next: number): Chain {
  let first = next;
  let bytes: Uint8Array = new Uint8Array(0);
  for (let i = random.between(1, 3); i > 0; i--) {
    const type = random.pick([0, 60, 60, 43, 51, 44, 59, 253]);
    bytes = concat(extension6(random, type, first), bytes);
    first = type;
  }
  return { first, bytes };
}

function extension6(random: Random, type: number, next: number): Uint8Array {
  if (type === 44) return concat(Uint8Array.of(next, 0), be16(random.pick([0, 0, 0, 8, 1])), be32(random.below(1000)));
  if (type === 43) {
    const routing = random.pick([0, 2, 3, 4]);
    const left = random.pick([0, 0, 1, 2]);
    return concat(Uint8Array.of(next, 2, routing, left), be32(0), addressBytes("fd00:2::9"));
  }
  if (type === 51) return concat(Uint8Array.of(next, 4), new Uint8Array(22));
  const options = random.pick([
    () => Uint8Array.of(1, 4, 0, 0, 0, 0),
    () => Uint8Array.of(0, 0, 0, 0, 0, 0),
    () => Uint8Array.of(5, 2, 0, 0, 1, 0),
    () => Uint8Array.of(random.pick([0x1e, 0x5e, 0x9e, 0xde, 0x3e]), 4, 0, 0, 0, 0),
    () => Uint8Array.of(1, 4, 0, 0, 0, 1),
    () => Uint8Array.of(1, 9, 0, 0, 0, 0),
    () => Uint8Array.of(0xc2, 4, 0, 1, 0, 0),
    () => Uint8Array.of(1, 1, 0, 1, 1, 0),
    () => concat(Uint8Array.of(0xc9, 16), addressBytes("fd00:1::77"), new Uint8Array(4)),
  ])();
  const body = concat(options, new Uint8Array((6 - options.length) & 7));
  const units = random.chance(0.05) ? random.below(4) : (body.length + 2) / 8 - 1;
  return concat(Uint8Array.of(next, units), body);
}
