import { describe, expect, it } from "vitest";
import { Emulator, parseNode, parseTimeline, readState, Verdicts } from "../../src/index.ts";
import { frameTo } from "../support/frames.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

const RULES = "*filter\n:FORWARD ACCEPT [5:500]\n-A FORWARD -p tcp -m tcp --dport 80\nCOMMIT\n";
const FRAME = frameTo(MACS.eth0, "tcp 10.0.0.9:1000 > 10.1.0.9:80 S");

async function emulatorOf(files: Readonly<Record<string, string>>, options = {}) {
  const emulator = await Emulator.create(parseNode(nodeFiles(files)), options);
  const fates: string[] = [];
  emulator.observe(new Verdicts(emulator, ({ fate, reason }) => fates.push(reason ? `${fate} ${reason}` : fate)));
  return { emulator, fates };
}

function filterOf(emulator: Emulator): string[] {
  const text = readState(emulator).get("iptables.save")!;
  return text.split("\n").filter((line) => line.includes("FORWARD"));
}

describe("an emulator", () => {
  it("runs commands between packets, and rules that stay keep their counters, policies do not", async () => {
    const { emulator, fates } = await emulatorOf({ "iptables.save": RULES });
    emulator.send(FRAME, "eth0");
    emulator.command("iptables -A FORWARD -p tcp --dport 80 -j DROP");
    emulator.send(FRAME, "eth0");
    emulator.command("iptables -D FORWARD 2");
    emulator.command("sysctl -w net.ipv4.ip_forward=0");
    emulator.send(FRAME, "eth0");
    expect(fates).toEqual(["sent", "dropped by a rule", "dropped forwarding is off"]);
    expect(filterOf(emulator)).toEqual([":FORWARD ACCEPT [0:0]", "[2:80] -A FORWARD -p tcp -m tcp --dport 80"]);
  });

  it("starts counters at zero, or at what the file says", async () => {
    const { emulator } = await emulatorOf({ "iptables.save": RULES }, { keepCounters: true });
    emulator.send(FRAME, "eth0");
    expect(filterOf(emulator)[0]).toBe(":FORWARD ACCEPT [6:540]");
  });

  it("runs the events of a scenario before their packet, at the time of the packet before", async () => {
    const scenario = {
      sysctls: { "net.ipv4.ip_forward": "1" },
      events: [
        { before: 2, cmd: "iptables -P FORWARD DROP" },
        { before: 3, cmd: "iptables -P FORWARD ACCEPT" },
        { before: 4, cmd: "iptables -A FORWARD -j DROP" },
      ],
    };
    const { emulator, fates } = await emulatorOf({
      "scenario.json": JSON.stringify(scenario),
      "iptables.save": RULES,
    });
    for (let i = 0; i < 3; i++) emulator.send(FRAME, "eth0");
    emulator.finish();
    expect(fates).toEqual(["sent", "dropped by a chain's policy", "sent"]);
    expect(filterOf(emulator).at(-1)).toBe("[0:0] -A FORWARD -j DROP");
  });

  it("runs the commands of a timeline at their times, the last ones after the capture", async () => {
    const timeline = parseTimeline(
      "# seconds, command\n2 iptables -P FORWARD ACCEPT\n1.5s iptables -P FORWARD DROP\n9 iptables -A FORWARD -j DROP\n",
      "timeline.txt",
    );
    const { emulator, fates } = await emulatorOf({ "iptables.save": RULES }, { timeline, startNs: 10_000_000_000n });
    for (const seconds of [10, 11.4, 11.5, 12]) emulator.send(FRAME, "eth0", BigInt(seconds * 1e9));
    emulator.finish();
    expect(fates).toEqual(["sent", "sent", "dropped by a chain's policy", "sent"]);
    expect(filterOf(emulator).at(-1)).toBe("[0:0] -A FORWARD -j DROP");
    expect(emulator.core.now()).toBe(19_000_000_000n);
    expect(() => parseTimeline("soon reboot", "timeline.txt")).toThrow(/timeline.txt:1:1: expected SECONDS COMMAND/);
  });

  it("refuses a command that the tool refuses", async () => {
    const { emulator } = await emulatorOf({ "iptables.save": RULES });
    expect(() => emulator.command("iptables -D FORWARD 7")).toThrow(/Index of deletion too big/);
    expect(() => emulator.command("ipset add nothing 10.0.0.1")).toThrow(/does not exist/);
    expect(() => emulator.command("reboot")).toThrow(/unknown command/);
  });

  it("leaves out what is not emulated only when asked, and lists it", async () => {
    const rules = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m unheardof --of -j DROP\nCOMMIT\n";
    const files = nodeFiles({ "iptables.save": rules });
    expect(() => parseNode(files)).toThrow(/iptables.save:3.*unheardof/);
    const emulator = await Emulator.create(parseNode(files, { ignoreUnsupported: true }), { ignoreUnsupported: true });
    expect(emulator.ignored.map(({ at }) => at?.line)).toEqual([3]);
  });

  it("gives every packet back: nothing is left alive after a run", async () => {
    const { emulator } = await emulatorOf({ "iptables.save": RULES });
    emulator.send(FRAME, "eth0");
    emulator.send(frameTo(MACS.eth0, "udp 10.0.0.9:9 > 10.0.0.1:9"), "eth0");
    emulator.finish();
    expect(emulator.core.livePackets()).toBe(0);
  });
});
