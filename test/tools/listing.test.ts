import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Emulator, listing, parseNode } from "../../src/index.ts";
import { ip, TCP, tcp, UDP, udp } from "../kernel-diff/packets.ts";
import { nodeFiles } from "../support/node-files.ts";

interface Recorded {
  readonly setup_in_order: readonly string[];
  readonly listings: readonly { readonly command: string; readonly exit: number; readonly output: string }[];
}

/** ipvsadm 1.31 on Linux 6.1.176, about ten seconds after the packets. */
const recorded = JSON.parse(readFileSync(new URL("../ipvs/listings.json", import.meta.url), "utf8")) as Recorded;

async function director(setup: readonly string[], seconds = 0): Promise<Emulator> {
  const locals = ["200.1.1.1", "192.168.1.100", "10.96.0.0/16"].map((dst) => ({
    type: "local",
    dst,
    dev: "lo",
    table: "local",
    scope: "host",
  }));
  const routes = [{ dst: "default", gateway: "10.0.0.9", dev: "eth0" }, ...locals];
  const emulator = await Emulator.create(
    parseNode(nodeFiles({ "route.json": JSON.stringify(routes), "ipvsadm.save": "" }), { hz: 100 }),
  );
  for (const line of setup) {
    if (line.startsWith("packet")) send(emulator, line);
    else emulator.command(line);
  }
  emulator.runUntil(BigInt(seconds * 1e9));
  return emulator;
}

/** `packet tcp 198.51.100.7:40000 -> 200.1.1.1:1 S` */
function send(emulator: Emulator, line: string): void {
  const [, protocol, source, , destination, flags = ""] = line.split(" ");
  const [from = "", sourcePort] = source!.split(":");
  const [to = "", destinationPort] = destination!.split(":");
  const ends = { from, to };
  const ports = { sourcePort: Number(sourcePort), destinationPort: Number(destinationPort) };
  const packet =
    protocol === "tcp"
      ? ip(ends, TCP, tcp(ends, { ...ports, flags }))
      : ip(ends, UDP, udp(ends, { ...ports, data: new Uint8Array(10) }));
  const mac = [...emulator.node.interfaces.find(({ name }) => name === "eth0")!.mac!];
  emulator.send(Uint8Array.from([...mac, 2, 9, 9, 9, 9, 9, 8, 0, ...packet]), "eth0");
}

/** Blocks of a service and its servers: the kernel's order of services is that of a hash table. */
function blocks(text: string): string[] {
  const lines = text.split("\n");
  const titles = lines.splice(0, 3).join("\n");
  return [titles, ...lines.join("\n").split(/\n(?! {2})/)].sort();
}

/** Connections stand in the order of a hash table; seconds pass while they are listed. */
function connections(text: string): string[] {
  const withoutSeconds = (line: string) => line.replace(/ \d\d:\d\d /, " --:-- ").replace(/ +\d+$/, " -");
  return text.split("\n").map(withoutSeconds).sort();
}

