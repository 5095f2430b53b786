import { describe, expect, it } from "vitest";
import { Emulator, parseNode, readState } from "../../src/index.ts";
import { frameTo } from "../support/frames.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

const FILES = {
  "iptables.save": [
    "*filter",
    "-A FORWARD -m conntrack --ctstate INVALID -j DROP",
    "-A FORWARD -p udp -j SET --add-set seen src",
    "COMMIT\n",
  ].join("\n"),
  "ipset.save": "create seen hash:ip family inet timeout 100\n",
  "ipvsadm.save": "-A -u 10.0.0.1:53 -s rr\n-a -u 10.0.0.1:53 -r 10.1.0.9:53 -m -w 1\n",
};

async function emulatorAt(startNs: bigint): Promise<Emulator> {
  const emulator = await Emulator.create(parseNode(nodeFiles(FILES)), { startNs });
  emulator.send(frameTo(MACS.eth0, "udp 10.0.0.9:1000 > 10.1.0.9:2000"), "eth0");
  emulator.send(frameTo(MACS.eth0, "udp 10.0.0.9:1000 > 10.0.0.1:53"), "eth0");
  return emulator;
}

/** What is alive: connections as listed and as counted, those of IPVS (which are not tracked), members of the set. */
function alive(emulator: Emulator): (string | number)[] {
  const state = readState(emulator);
  const linesOf = (file: string) => (state.get(file) ?? "").split("\n");
  const connections = linesOf("conntrack.txt").filter((line) => line.startsWith("ipv4"));
  const members = linesOf("ipset.save").filter((line) => line.startsWith("add "));
  const ipvs = linesOf("ipvs.conns").filter((line) => line.startsWith("UDP"));
  return [connections.length, emulator.core.entryCount(), ipvs.length, members.length];
}

describe("going on in time without packets", () => {
  it.each([0n, 1_700_000_000n * 1_000_000_000n])(
    "lets expire what would have expired (from %s on)",
    async (startNs) => {
      const emulator = await emulatorAt(startNs);
      const start = Number(startNs / 1_000_000_000n);
      expect(alive(emulator)).toEqual([1, 1, 1, 1]);
      emulator.advanceTo(start + 29);
      expect(alive(emulator)).toEqual([1, 1, 1, 1]);
      // UDP without an answer lives for 30 s, the set's members for 100, connections of IPVS for 300 and until the slot of the
      // timer wheel ends, which is 4,096 ticks of 4 ms wide.
      emulator.advanceTo(start + 31);
      expect(alive(emulator)).toEqual([0, 0, 1, 1]);
      emulator.advanceTo(start + 101);
      expect(alive(emulator)).toEqual([0, 0, 1, 0]);
      emulator.advanceTo(start + 299);
      expect(alive(emulator)).toEqual([0, 0, 1, 0]);
      emulator.advanceTo(start + 317);
      expect(alive(emulator)).toEqual([0, 0, 0, 0]);
    },
  );

  it("does not go back", async () => {
    const emulator = await emulatorAt(50_000_000_000n);
    emulator.advanceTo(10);
    expect(emulator.core.now()).toBe(50_000_000_000n);
  });

  it("goes far at once", async () => {
    const emulator = await emulatorAt(0n);
    emulator.advanceTo(20 * 365 * 86_400);
    expect(alive(emulator)).toEqual([0, 0, 0, 0]);
    emulator.send(frameTo(MACS.eth0, "udp 10.0.0.9:1000 > 10.1.0.9:2000"), "eth0");
    expect(alive(emulator)).toEqual([1, 1, 0, 1]);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses %s", async (seconds) => {
    const emulator = await emulatorAt(0n);
    expect(() => emulator.advanceTo(seconds)).toThrow(RangeError);
  });
});
