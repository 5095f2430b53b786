import { describe, expect, it } from "vitest";
import { Emulator, listing, parseNode } from "../../src/index.ts";
import { frameTo } from "../support/frames.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

const RELATED_ONLY =
  "*filter\n:FORWARD DROP [0:0]\n-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\nCOMMIT\n";
const MASTER =
  "ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.0.9 dst=10.1.0.9 sport=40001 dport=21 src=10.1.0.9 dst=10.0.0.9 sport=21 dport=40001 [ASSURED] mark=7 helper=ftp use=1\n";
const PASSIVE =
  "298 proto=6 src=10.0.0.9 dst=10.1.0.9 sport=0 dport=50001 mask-src=255.255.255.255 mask-dst=255.255.255.255 sport=0 dport=65535 master-src=10.0.0.9 master-dst=10.1.0.9 sport=40001 dport=21 class=0 helper=ftp\n";

const files = (more: Readonly<Record<string, string>>) =>
  nodeFiles({ "iptables.save": RELATED_ONLY, "conntrack.txt": MASTER, ...more });

const node = async (expectations: string) =>
  await Emulator.create(parseNode(files({ "expect.txt": expectations })), {});

/** Is the first packet of this connection of eth0 let through, so that there is a connection? */
function passes(emulator: Emulator, port: number, to: number): boolean {
  emulator.send(frameTo(MACS.eth0, `tcp 10.0.0.9:${port} > 10.1.0.9:${to} S`), "eth0");
  return listing(emulator, `conntrack -L --sport ${port} --dport ${to}`) !== "";
}

