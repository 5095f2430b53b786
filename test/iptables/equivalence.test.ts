import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PREFIXES, seen, someTraffic, WAYS } from "./ways.ts";

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

describe("with and without index and remembered walks", () => {
  it.each([4, 6] as const)("packets of IPv%d meet the same rules", async (family) => {
    const cases = fc.asyncProperty(tables(family), someTraffic, async (rules, sent) => {
      const [plain, ...others] = await Promise.all(WAYS.map((way) => seen(family, { tables: rules }, sent, way)));
      for (const other of others) expect(other).toEqual(plain);
    });
    await fc.assert(cases, { numRuns: 12 });
  });
});
