import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { Firewall } from "../support/firewall.ts";
import { ipv4, ipv6, udp } from "../support/ip.ts";

const CLIENT = "10.1.0.9";
const SERVER = "10.2.0.9";

const question = (port = 53) =>
  ipv4({ from: CLIENT, to: SERVER, protocol: 17, payload: udp(4000, port, Uint8Array.of(1)) });
const answer = () => ipv4({ from: SERVER, to: CLIENT, protocol: 17, payload: udp(53, 4000, Uint8Array.of(2)) });

let firewall: Firewall;
beforeEach(async () => {
  firewall = await Firewall.create();
});

/** Zones of a CT rule for packets of eth0 and for those of eth1, and then what conntrack says of an answer. */
function load(...raw: readonly string[]): void {
  firewall.load(4, {
    raw,
    filter: ["-A FORWARD -m conntrack --ctstate NEW", "-A FORWARD -m conntrack --ctstate ESTABLISHED"],
  });
}

// Zones are of nf_ct_zone_tmpl and nf_ct_key_equal (net/netfilter/nf_conntrack_core.c); no recorded kernel has them.
describe("a zone", () => {
  it("of both directions keeps connections of the same addresses apart", () => {
    load(
      "-A PREROUTING -i eth0 -m mark --mark 0 -p udp -m length --length 29 -j CT --zone 1",
      "-A PREROUTING -j CT --zone 2",
    );
    firewall.send(question());
    firewall.send(answer(), 1, "eth1");
    expect(firewall.connections().map(zoneWords)).toEqual(["UNREPLIED zone=1", "UNREPLIED zone=2"]);
    expect(firewall.counters(4)).toEqual(["[2:58]", "[0:0]"]);
  });

  it("of both directions takes an answer that comes in the same zone", () => {
    load("-A PREROUTING -j CT --zone 7");
    firewall.send(question());
    firewall.send(answer(), 1, "eth1");
    expect(firewall.connections().map(zoneWords)).toEqual(["zone=7"]);
    expect(firewall.counters(4)).toEqual(["[1:29]", "[1:29]"]);
  });

  it("of the original direction alone takes answers from the default zone", () => {
    load("-A PREROUTING -i eth0 -j CT --zone-orig 3");
    firewall.send(question());
    firewall.send(answer(), 1, "eth1");
    expect(firewall.connections().map(zoneWords)).toEqual(["zone-orig=3"]);
    expect(firewall.counters(4)).toEqual(["[1:29]", "[1:29]"]);
  });

  it("of the reply direction alone takes answers in that zone only", () => {
    load("-A PREROUTING -i eth0 -j CT --zone-reply 4", "-A PREROUTING -i eth1 -j CT --zone 5");
    firewall.send(question());
    firewall.send(answer(), 1, "eth1");
    expect(firewall.connections().map(zoneWords)).toEqual(["UNREPLIED zone-reply=4", "UNREPLIED zone=5"]);
  });

  // 6.1 (__nf_ct_resolve_clash); 6.18 drops the answer, as a recording of it shows.
  it("where nothing is translated, an answer in another zone is merged into the connection that it clashes with", () => {
    load("-A PREROUTING -i eth0 -j CT --zone-reply 4");
    firewall.send(question());
    expect(firewall.send(answer(), 1, "eth1").length).toBe(1);
    const [line, ...more] = firewall.connections();
    expect(more).toEqual([]);
    expect(line).toContain("packets=2 bytes=58 [UNREPLIED]");
    expect(firewall.network.core.auditConnections()).toBe(0);
  });

  it("may be the packet's mark", () => {
    load("-A PREROUTING -i eth0 -j CT --zone mark", "-A PREROUTING -i eth1 -j CT --zone mark");
    firewall.send(question());
    firewall.send(answer(), 1, "eth1");
    expect(firewall.connections().map(zoneWords)).toEqual(["zone=none"]);
  });
});

