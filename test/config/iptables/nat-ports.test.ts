import { describe, expect, it } from "vitest";
import { answerQuestion } from "../../../src/tools/record.ts";

const PLACES = {
  DNAT: { chain: "PREROUTING", option: "to-destination" },
  SNAT: { chain: "POSTROUTING", option: "to-source" },
  REDIRECT: { chain: "PREROUTING", option: "to-ports" },
} as const;

/** What iptables 1.8.9 answered: the saved value, or the complaint. */
describe("ports of a translation", () => {
  it.each([
    ["DNAT", "10.0.0.1:80-90/53", "10.0.0.1:80-90/53"],
    ["DNAT", "10.0.0.1:80-90/53x", "10.0.0.1:80-90/53"],
    ["DNAT", "10.0.0.1:80-0x5a", "10.0.0.1:80-90"],
    ["SNAT", "10.0.0.1:80-90/53", "10.0.0.1:80-90/0"],
    ["DNAT", "10.0.0.1:80/53", "Garbage after port value: `/53'"],
    ["SNAT", "10.0.0.1:080", "Garbage after port value: `80'"],
    ["DNAT", "10.0.0.1:http/53", "Port `http/53' not valid"],
    ["DNAT", "10.0.0.1:80-90-100", "Garbage after port range: `-100'"],
    ["DNAT", "10.0.0.1:80:90", 'Bad IP address "10.0.0.1:80:90"'],
    ["REDIRECT", "80:90", "Invalid port:port syntax - use dash"],
    ["REDIRECT", "80-90/100", "Shifted portmap ranges not supported with this kernel"],
  ] as const)("are read as the tool does: %s %s", async (target, value, answer) => {
    const { chain, option } = PLACES[target];
    const rule = `-p tcp -j ${target} --${option} ${value}`;
    const got = await answerQuestion({ kind: "rule", family: "ipv4", table: "nat", chain, rule });
    if (!("ok" in got)) throw new Error("a rule was asked about");
    expect(got.ok ? got.canonical.split(" ").at(-1) : got.error).toContain(answer);
  });
});
