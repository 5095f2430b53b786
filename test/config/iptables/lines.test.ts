import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRuleset } from "../../../src/config/iptables/lines/read-ruleset.ts";
import type { Family } from "../../../src/model/address.ts";
import { linesOf } from "../../../src/model/rule-lines.ts";
import { GROUPS, readGroup } from "../../conformance/corpus.ts";
import { expectSameRuleset } from "../../support/both-rulesets.ts";
import { ruleLine } from "../../support/rule-lines.ts";
import { fixture } from "../fixture.ts";

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const number = (max: number) => fc.oneof(fc.nat(max), fc.constantFrom(0, 1, max));
const address = fc.tuple(number(255), number(255), number(255), number(255)).map((parts) => parts.join("."));
const prefix = fc.oneof(
  { weight: 12, arbitrary: address.map((text) => `${text}/32`) },
  fc.tuple(address, number(32)).map((parts) => parts.join("/")),
  address,
  fc.constantFrom("10.0.0.1/33", "10.0.0.1/08", "010.0.0.1/32", "10.1/16", "10.0.0.0/255.0.255.0", "10.0.0.1,10.0.0.2"),
);
const port = fc.oneof(
  { weight: 12, arbitrary: number(65535).map(String) },
  fc.constantFrom("http", "080", "80:90", ":90", "65536", "0x50", "", "-1"),
);
const comment = fc.oneof(
  { weight: 6, arbitrary: fc.nat(99).map((n) => `"ns/svc-${n}:http cluster IP"`) },
  fc.string({ maxLength: 12 }).map((text) => `"${text.replace(/["\\\n\r]/g, "")}"`),
  fc.constantFrom("web", '"ns/svc:port cluster IP"', '"a \\" b"', '"ä/ö → x"', '"open', '"a"b', "-d", "!", '""'),
);
const CHAINS = ["KUBE-SERVICES", "KUBE-SVC-A", "KUBE-SVC-B", "KUBE-SEP-A", "KUBE-SEP-B"];
const chain = fc.oneof({ weight: 30, arbitrary: fc.constantFrom(...CHAINS) }, fc.constantFrom("LATER", "INPUT", "X"));
const target = fc.oneof(
  chain,
  fc.constantFrom("ACCEPT", "RETURN", "MASQUERADE --random-fully", "MARK --set-xmark 0x4000/0x4000", "LOG"),
);
const translation = fc.oneof(
  { weight: 9, arbitrary: fc.tuple(address, number(65535)).map((parts) => parts.join(":")) },
  address,
  fc.constantFrom("10.0.0.1:80-90", "10.0.0.1-10.0.0.9:80", ":80", "10.0.0.1:080", "10.0.0.1:80/1"),
);

/** Lines as kube-proxy's rules come in, with values that now and then are not as iptables-save writes them. */
const kubeLine = fc.oneof(
  fc
    .tuple(prefix, comment, port, target)
    .map(([d, c, p, j]) => `-d ${d} -p tcp -m comment --comment ${c} -m tcp --dport ${p} -j ${j}`),
  fc.tuple(prefix, prefix, port, chain).map(([s, d, p, j]) => `! -s ${s} -d ${d} -p udp -m udp --dport ${p} -j ${j}`),
  fc.tuple(prefix, comment, target).map(([s, c, j]) => `-s ${s} -m comment --comment ${c} -j ${j}`),
  fc
    .tuple(comment, chain)
    .map(([c, j]) => `-m comment --comment ${c} -m statistic --mode random --probability 0.5 -j ${j}`),
  fc
    .tuple(comment, translation)
    .map(([c, to]) => `-p tcp -m comment --comment ${c} -m tcp -j DNAT --to-destination ${to}`),
  fc.tuple(port, port, chain).map(([a, b, j]) => `-i eth+ -p tcp -m tcp --sport ${a} ! --dport ${b} -g ${j}`),
  fc.tuple(port, port, chain).map(([a, b, j]) => `-p tcp -m tcp --dport ${a} -m tcp --dport ${b} -j ${j}`),
  fc.tuple(prefix, chain).map(([d, j]) => `-d ${d} -m conntrack --ctstate NEW --ctorigdst ${d} -j ${j}`),
  fc.tuple(comment, comment).map(([a, b]) => `-m comment --comment ${a} -m comment --comment ${b}`),
  prefix.map((s) => `-s ${s} -m recent --name a --rcheck --seconds 10 -j RETURN`),
  number(9).map((packets) => `-c ${packets} 7 -j RETURN`),
  fc.constantFrom("-m nosuch -j ACCEPT", "-j NOSUCH", "-p tcp", ""),
);

const counters = fc.constantFrom("", "", "[0:0] ", "[12:3456] ", "[18446744073709551615:1] ", "[1:2]", "[x:1] ");
const ruleOfFile = fc
  .tuple(counters, fc.oneof({ weight: 9, arbitrary: chain }, fc.constantFrom("PREROUTING", "OUTPUT")), kubeLine)
  .map(([count, name, rule]) => `${count}-A ${name} ${rule}`.trimEnd());
const otherLine = fc.constantFrom(
  "# a comment",
  "",
  ":LATER - [3:4]",
  ":KUBE-SVC-A - [5:6]",
  "-N LATER",
  ":LOG - [0:0]",
);

function fileOf(lines: readonly string[]): string {
  const head = [
    "*nat",
    ":PREROUTING ACCEPT [7:8]",
    ":OUTPUT ACCEPT [0:0]",
    ...CHAINS.map((name) => `:${name} - [0:0]`),
  ];
  return [...head, ...lines, "COMMIT", ""].join("\n");
}

