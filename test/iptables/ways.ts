import fc from "fast-check";
import type { Family } from "../../src/model/address.ts";
import { Firewall, type FirewallOptions } from "../support/firewall.ts";
import { fragmentHeader, ipv4, ipv6, tcp, udp } from "../support/ip.ts";

/** An index over a chain and remembered walks change the speed, and nothing that anybody can see. */
export const WAYS: readonly FirewallOptions[] = [
  { index: false, pathCache: false },
  { index: true, pathCache: false },
  { index: false, pathCache: true },
  { index: true, pathCache: true },
];

/** Beginnings of the addresses on both sides of the router. */
export const PREFIXES = { 4: ["10.1.0.", "10.2.0."], 6: ["fd01::", "fd02::"] } as const;

export interface Sent {
  readonly source: number;
  readonly destination: number;
  readonly port: number;
  readonly flags: number;
  readonly reply: boolean;
  readonly protocol: "tcp" | "udp" | "short" | "fragment";
}

export const someSent = fc.record<Sent>({
  source: fc.integer({ min: 2, max: 4 }),
  destination: fc.integer({ min: 2, max: 5 }),
  port: fc.constantFrom(22, 53, 80, 443),
  flags: fc.constantFrom(0x02, 0x10, 0x18, 0x11, 0x04),
  reply: fc.boolean(),
  protocol: fc.constantFrom("tcp", "tcp", "udp", "udp", "short", "fragment"),
});

/** Few flows, many packets: walks are there to be remembered. */
export const someTraffic: fc.Arbitrary<Sent[]> = fc
  .array(someSent, { minLength: 5, maxLength: 12 })
  .chain((kinds) => fc.array(fc.constantFrom(...kinds), { minLength: 20, maxLength: 40 }));

function packetOf(family: Family, sent: Sent): Uint8Array {
  const [near, far] = PREFIXES[family];
  const client = `${near}${sent.source}`;
  const server = `${far}${sent.destination}`;
  const ports = sent.reply ? { from: sent.port, to: 1024 + sent.source } : { from: 1024 + sent.source, to: sent.port };
  const isTcp = sent.protocol !== "udp";
  const whole = isTcp ? tcp({ ...ports, flags: sent.flags }) : udp(ports.from, ports.to, new Uint8Array(3));
  const payload = sent.protocol === "short" ? whole.slice(0, 10) : whole;
  const [from, to] = sent.reply ? [server, client] : [client, server];
  const number = isTcp ? 6 : 17;
  if (family === 6) {
    if (sent.protocol !== "fragment") return ipv6({ from, to, next: number, payload });
    return ipv6({ from, to, next: 44, payload: fragmentHeader(number, 5, 8, false, payload) });
  }
  return ipv4({ from, to, protocol: number, payload, offset: sent.protocol === "fragment" ? 8 : 0 });
}

/** What can be seen of a run: packets that come out, counters, connections, sets. */
export async function seen(
  family: Family,
  rules: Rules,
  sent: readonly Sent[],
  way: FirewallOptions,
): Promise<unknown> {
  const firewall = await Firewall.create(way);
  if (rules.sets) firewall.loadSets(rules.sets);
  firewall.load(family, rules.tables);
  const outputs = sent.map((each, i) => firewall.send(packetOf(family, each), i / 10, each.reply ? "eth1" : "eth0"));
  return { outputs, counters: firewall.save(family), connections: firewall.connections(), sets: firewall.saveSets() };
}

export interface Rules {
  /** Lines of `ipset save`. */
  readonly sets?: readonly string[];
  /** Lines of iptables-save by table. */
  readonly tables: Readonly<Record<string, readonly string[]>>;
}
