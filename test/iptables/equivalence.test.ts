import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Firewall, type FirewallOptions } from "../support/firewall.ts";
import { ipv4, ipv6, tcp, udp } from "../support/ip.ts";

/** An index over a chain and remembered walks change the speed, and nothing that anybody can see. */

const WAYS: readonly FirewallOptions[] = [
  { index: false, pathCache: false },
  { index: true, pathCache: false },
  { index: false, pathCache: true },
  { index: true, pathCache: true },
];

const PREFIXES = { 4: ["10.1.0.", "10.2.0."], 6: ["fd01::", "fd02::"] } as const;

interface Sent {
  readonly source: number;
  readonly destination: number;
  readonly port: number;
  readonly flags: number;
  readonly reply: boolean;
  readonly protocol: "tcp" | "udp" | "short" | "fragment";
}

const someSent = fc.record<Sent>({
  source: fc.integer({ min: 2, max: 4 }),
  destination: fc.integer({ min: 2, max: 5 }),
  port: fc.constantFrom(22, 53, 80, 443),
  flags: fc.constantFrom(0x02, 0x10, 0x18, 0x11, 0x04),
  reply: fc.boolean(),
  protocol: fc.constantFrom("tcp", "tcp", "udp", "udp", "short", "fragment"),
});

function conditions(family: 4 | 6): fc.Arbitrary<string> {
  const [near, far] = PREFIXES[family];
  const host = fc.integer({ min: 2, max: 5 });
  const port = fc.constantFrom(22, 53, 80, 443);
  const not = fc.constantFrom("", "", "! ");
  return fc.oneof(
    fc.tuple(not, host).map(([n, h]) => `${n}-s ${near}${h}`),
    fc.tuple(not, host).map(([n, h]) => `${n}-d ${far}${h}`),
    fc.tuple(host, port).map(([h, p]) => `-d ${far}${h} -p tcp -m tcp --dport ${p}`),
    fc.tuple(not, port).map(([n, p]) => `-p udp -m udp ${n}--dport ${p}`),
    port.map((p) => `-p tcp -m tcp --dport ${p} --tcp-flags SYN,ACK SYN`),
    port.map((p) => `-p tcp -m multiport --ports ${p},8080`),
    fc.constantFrom("NEW", "ESTABLISHED", "INVALID").map((state) => `-m conntrack --ctstate ${state}`),
    fc.constantFrom("-m mark --mark 1", "-m mark ! --mark 0/1", "-m connmark --mark 2", "-i eth0", "! -o eth0"),
    fc.constantFrom(
      "-m statistic --mode nth --every 3 --packet 0",
      "-m limit --limit 1/hour --limit-burst 4",
      "-m length --length 0:60",
      "-m recent --name seen --set",
      "-p tcp -m tcp --tcp-option 2",
      "-p udp -m connbytes --connbytes 2 --connbytes-dir both --connbytes-mode packets",
    ),
  );
}

const someTarget = fc.constantFrom(
  "",
  "",
  "-j ACCEPT",
  "-j DROP",
  "-j RETURN",
  "-j USER",
  "-g USER",
  "-j MARK --set-mark 1",
);
const markTarget = fc.constantFrom(
  "",
  "-j MARK --set-xmark 0x2/0x3",
  "-j CONNMARK --set-mark 2",
  "-j CONNMARK --save-mark",
);

function tables(family: 4 | 6): fc.Arbitrary<Record<string, string[]>> {
  const rule = fc.tuple(conditions(family), someTarget).map(([match, target]) => `-A FORWARD ${match} ${target}`);
  const inner = fc
    .tuple(conditions(family), fc.constantFrom("", "-j ACCEPT", "-j DROP", "-j RETURN"))
    .map(([match, target]) => `-A USER ${match} ${target}`);
  const mark = fc.tuple(conditions(family), markTarget).map(([match, target]) => `-A PREROUTING ${match} ${target}`);
  return fc.record({
    mangle: fc
      .array(mark, { minLength: 1, maxLength: 4 })
      .map((rules) => rules.filter((each) => !/ -o | -j MARK.* -o/.test(each))),
    filter: fc
      .tuple(fc.array(rule, { minLength: 17, maxLength: 40 }), fc.array(inner, { minLength: 1, maxLength: 24 }))
      .map(([rules, users]) => {
        const free = (each: string) => each.replace("-j MARK --set-mark 1", "-j ACCEPT");
        return [":USER - [0:0]", ...rules.map(free), ...users];
      }),
  });
}

function packetOf(family: 4 | 6, sent: Sent): Uint8Array {
  const [near, far] = PREFIXES[family];
  const client = `${near}${sent.source}`;
  const server = `${far}${sent.destination}`;
  const ports = sent.reply ? { from: sent.port, to: 1024 + sent.source } : { from: 1024 + sent.source, to: sent.port };
  const isTcp = sent.protocol !== "udp";
  const whole = isTcp ? tcp({ ...ports, flags: sent.flags }) : udp(ports.from, ports.to, new Uint8Array(3));
  const payload = sent.protocol === "short" ? whole.slice(0, 10) : whole;
  const [from, to] = sent.reply ? [server, client] : [client, server];
  const number = isTcp ? 6 : 17;
  if (family === 6) return ipv6({ from, to, next: number, payload });
  return ipv4({ from, to, protocol: number, payload, offset: sent.protocol === "fragment" ? 8 : 0 });
}

async function run(family: 4 | 6, rules: Record<string, string[]>, sent: readonly Sent[], options: FirewallOptions) {
  const firewall = await Firewall.create(options);
  firewall.load(family, rules);
  const outputs = sent.map((each, i) =>
    firewall.send(packetOf(family, each), i / 10, each.reply ? "eth1" : "eth0").map(({ device }) => device),
  );
  return { outputs, counters: firewall.save(family), connections: firewall.connections() };
}

describe("with and without index and remembered walks", () => {
  it.each([4, 6] as const)("packets of IPv%d meet the same rules", async (family) => {
    const cases = fc.asyncProperty(
      tables(family),
      fc.array(someSent, { minLength: 5, maxLength: 12 }).chain((kinds) =>
        // Few flows, many packets: walks are there to be remembered.
        fc.array(fc.constantFrom(...kinds), { minLength: 20, maxLength: 40 }),
      ),
      async (rules, sent) => {
        const [plain, ...others] = await Promise.all(WAYS.map((way) => run(family, rules, sent, way)));
        for (const other of others) expect(other).toEqual(plain);
      },
    );
    await fc.assert(cases, { numRuns: 12 });
  });
});