/** A packet of a flow, in a zone that its TTL says. */
const step = fc.record({
  family: fc.constantFrom<4 | 6>(4, 6),
  zone: fc.constantFrom(0, 11, 12),
  port: fc.integer({ min: 1000, max: 1003 }),
  isReply: fc.boolean(),
  seconds: fc.constantFrom(0, 0, 0, 3, 29, 31),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const PLAIN_TTL = 64;

function packetOf({ family, zone, port, isReply }: Step): Uint8Array {
  const [client, server] = family === 4 ? [CLIENT, SERVER] : ["fd01::9", "fd02::9"];
  const [from, to] = isReply ? [server, client] : [client, server];
  const payload = isReply ? udp(53, port, Uint8Array.of(1)) : udp(port, 53, Uint8Array.of(1));
  const ttl = zone || PLAIN_TTL;
  return family === 4 ? ipv4({ from, to, ttl, payload }) : ipv6({ from, to, hopLimit: ttl, payload });
}

/** A UDP flow: did the server open it, was it answered, how many packets of each side, when it began and ends. */
interface ModelFlow {
  readonly openedByServer: boolean;
  readonly began: number;
  answered: boolean;
  readonly packets: [opener: number, other: number];
  ends: number;
}

/** The slow, obvious table: a list of flows by zone, family and port. */
function see(model: Map<string, ModelFlow>, { zone, family, port, isReply }: Step, now: number): void {
  const key = `${zone} ${family} ${port}`;
  const known = model.get(key);
  const flow = known ?? { openedByServer: isReply, began: now, answered: false, packets: [0, 0], ends: 0 };
  const isAnswer = flow.openedByServer !== isReply;
  // After two seconds, and once there was an answer, it is a stream.
  flow.ends = now + (flow.answered && now > flow.began + 2 ? 120 : 30);
  flow.answered ||= isAnswer;
  flow.packets[isAnswer ? 1 : 0] += 1;
  model.set(key, flow);
}

const modelWords = ([key, { packets, answered }]: [string, ModelFlow]) => `${key} ${packets.join(" ")} ${answered}`;

/** The same of a line of the listing. */
function flowWords(line: string): string {
  const zone = /zone=(\d+)/.exec(line)?.[1] ?? "0";
  const port = /[sd]port=(1\d\d\d)/.exec(line)![1];
  const packets = [...line.matchAll(/packets=(\d+)/g)].map(([, count]) => count);
  return `${zone} ${line[3]} ${port} ${packets.join(" ")} ${!line.includes("[UNREPLIED]")}`;
}

describe("tables of several zones", () => {
  it("hold what a list for each zone would hold", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 80 }), async (steps) => {
        const node = await Firewall.create();
        for (const family of [4, 6] as const) {
          const rule = family === 4 ? "-m ttl --ttl-eq" : "-m hl --hl-eq";
          const raw = [11, 12].map((zone) => `-A PREROUTING ${rule} ${zone} -j CT --zone ${zone}`);
          node.load(family, { raw, filter: ["-A FORWARD -m conntrack --ctstate NEW"] });
        }
        const model = new Map<string, ModelFlow>();
        let now = 1;
        for (const each of steps) {
          now += each.seconds;
          node.send(packetOf(each), now, each.isReply ? "eth1" : "eth0");
          for (const [key, { ends }] of model) if (ends <= now) model.delete(key);
          see(model, each, now);
          expect(node.connections().map(flowWords).sort()).toEqual([...model].map(modelWords).sort());
        }
        expect(node.network.core.auditConnections()).toBe(0);
      }),
      { numRuns: 20 },
    );
  });
});

/** What of a line tells zones. */
function zoneWords(line: string): string {
  const zone = /zone(?:-orig|-reply)?=\d+/.exec(line)?.[0] ?? "zone=none";
  return line.includes("[UNREPLIED]") ? `UNREPLIED ${zone}` : zone;
}
