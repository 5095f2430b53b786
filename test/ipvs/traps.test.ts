import { describe, expect, it } from "vitest";
import { Emulator, listing, parseNode } from "../../src/index.ts";
import { frameTo } from "../support/frames.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

/** What is easily got wrong about IPVS; each recorded from Linux 6.1.176. */

const SERVICE = "-t 10.0.0.1:80";

async function director(files: Readonly<Record<string, string>>) {
  const emulator = await Emulator.create(parseNode(nodeFiles(files)));
  const outputs: Uint8Array[] = [];
  emulator.observe({ frame: ({ bytes }) => outputs.push(bytes.slice()) });
  let port = 1000;
  /** Number of the server, from 1 in the order of the file; undefined when none was chosen. */
  const next = (client = "10.0.0.9"): number | undefined => {
    outputs.length = 0;
    emulator.send(frameTo(MACS.eth0, `tcp ${client}:${++port} > 10.0.0.1:80 S`), "eth0");
    const [sent] = outputs;
    return sent?.[14 + 9] === 6 ? sent[14 + 19]! - 10 : undefined;
  };
  return { emulator, next, choices: (count: number) => Array.from({ length: count }, () => next()) };
}

function saved(scheduler: string, weights: readonly number[], options = ""): string {
  const servers = weights.map((weight, i) => `-a ${SERVICE} -r 10.1.0.${i + 11}:80 -m -w ${weight}\n`);
  return `-A ${SERVICE} -s ${scheduler}${options}\n${servers.join("")}`;
}

describe("known traps of IPVS", () => {
  it("the server added last is chosen first: a save file is entered from its first line to its last", async () => {
    const { choices } = await director({ "ipvsadm.save": saved("rr", [1, 1, 1]) });
    expect(choices(4)).toEqual([3, 2, 1, 3]);
  });

  it("a save file hides the order in which servers were added; /proc/net/ip_vs tells it", async () => {
    const proc = [
      "IP Virtual Server version 1.2.1 (size=4096)",
      "Prot LocalAddress:Port Scheduler Flags",
      "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn",
      "TCP  0A000001:0050 rr  ",
      "  -> 0A01000B:0050      Masq    1      0          0         ",
      "  -> 0A01000D:0050      Masq    1      0          0         ",
      "  -> 0A01000C:0050      Masq    1      0          0         ",
      "",
    ].join("\n");
    const { choices, emulator } = await director({ "ipvsadm.save": saved("rr", [1, 1, 1]), "ip_vs.txt": proc });
    expect(choices(4)).toEqual([1, 3, 2, 1]);
    const servers = listing(emulator, "cat /proc/net/ip_vs").split("\n").slice(4, 7);
    expect(servers.map((line) => line.slice(5, 18))).toEqual(["0A01000B:0050", "0A01000D:0050", "0A01000C:0050"]);
  });

  it("`ipvsadm -Ln --nosort' tells it, too", async () => {
    const lines = [
      "TCP  10.0.0.1:80 rr",
      ...[2, 1, 3].map((last) => `  -> 10.1.0.${last + 10}:80  Masq    1      0          0`),
    ];
    const { choices } = await director({
      "ipvsadm.save": saved("rr", [1, 1, 1]),
      "ip_vs.txt": `${lines.join("\n")}\n`,
    });
    expect(choices(4)).toEqual([2, 1, 3, 2]);
  });

  it("wrr does not start at the greatest weight: adding 3, 2 and 1 leaves it at 1", async () => {
    const { choices } = await director({ "ipvsadm.save": saved("wrr", [3, 2, 1]) });
    expect(choices(12)).toEqual([3, 2, 1, 1, 2, 1, 3, 2, 1, 1, 2, 1]);
  });

  it("mh: a weight set to 0 keeps the server's entries, and its clients are refused; mh-fallback finds others", async () => {
    const { next, emulator } = await director({ "ipvsadm.save": saved("mh", [1, 1, 1]) });
    const server = next();
    emulator.command(`ipvsadm -e ${SERVICE} -r 10.1.0.${server! + 10}:80 -m -w 0`);
    expect(next()).toBeUndefined();
    emulator.command(`ipvsadm -E ${SERVICE} -s mh -b mh-fallback`);
    expect([1, 2, 3].filter((each) => each !== server)).toContain(next());
  });

  it("mh: a server added with weight 0 has no entries, and nobody is refused", async () => {
    const { choices } = await director({ "ipvsadm.save": saved("mh", [1, 0, 1], " -b mh-port") });
    const chosen = new Set(choices(40));
    expect([...chosen].sort()).toEqual([1, 3]);
  });

  it("statistics are those of up to two seconds ago", async () => {
    const { next, emulator } = await director({ "ipvsadm.save": saved("rr", [1]) });
    next();
    const connections = () => Number(listing(emulator, "ipvsadm -Ln --stats").split("\n")[3]!.slice(33, 42));
    expect(connections()).toBe(0);
    emulator.runUntil(1_900_000_000n);
    expect(connections()).toBe(0);
    emulator.runUntil(2_000_000_000n);
    expect(connections()).toBe(1);
  });

  it("listings compare addresses as signed numbers, so that the order of far ones is not that of their values", async () => {
    const servers = ["192.168.0.2:53", "10.244.0.5:53", "172.16.5.5:53", "10.244.0.5:5353", "100.64.0.1:53"];
    const lines = servers.map((server) => `-a ${SERVICE} -r ${server} -m -w 1\n`);
    const { emulator } = await director({ "ipvsadm.save": `-A ${SERVICE} -s rr\n${lines.join("")}` });
    const listed = listing(emulator, "ipvsadm -Ln").split("\n").slice(4, 9);
    expect(listed.map((line) => line.slice(5, 32).trim())).toEqual([
      "172.16.5.5:53",
      "192.168.0.2:53",
      "10.244.0.5:53",
      "10.244.0.5:5353",
      "100.64.0.1:53",
    ]);
  });
});
