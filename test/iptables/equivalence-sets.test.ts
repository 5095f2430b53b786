import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Family } from "../../src/model/address.ts";
import { PREFIXES, seen, someTraffic, WAYS } from "./ways.ts";

/** What an index could pass over and must not: sets, marks that change on the way, matches that drop or remember. */

const SETS = ["addresses", "counted", "ports", "networks", "devices", "marks", "list"] as const;
const DIRECTIONS: Readonly<Record<(typeof SETS)[number], readonly string[]>> = {
  addresses: ["src", "dst"],
  counted: ["src", "dst"],
  ports: ["src,dst", "dst,dst", "src,src"],
  networks: ["src", "dst"],
  devices: ["src,src", "dst,dst"],
  marks: ["src,src", "dst,dst"],
  list: ["src", "dst", "dst,dst"],
};

const host = fc.integer({ min: 2, max: 5 });
const port = fc.constantFrom(22, 53, 80, 443);

function sets(family: Family): fc.Arbitrary<string[]> {
  const address = fc.tuple(fc.constantFrom(...PREFIXES[family]), host).map(([prefix, last]) => `${prefix}${last}`);
  const network = fc
    .tuple(address, fc.constantFrom(...(family === 4 ? [8, 24, 30, 32] : [16, 64, 126, 128])))
    .map((pair) => pair.join("/"));
  const of = fc.constantFrom(...PREFIXES[family]).map((prefix) => `${prefix}${family === 4 ? "0/24" : "/64"}`);
  const members = (name: string, element: fc.Arbitrary<string>, ...options: readonly string[]) =>
    fc
      .uniqueArray(fc.tuple(element, fc.constantFrom("", ...options)), { maxLength: 5, selector: ([text]) => text })
      .map((all) => all.map(([text, option]) => `add ${name} ${text} ${option}-exist`));
  const inet = `family ${family === 4 ? "inet" : "inet6"}`;
  return fc
    .tuple(
      members("addresses", address),
      members("counted", address, "timeout 2 ", "timeout 0 ", "packets 3 bytes 100 "),
      members(
        "ports",
        fc.tuple(address, fc.constantFrom("tcp", "udp"), port).map(([a, p, n]) => `${a},${p}:${n}`),
      ),
      members("networks", network, "nomatch "),
      members(
        "devices",
        fc.tuple(of, fc.constantFrom("eth0", "eth1")).map((pair) => pair.join(",")),
      ),
      members(
        "marks",
        fc.tuple(address, fc.constantFrom("0", "1", "2")).map((pair) => pair.join(",")),
      ),
    )
    .map((lines) => [
      `create addresses hash:ip ${inet}`,
      `create counted hash:ip ${inet} counters timeout 3`,
      `create ports hash:ip,port ${inet}`,
      `create networks hash:net ${inet} skbinfo`,
      `create devices hash:net,iface ${inet}`,
      `create marks hash:ip,mark ${inet} markmask 0x3`,
      "create list list:set size 8",
      ...lines.flat(),
      ...["addresses", "networks", "ports"].map((name) => `add list ${name}`),
    ]);
}

const someSet = fc
  .constantFrom(...SETS)
  .chain((name) => fc.constantFrom(...DIRECTIONS[name]).map((to) => `${name} ${to}`));

/** Conditions of every sort: what an index finds, what it may pass over, and what has to run in its turn. */
function condition(family: Family): fc.Arbitrary<string> {
  const [near, far] = PREFIXES[family];
  const not = fc.constantFrom("", "", "! ");
  return fc.oneof(
    { weight: 3, arbitrary: fc.tuple(host, port).map(([h, p]) => `-d ${far}${h} -p tcp -m tcp --dport ${p}`) },
    { weight: 2, arbitrary: host.map((h) => `-s ${near}${h}`) },
    { weight: 2, arbitrary: fc.tuple(not, someSet).map(([n, set]) => `-m set ${n}--match-set ${set}`) },
    fc.tuple(host, someSet).map(([h, set]) => `-d ${far}${h} -m set --match-set ${set}`),
    fc
      .constantFrom("--packets-gt 2", "--bytes-lt 200", "! --update-counters")
      .map((more) => `-m set --match-set counted src ${more}`),
    fc.tuple(not, fc.constantFrom("0/3", "1/3", "2/3", "3")).map(([n, mark]) => `-m mark ${n}--mark ${mark}`),
    fc.constantFrom(
      // These drop what they cannot read.
      "-p tcp -m tcp --tcp-option 2",
      "-p udp -m udp --dport 53",
      "-p tcp -m multiport --ports 22,80",
      // These remember.
      "-m statistic --mode nth --every 3 --packet 1",
      "-m limit --limit 1/hour --limit-burst 3",
      "-m recent --name seen --update --seconds 2 --rsource",
      "-m recent --name seen --set --rdest",
      "-m quota --quota 400",
      "-m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-name few",
      ...(family === 6
        ? [
            "-m frag --fragid 5",
            "-m frag --fraglast",
            "-m ipv6header --header frag --soft",
            "-m hl --hl-gt 60",
            "-m rt --rt-type 0",
          ]
        : ["-f", "! -f", "-m ttl --ttl-gt 60"]),
    ),
  );
}

const target = fc.oneof(
  fc.constantFrom("", "-j MARK --set-xmark 0x1/0x3", "-j MARK --set-xmark 0x2/0x2", "-j MARK --and-mark 0x1"),
  fc.constantFrom("-j RETURN", "-j USER", "-g USER", "-j TOS --set-tos 0x10/0x10", "-j CONNMARK --save-mark"),
  fc
    .tuple(someSet, fc.constantFrom("", " --exist", " --timeout 1 --exist"))
    .map(([set, more]) => `-j SET --add-set ${set}${more}`),
  someSet.map((set) => `-j SET --del-set ${set}`),
);

function tables(family: Family): fc.Arbitrary<Record<string, string[]>> {
  const rules = (chain: string, minLength: number) =>
    fc
      .array(fc.tuple(condition(family), target), { minLength, maxLength: 36 })
      .map((all) => all.map(([match, then]) => `-A ${chain} ${match} ${then}`.trimEnd()))
      .map((lines) => lines.filter((line) => chain !== "USER" || !line.endsWith("USER")));
  return fc
    .tuple(rules("PREROUTING", 17), rules("USER", 1), rules("FORWARD", 17))
    .map((all) => ({ mangle: [":USER - [0:0]", ...all.flat()] }));
}

describe("with and without index and remembered walks", () => {
  it.each([4, 6] as const)("packets of IPv%d meet the same sets, marks and memories", async (family) => {
    const cases = fc.asyncProperty(sets(family), tables(family), someTraffic, async (lines, rules, sent) => {
      const [plain, ...others] = await Promise.all(
        WAYS.map((way) => seen(family, { sets: lines, tables: rules }, sent, way)),
      );
      for (const other of others) expect(other).toEqual(plain);
    });
    await fc.assert(cases, { numRuns: 12 });
  });
});