/** A few bytes put in, taken away or changed anywhere. */
const damage = fc.array(
  fc.tuple(fc.nat(), fc.constantFrom("put", "take", "change"), fc.constantFrom(...' \t\n"!-:,/0a\r[*#ÿ')),
  {
    maxLength: 3,
  },
);

function damaged(text: string, changes: readonly (readonly [number, string, string])[]): string {
  let result = text;
  for (const [where, how, what] of changes) {
    const at = where % (result.length + 1);
    result = result.slice(0, at) + (how === "take" ? "" : what) + result.slice(how === "put" ? at : at + 1);
  }
  return result;
}

describe("a ruleset that is kept as lines is the one of objects", () => {
  it.each([
    ["kube-iptables.save", 4],
    ["kube-counted.iptables.save", 4],
    ["kube-affinity.ip6tables.save", 6],
    ["fuzz.iptables.save", 4],
    ["fuzz.ip6tables.save", 6],
  ] as const)("of %s", (file, family) => {
    expectSameRuleset(bytesOf(fixture(file)), family);
  });

  it.each(GROUPS)("of every node of the corpus: %s", (group) => {
    const seen = new Set<string>();
    for (const { node } of readGroup(group)) {
      for (const family of [4, 6] as const) {
        const bytes = node.get(family === 4 ? "iptables.save" : "ip6tables.save");
        const text = new TextDecoder().decode(bytes);
        if (bytes && !seen.has(text)) expectSameRuleset(bytes, family);
        seen.add(text);
      }
    }
  });

  it("of lines as kube-proxy's, some of them strange", () => {
    let kept = 0;
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 30, arbitrary: ruleOfFile }, otherLine), { minLength: 10, maxLength: 30 }),
        (lines) => {
          kept += expectSameRuleset(bytesOf(fileOf(lines)), 4);
          // A file that is refused, or has other commands, says nothing of its other lines.
          const right = lines.filter((line) => / ?-A /.test(line) && readsAlone(line));
          kept += expectSameRuleset(bytesOf(fileOf([...right, ...right])), 4);
        },
      ),
      { numRuns: 300 },
    );
    expect(kept).toBeGreaterThan(1000);
  });

  it("of damaged files", () => {
    const rules = fc.array(ruleOfFile, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(rules, damage, (lines, changes) => {
        const right = lines.filter((line) => readsAlone(line));
        expectSameRuleset(bytesOf(damaged(fileOf([...right, ...right, ...right]), changes)), 4);
      }),
      { numRuns: 500 },
    );
  });

  it.each([4, 6] as const)("of any extensions (IPv%d)", (family: Family) => {
    fc.assert(
      fc.property(fc.array(ruleLine(family), { minLength: 1, maxLength: 5 }), (lines) => {
        for (const { table, chain: name, rule } of lines) {
          expectSameRuleset(bytesOf(`*${table}\n${`-A ${name} ${rule}\n`.repeat(3)}COMMIT\n`), family);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("with a byte order mark, and without the last newline", () => {
    const text = fileOf(["-A KUBE-SVC-A -s 10.0.0.1/32 -j KUBE-SEP-A", "-A KUBE-SVC-B -s 10.0.0.2/32 -j KUBE-SEP-B"]);
    expect(expectSameRuleset(bytesOf(`\ufeff${text}`), 4)).toBe(1);
    expectSameRuleset(bytesOf(text.trimEnd()), 4);
  });
});

function readsAlone(line: string): boolean {
  try {
    readRuleset(bytesOf(fileOf([line])), 4, "x", { onUnsupported: () => {} });
    return true;
  } catch {
    return false;
  }
}

describe("rules that are kept as lines", () => {
  it("are lines for nearly all of a file, whatever their number", () => {
    const lines = Array.from({ length: 500 }, (_, i) => [
      `-A KUBE-SERVICES -d 10.96.${i >> 8}.${i & 255}/32 -p tcp -m comment --comment "a/${i}" -m tcp --dport ${i + 1} -j KUBE-SVC-A`,
      `-A KUBE-SEP-A -p tcp -m comment --comment "a/${i}" -m tcp -j DNAT --to-destination 10.244.0.1:${i + 1}`,
    ]).flat();
    expect(expectSameRuleset(bytesOf(fileOf(lines)), 4)).toBe(998);
  });

  it("do not change with the bytes that they were read from", () => {
    const bytes = bytesOf(fileOf(["-A KUBE-SVC-A -s 10.0.0.1/32 -j ACCEPT", "-A KUBE-SVC-A -s 10.0.0.2/32 -j ACCEPT"]));
    const [table] = readRuleset(bytes, 4, "x").tables;
    bytes.fill(0);
    expect(linesOf(table!)!.rule(1).source!.value.address).toEqual(Uint8Array.of(10, 0, 0, 2));
  });

  it("say where in a long file the fault is", () => {
    const lines = Array.from(
      { length: 100_000 },
      (_, i) => `-A KUBE-SVC-A -s 10.0.${(i >> 8) & 255}.${i & 255}/32 -j KUBE-SEP-A`,
    );
    lines[77_777] = "-A KUBE-SVC-A -s 10.0.0.1/33 -j KUBE-SEP-A";
    expect(() => readRuleset(bytesOf(fileOf(lines)), 4, "long.save")).toThrow(
      "long.save:77786:18: invalid mask `33' specified",
    );
  });
});