describe("what the tools list on a node", () => {
  const node = director(recorded.setup_in_order, 10);
  const asked = recorded.listings.filter(
    ({ command, exit }) => exit === 0 && /-L|-S|cat|--version/.test(command) && !/printf/.test(command),
  );

  it.each(asked)("is what the real ones print for `$command'", async ({ command, output }) => {
    const text = listing(await node, command);
    if (/nosort|ip_vs$/.test(command)) expect(blocks(text)).toEqual(blocks(output));
    else if (/c( |$)|ip_vs_conn/.test(command) && !/rate/.test(command))
      expect(connections(text)).toEqual(connections(output));
    else if (/--rate/.test(command))
      expect(text.replace(/ [0-3](?= +0$)/gm, " -")).toBe(output.replace(/ [0-3](?= +0$)/gm, " -"));
    else expect(text).toBe(output);
  });

  it.each(recorded.listings.filter(({ exit, command }) => exit !== 0 && command.startsWith("ipvsadm")))(
    "is refused as by the real ones: `$command'",
    async ({ command, output }) => {
      const emulator = await node;
      expect(() => emulator.command(command)).toThrow(output.trim());
    },
  );

  it("puts the server added last first, where it does not sort", async () => {
    const restored = recorded.listings.find(({ command }) => command.startsWith("printf"))!;
    const lines = /'(.*)'/
      .exec(restored.command)![1]!
      .split("\\n")
      .filter((line) => line !== "");
    const emulator = await director(lines.map((line) => `ipvsadm ${line}`));
    expect(listing(emulator, "ipvsadm -Ln --nosort -t 3.3.3.3:80")).toBe(restored.output);
  });

  it("shows counters as the estimator copied them last, every two seconds", async () => {
    const emulator = await director([
      "ipvsadm -A -t 10.96.0.1:80 -s rr",
      "ipvsadm -a -t 10.96.0.1:80 -r 10.1.0.9:80 -m",
    ]);
    for (let i = 0; i < 5; i++) send(emulator, `packet tcp 198.51.100.7:${4000 + i} -> 10.96.0.1:80 S`);
    const server = (option: string) => listing(emulator, `ipvsadm -Ln ${option}`).split("\n")[4];
    expect(server("--stats")).toBe("  -> 10.1.0.9:80                         0        0        0        0        0");
    emulator.runUntil(2_100_000_000n);
    expect(server("--stats")).toBe("  -> 10.1.0.9:80                         5        5        0      200        0");
    // Five in two seconds, a quarter of it at first, rounded up; bytes alike.
    expect(server("--rate")).toBe("  -> 10.1.0.9:80                         1        1        0       25        0");
    emulator.runUntil(4_100_000_000n);
    expect(server("--rate")).toBe("  -> 10.1.0.9:80                         0        0        0       19        0");
    emulator.command("ipvsadm -Z");
    expect(server("--stats")).toBe("  -> 10.1.0.9:80                         0        0        0        0        0");
    expect(server("--rate")).toBe("  -> 10.1.0.9:80                         0        0        0        0        0");
    emulator.command("sysctl -w net.ipv4.vs.run_estimation=0");
    send(emulator, "packet tcp 198.51.100.7:4999 -> 10.96.0.1:80 S");
    emulator.runUntil(9_000_000_000n);
    expect(server("--stats")).toBe("  -> 10.1.0.9:80                         0        0        0        0        0");
  });

  it("shows calls by their Call-ID, and daemons", async () => {
    const emulator = await director([
      "ipvsadm -A -u 10.96.0.1:5060 -s rr -p 60 --pe sip",
      "ipvsadm -a -u 10.96.0.1:5060 -r 10.1.0.9:5070 -m",
      "ipvsadm --start-daemon backup --mcast-interface eth0 --syncid 7",
      "ipvsadm --start-daemon master --mcast-interface eth0",
    ]);
    expect(emulator.ignored.map(({ message }) => message)).toEqual([
      "IPVS' backup daemon runs, but no connection comes in by it",
      "IPVS' master daemon runs, but its packets are not sent",
    ]);
    expect(() => emulator.command("ipvsadm --start-daemon master --mcast-interface eth0")).toThrow(
      "ipvsadm: Daemon has already run",
    );
    expect(listing(emulator, "ipvsadm -Ln --daemon")).toBe(
      "master sync daemon (mcast=eth0, syncid=0, maxlen=1472, group=224.0.0.81, port=8848, ttl=1)\n" +
        "backup sync daemon (mcast=eth0, syncid=7, maxlen=65507, group=224.0.0.81, port=8848, ttl=1)\n",
    );
    const ends = { from: "198.51.100.7", to: "10.96.0.1" };
    const data = new TextEncoder().encode("INVITE sip:b@x SIP/2.0\r\nCall-ID: abc@10.0.0.1\r\n\r\n");
    const mac = [...emulator.node.interfaces.find(({ name }) => name === "eth0")!.mac!];
    const packet = ip(ends, UDP, udp(ends, { sourcePort: 5060, destinationPort: 5060, data }));
    emulator.send(Uint8Array.from([...mac, 2, 9, 9, 9, 9, 9, 8, 0, ...packet]), "eth0");
    expect(listing(emulator, "ipvsadm -Lnc --persistent-conn")).toBe(
      "IPVS connection entries\n" +
        "pro expire state       source             virtual            destination        pe name          pe_data\n" +
        "UDP 01:00  NONE        198.51.100.7:0     10.96.0.1:5060     10.1.0.9:5070    sip                abc@10.0.0.1\n" +
        "UDP 05:00  UDP         198.51.100.7:5060  10.96.0.1:5060     10.1.0.9:5070\n",
    );
  });
});
