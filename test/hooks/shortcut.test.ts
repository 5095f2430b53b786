import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Firewall } from "../support/firewall.ts";
import { ipv4, ipv6, udp } from "../support/ip.ts";

/** Rules that translate, mark, count flags and lengths, and a policy that drops. */
const TABLES = {
  mangle: ["-A FORWARD -p udp -m udp --dport 53 -j MARK --set-mark 7", "-A PREROUTING -m mark --mark 9 -j DROP"],
  filter: [
    ":FORWARD DROP [0:0]",
    "-A FORWARD -m length --length 80:200 -m conntrack --ctstate ESTABLISHED -p udp -m udp --dport 99 -j ACCEPT",
    "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A FORWARD -p udp -m conntrack --ctstate NEW -j ACCEPT",
    "-A FORWARD -p tcp -m tcp --tcp-flags SYN,ACK SYN -j ACCEPT",
  ],
};
const NAT = {
  4: ["-A PREROUTING -i eth0 -p udp -m udp --dport 53 -j DNAT --to-destination 10.2.0.9:8053"],
  6: ["-A PREROUTING -i eth0 -p udp -m udp --dport 53 -j DNAT --to-destination [fd02::9]:8053"],
} as const;
const PORTS = [53, 99, 1000];

interface Step {
  readonly family: 4 | 6;
  readonly port: number;
  readonly isReply: boolean;
  readonly ttl: number;
  readonly tos: number;
  readonly length: number;
  /** Something else happens before it: a table is loaded anew. */
  readonly reload: boolean;
}

const step = fc.record({
  family: fc.constantFrom(4 as const, 6 as const),
  port: fc.constantFrom(...PORTS),
  isReply: fc.boolean(),
  ttl: fc.constantFrom(64, 64, 64, 2, 1),
  tos: fc.constantFrom(0, 0, 0, 0x10),
  length: fc.constantFrom(10, 10, 100, 1472, 1480),
  reload: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
});

function packetOf({ family, port, isReply, ttl, tos, length }: Step): Uint8Array {
  const isTranslated = port === 53;
  const server = isTranslated && isReply ? 9 : 5;
  const serverPort = isTranslated && isReply ? 8053 : port;
  const client = family === 4 ? "10.1.0.2" : "fd01::2";
  const behind = family === 4 ? `10.2.0.${server}` : `fd02::${server}`;
  const data = new Uint8Array(length);
  const payload = isReply ? udp(serverPort, 4000, data) : udp(4000, serverPort, data);
  const [from, to] = isReply ? [behind, client] : [client, behind];
  return family === 4 ? ipv4({ from, to, ttl, tos, payload }) : ipv6({ from, to, hopLimit: ttl, payload });
}

async function firewall(pathCache: boolean): Promise<Firewall> {
  const made = await Firewall.create({ pathCache });
  load(made);
  return made;
}

function load(into: Firewall): void {
  for (const family of [4, 6] as const) into.load(family, { ...TABLES, nat: NAT[family] });
}

describe("shortcuts of established connections", () => {
  it("send what the walk sends, count what it counts, and end when something changes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
        const [quick, thorough] = await Promise.all([firewall(true), firewall(false)]);
        for (const [i, each] of steps.entries()) {
          const device = each.isReply ? "eth1" : "eth0";
          if (each.reload) for (const one of [quick, thorough]) load(one);
          const sent = [quick, thorough].map((one) => one.send(packetOf(each), i, device));
          expect(sent[0]).toEqual(sent[1]);
        }
        for (const family of [4, 6] as const) expect(quick.save(family)).toBe(thorough.save(family));
        expect(quick.connections()).toEqual(thorough.connections());
        const ends = [quick, thorough].map(({ network }) => network.endings.map((ending) => ({ ...ending, path: 0 })));
        expect(ends[0]).toEqual(ends[1]);
      }),
      { numRuns: 5 },
    );
  });
});
