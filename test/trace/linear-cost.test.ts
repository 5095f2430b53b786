import { describe, expect, it } from "vitest";
import { Emulator, parseNode } from "../../src/index.ts";
import { LinearCost } from "../../src/trace/linear-cost.ts";
import { PathReader, pathNames } from "../../src/trace/path.ts";
import { frameTo } from "../support/frames.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

/** Rules of filter, and how many of them the kernel looks at for a packet from eth0 to eth1. */
async function rulesFor(lines: readonly string[], options: { readonly index?: boolean } = {}): Promise<number> {
  const table = `*filter\n${lines.join("\n")}\nCOMMIT\n`;
  const emulator = await Emulator.create(parseNode(nodeFiles({ "iptables.save": table })), options);
  let path = 0;
  emulator.observe({ ending: (ending) => (path = ending.path) });
  emulator.send(frameTo(MACS.eth0, "tcp 10.0.0.9:1000 > 10.1.0.9:80 S"), "eth0");
  return new LinearCost(new PathReader(emulator.core, pathNames(emulator.loaded))).rulesOf(path);
}

const OTHER = "-A FORWARD -p udp -j DROP";

describe("the rules that the kernel evaluates for a packet", () => {
  it.each([
    { what: "all of a chain where none matches", lines: [OTHER, OTHER, OTHER], rules: 3 },
    { what: "those up to the one that decides", lines: [OTHER, "-A FORWARD -p tcp -j ACCEPT", OTHER], rules: 2 },
    { what: "those behind one that only counts", lines: ["-A FORWARD -p tcp", OTHER], rules: 2 },
    {
      what: "those of a chain and, behind its end, the rest of the calling one",
      lines: [":A - [0:0]", "-A FORWARD -j A", OTHER, "-A A -p udp -j DROP", "-A A -p udp -j DROP"],
      rules: 4,
    },
    {
      what: "none of a chain behind RETURN",
      lines: [":A - [0:0]", "-A FORWARD -j A", OTHER, "-A A -p tcp -j RETURN", "-A A -p udp -j DROP"],
      rules: 3,
    },
    {
      what: "none of the chain that was left by goto",
      lines: [":A - [0:0]", "-A FORWARD -g A", OTHER, OTHER, "-A A -p udp -j DROP"],
      rules: 2,
    },
    { what: "none of a built-in chain behind RETURN", lines: ["-A FORWARD -p tcp -j RETURN", OTHER], rules: 1 },
    {
      what: "those in chains within chains",
      lines: [":A - [0:0]", ":B - [0:0]", "-A FORWARD -j A", OTHER, "-A A -j B", "-A A -p tcp", "-A B -p udp -j DROP"],
      rules: 5,
    },
    { what: "a chain without rules", lines: [], rules: 0 },
  ])("are $what", async ({ lines, rules }) => {
    expect(await rulesFor(lines)).toBe(rules);
  });

  it("are as many with the index as without", async () => {
    const chain = Array.from(
      { length: 200 },
      (_, i) => `-A FORWARD -d 10.1.0.${i}/32 -p tcp -m tcp --dport ${i} -j DROP`,
    );
    const lines = [...chain, "-A FORWARD -d 10.1.0.9/32 -p tcp -m tcp --dport 80 -j ACCEPT"];
    expect(await rulesFor(lines)).toBe(201);
    expect(await rulesFor(lines, { index: false })).toBe(201);
  });

  it("go on behind a rule that changes the packet's length", async () => {
    const table = ["-A FORWARD -p tcp -m tcp --tcp-flags SYN SYN -j TCPMSS --set-mss 1000", OTHER, OTHER];
    expect(await rulesFor(table)).toBe(3);
  });
});
