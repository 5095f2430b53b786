import { describe, expect, it } from "vitest";
import { sharesOfChain, sharesOfService } from "../../src/compare/shares.ts";
import { parseRuleset } from "../../src/config/iptables/ruleset.ts";
import { parseIpvsadmSave } from "../../src/config/ipvs/save.ts";

/** Shares of the chain S, in percent, rounded. */
function shares(...lines: readonly string[]): Record<string, number> {
  const chains = [":S - [0:0]", ":A - [0:0]", ":B - [0:0]", ":C - [0:0]", ":M - [0:0]"];
  const servers = ["A", "B", "C"].map((name, i) => `-A ${name} -p tcp -j DNAT --to-destination 10.0.0.${i + 1}:80`);
  const text = ["*nat", ...chains, ...lines, ...servers, "-A M -j MARK --set-mark 1", "COMMIT", ""].join("\n");
  return percent(sharesOfChain(parseRuleset(text, 4, "test.save").tables[0]!, "S"));
}

function percent(map: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...map].map(([server, share]) => [server, Math.round(share * 1000) / 10]));
}

describe("the shares of a chain", () => {
  it("are what each rule takes of what the ones before it left", () => {
    const rules = [
      "-A S ! -s 10.9.0.0/16 -j M",
      "-A S -m statistic --mode random --probability 0.3333333333 -j A",
      "-A S -m statistic --mode random --probability 0.5 -j B",
      "-A S -j C",
    ];
    expect(shares(...rules)).toEqual({ "10.0.0.1:80": 33.3, "10.0.0.2:80": 33.3, "10.0.0.3:80": 33.3 });
  });

  it("are uneven where the rules are", () => {
    const rules = ["-A S -m statistic --mode nth --every 4 --packet 0 -j A", "-A S -j B"];
    expect(shares(...rules)).toEqual({ "10.0.0.1:80": 25, "10.0.0.2:80": 75 });
  });

  it("do not count clients that were there before", () => {
    const rules = [
      "-A S -m recent --name X --rcheck --seconds 60 --reap -j B",
      "-A S -m statistic --mode random --probability 0.5 -j A",
      "-A S -j B",
    ];
    expect(shares(...rules)).toEqual({ "10.0.0.1:80": 50, "10.0.0.2:80": 50 });
  });
});

describe("the shares of a virtual service", () => {
  it.each([
    { scheduler: "rr", expected: { "10.0.0.1:80": 50, "10.0.0.2:80": 50, "10.0.0.3:80": 0 } },
    { scheduler: "wrr", expected: { "10.0.0.1:80": 25, "10.0.0.2:80": 75, "10.0.0.3:80": 0 } },
  ])("follow its scheduler: $scheduler", ({ scheduler, expected }) => {
    const servers = [1, 3, 0].map((weight, i) => `-a -t 10.96.0.1:80 -r 10.0.0.${i + 1}:80 -m -w ${weight}`);
    const text = [`-A -t 10.96.0.1:80 -s ${scheduler}`, ...servers, ""].join("\n");
    const [service] = parseIpvsadmSave(text, "ipvsadm.save");
    expect(percent(sharesOfService(service!))).toEqual(expected);
  });
});
