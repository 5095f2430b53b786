import { be16, be32, concat } from "../bytes.ts";
import {
  chunk,
  type Ends,
  type ExtensionHeader,
  echo,
  type IpFields,
  icmp,
  icmpProtocol,
  initValue,
  ip,
  SCTP,
  sctp,
  TCP,
  tcp,
  UDP,
  udp,
} from "../packets.ts";
import type { Plan } from "../plan.ts";
import type { Random } from "../random.ts";

/** Hosts and ports that there are few of, so that rules about them meet packets. */
export const CLIENTS = [10, 11, 12, 13] as const;
export const SERVERS = [9, 20, 21] as const;
export const PORTS = [22, 53, 80, 443, 4000, 4001, 4002, 5001] as const;

const HEARD: ReadonlySet<number> = new Set([1, 6, 17, 33, 47, 50, 51, 58, 89, 132, 136]);
const TEXTS = ["GET / HTTP/1.0", "abcABC", "x\0y\xffz", ""];
const AH = 51;

/** A little of everything that rules can look at: every header, odd ones too, through the node, to it and from it. */
export function variedTraffic(plan: Plan, packets: number): void {
  const { random } = plan;
  for (let i = 0; i < packets; i++) {
    const ends = someEnds(plan);
    const made = somePayload(random, ends);
    // The guest hears what is delivered to it by raw sockets, of these protocols only.
    const isHeard = ends.to !== plan.node("eth0") || HEARD.has(made[0]);
    const [protocol, payload] = isHeard ? made : [icmpProtocol(ends), echo(ends, 1, 1)];
    const fields = someFields(random, plan.isIpv6);
    if (ends.from === plan.node("eth1")) {
      plan.local(ip(ends, protocol, payload, fields));
    } else {
      const to = random.chance(0.05) ? random.pick(["ffffffffffff", "01005e000005"]) : undefined;
      plan.raw(ends.from, ip(ends, protocol, payload, fields), to);
    }
    if (random.chance(0.15)) plan.repeat();
  }
}

function someEnds(plan: Plan): Ends {
  const { random } = plan;
  const client = plan.client(random.pick(CLIENTS));
  const server = plan.server(random.pick(SERVERS));
  switch (random.below(8)) {
    case 0:
      return { from: client, to: plan.node("eth0") };
    case 1:
      return { from: plan.node("eth1"), to: server };
    case 2:
    case 3:
      return { from: server, to: client };
    default:
      return { from: client, to: server };
  }
}

function somePayload(random: Random, ends: Ends): readonly [protocol: number, payload: Uint8Array] {
  const sourcePort = random.pick(PORTS);
  const destinationPort = random.pick(PORTS);
  const data = new TextEncoder().encode(random.pick(TEXTS));
  switch (random.below(10)) {
    case 0:
    case 1:
    case 2: {
      const options = random.pick([
        [],
        [2, 4, 5, 0xb4],
        [1, 1, 4, 2],
        [3, 3, 7, 1],
        [2, 4, 2, 0],
        [8, 10, 0, 0, 0, 1, 0, 0, 0, 2],
      ]);
      const flags = random.pick(["S", "S", "SA", "A", "PA", "FA", "R", "SEC", "ACE", "FPU", ""]);
      const fields = { sourcePort, destinationPort, flags, sequence: random.word(), data };
      const segment = tcp(ends, { ...fields, options: Uint8Array.from(options) });
      return [TCP, random.chance(0.04) ? segment.subarray(0, random.below(20)) : segment];
    }
    case 3:
    case 4: {
      const datagram = udp(ends, { sourcePort, destinationPort, data });
      return [UDP, random.chance(0.04) ? datagram.subarray(0, random.below(8)) : datagram];
    }
    case 5:
      return [icmpProtocol(ends), random.chance(0.6) ? echo(ends, random.below(3), 1) : someIcmp(random, ends)];
    case 6: {
      const chunks = Array.from({ length: random.between(1, 3) }, () => {
        const type = random.pick([0, 1, 2, 3, 5, 6, 10]);
        return chunk(
          type,
          random.pick([0, 1, 2, 7]),
          type === 1 ? initValue(7) : random.bytes(random.pick([0, 4, 12])),
        );
      });
      return [SCTP, sctp(sourcePort, destinationPort, 1, chunks)];
    }
    case 7:
      return [random.pick([50, AH, 108]), concat(be16(0x0602, 0), be32(random.below(4), 1), new Uint8Array(16))];
    case 8:
      return [random.pick([33, 136]), concat(be16(sourcePort, destinationPort), random.bytes(16))];
    default:
      return [random.pick([2, 47, 89, 94, 135]), random.bytes(random.pick([8, 16, 24]))];
  }
}

function someIcmp(random: Random, ends: Ends): Uint8Array {
  const type = random.pick(icmpProtocol(ends) === 1 ? [3, 11, 0, 13, 5] : [1, 2, 3, 4, 129, 135]);
  return icmp(ends, type, random.below(4), be32(random.pick([0, 1500])), random.bytes(28));
}

function someFields(random: Random, isIpv6: boolean): IpFields {
  const tos = random.pick([0, 0, 0, 0x10, 0xb8, 0x28, 3, 1]);
  const ttl = random.pick([64, 64, 64, 128, 255, 5, 2]);
  if (!isIpv6) {
    const options = random.chance(0.05) ? Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 0) : undefined;
    return {
      tos,
      ttl,
      options,
      ...(random.chance(0.06) ? { offset: random.pick([0, 8, 64]), more: random.chance(0.5) } : {}),
    };
  }
  const extensions: ExtensionHeader[] = [];
  while (random.chance(0.18)) extensions.push(someExtension(random));
  return { tos, ttl, extensions };
}

function someExtension(random: Random): ExtensionHeader {
  const pad = Uint8Array.of(0, 1, 4, 0, 0, 0, 0);
  const segment = concat(be16(0xfd00, 2), new Uint8Array(11), Uint8Array.of(0, 0, 9));
  switch (random.below(6)) {
    case 0:
      return { type: 0, body: random.chance(0.5) ? pad : Uint8Array.of(0, 5, 2, 0, 0, 1, 0) };
    case 1:
      return {
        type: 60,
        body: random.chance(0.5) ? pad : Uint8Array.of(1, 0xc2, 4, 0, 1, 2, 3, 1, 6, 0, 0, 0, 0, 0, 0),
      };
    case 2: {
      const left = random.below(3);
      return { type: 43, body: concat(Uint8Array.of(2, 4, left, random.below(2), 0, 0, random.below(2)), segment) };
    }
    case 3:
      return { type: 43, body: concat(Uint8Array.of(2, random.pick([0, 2]), random.below(2), 0, 0, 0, 0), segment) };
    case 4:
      return {
        type: 44,
        body: concat(Uint8Array.of(0), be16((random.pick([0, 0, 1, 2]) << 3) | random.below(2)), be32(random.below(3))),
      };
    default:
      return { type: AH, body: concat(Uint8Array.of(4, 0, 0), be32(random.below(4), 1), new Uint8Array(12)) };
  }
}