describe("what a node expects when the run begins", () => {
  it("is listed as it was brought", async () => {
    const emulator = await node(PASSIVE);
    expect(listing(emulator, "conntrack -L expect")).toBe(PASSIVE);
    expect(listing(emulator, "cat /proc/net/nf_conntrack_expect")).toBe(
      "298 l3proto = 2 proto=6 src=10.0.0.9 dst=10.1.0.9 sport=0 dport=50001 ftp\n",
    );
  });

  it("is met by the connection it speaks of, once, which has its master's mark", async () => {
    const emulator = await node(PASSIVE);
    expect(passes(emulator, 44000, 50002)).toBe(false);
    expect(passes(emulator, 44000, 50001)).toBe(true);
    expect(passes(emulator, 44001, 50001)).toBe(false);
    expect(listing(emulator, "conntrack -L expect")).toBe("");
    expect(listing(emulator, "conntrack -L --dport 50001")).toContain(" mark=7 use=1\n");
    // The master is held by what it expected.
    expect(listing(emulator, "conntrack -L --dport 21")).toContain(" helper=ftp use=2\n");
  });

  it("ends in its time", async () => {
    const emulator = await node(PASSIVE);
    emulator.advanceTo(297);
    expect(listing(emulator, "conntrack -C expect")).toBe("1\n");
    emulator.advanceTo(298);
    expect(listing(emulator, "conntrack -C expect")).toBe("0\n");
    expect(passes(emulator, 44000, 50001)).toBe(false);
  });

  it("ends with its master", async () => {
    const emulator = await node(PASSIVE);
    emulator.command("conntrack -D -p tcp --dport 21");
    expect(listing(emulator, "conntrack -L expect")).toBe("");
  });

  it("follows its master's translation", async () => {
    const translated = MASTER.replace("src=10.1.0.9 dst=10.0.0.9 sport=21", "src=10.1.0.9 dst=10.1.0.77 sport=21");
    const active =
      "298 proto=6 src=10.1.0.9 dst=10.1.0.77 sport=0 dport=50002 mask-src=255.255.255.255 mask-dst=255.255.255.255 sport=0 dport=65535 master-src=10.0.0.9 master-dst=10.1.0.9 sport=40001 dport=21 class=0 helper=ftp\n";
    const emulator = await Emulator.create(parseNode(files({ "conntrack.txt": translated, "expect.txt": active })), {});
    emulator.send(frameTo(MACS.eth1, "tcp 10.1.0.9:20 > 10.1.0.77:50002 S"), "eth1");
    expect(listing(emulator, "conntrack -L --dport 50002")).toBe(
      "tcp      6 120 SYN_SENT src=10.1.0.9 dst=10.1.0.77 sport=20 dport=50002 [UNREPLIED] src=10.0.0.9 dst=10.1.0.9 sport=50002 dport=20 mark=7 use=1\n",
    );
  });

  const zoned = (zone: string, helper = " helper=ftp") =>
    MASTER.replace(" mark=7 helper=ftp", ` mark=7 ${zone}${helper}`.trimEnd());
  const zonedNode = {
    "iptables.save": `${RELATED_ONLY}*raw\n-A PREROUTING -m tcp -p tcp --dport 50001:50009 -j CT --zone 5\nCOMMIT\n`,
  };

  it.each([
    ["5, its only connection's", zoned("zone=5"), PASSIVE, true],
    ["6, its only connection's", zoned("zone=6"), PASSIVE, false],
    ["0, its only connection's", MASTER, PASSIVE, false],
    ["5, of the one with a helper", zoned("zone=6", "") + zoned("zone=5"), PASSIVE, true],
    ["5, as it says", zoned("zone=6") + zoned("zone=5"), PASSIVE.replace("class=0", "zone=5 class=0"), true],
  ])("is in the zone of its connection: %s", async (_, connections, expected, met) => {
    const loaded = parseNode(files({ ...zonedNode, "conntrack.txt": connections, "expect.txt": expected }));
    expect(loaded.warnings.filter(({ code }) => code === "EXPECTATION_LEFT_OUT")).toEqual([]);
    const emulator = await Emulator.create(loaded, {});
    expect(listing(emulator, "conntrack -L expect")).toBe(PASSIVE);
    expect(passes(emulator, 44000, 50001)).toBe(met);
  });

  it("is left out where connections of several zones could expect it", () => {
    const two = zoned("zone=6") + zoned("zone=5");
    const { warnings, expectations } = parseNode(files({ "conntrack.txt": two, "expect.txt": PASSIVE }));
    expect(expectations).toEqual([]);
    expect(warnings.filter(({ code }) => code === "EXPECTATION_LEFT_OUT")).toMatchObject([
      {
        message: "what is expected here is left out: connections of zones 6 and 5 could expect it",
        at: { file: "expect.txt", line: 1 },
      },
    ]);
  });

  it.each([
    [PASSIVE.replace("sport=40001", "sport=40009"), "the connection that expects it is not in conntrack.txt"],
    [PASSIVE.replace("helper=ftp", "helper=sip"), "the helper sip is not emulated"],
    [PASSIVE.replace(" helper=ftp", ""), "the helper of a program is not emulated"],
  ])("is left out with a warning where it means nothing here: %s", (line, why) => {
    const { warnings, expectations } = parseNode(files({ "expect.txt": line }));
    expect(expectations).toEqual([]);
    expect(warnings.filter(({ code }) => code === "EXPECTATION_LEFT_OUT").map(({ message }) => message)).toEqual([
      `what is expected here is left out: ${why}`,
    ]);
  });

  it("needs the connection that expects it, which /proc does not name", () => {
    const proc = "298 l3proto = 2 proto=6 src=10.0.0.9 dst=10.1.0.9 sport=0 dport=50001 ftp\n";
    const { warnings } = parseNode(files({ "nf_conntrack_expect.txt": proc }));
    expect(warnings.map(({ code }) => code)).toContain("EXPECTATION_LEFT_OUT");
  });

  it.each(["something else\n", PASSIVE.replace("dst=10.1.0.9", "dst=10.1.0")])(
    "is refused where it is none",
    (text) => {
      expect(() => parseNode(files({ "expect.txt": text }))).toThrow("expect.txt:1:1: ");
    },
  );

  it("is refused where its connection has no helper", async () => {
    const plain = MASTER.replace(" helper=ftp", "");
    const loaded = parseNode(files({ "conntrack.txt": plain, "expect.txt": PASSIVE }));
    await expect(Emulator.create(loaded, {})).rejects.toThrow(
      "expect.txt:1:1: the connection that expects this has no",
    );
  });
});
