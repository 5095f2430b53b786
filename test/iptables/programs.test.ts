import { describe, expect, it } from "vitest";
import { Firewall } from "../support/firewall.ts";
import { ipv4, tcp, udp } from "../support/ip.ts";

const between = (from: string, to: string, protocol: number, payload: Uint8Array) =>
  ipv4({ from, to, protocol, payload });
const SSH = between("10.1.0.9", "10.2.0.7", 6, tcp({ from: 4000, to: 22, flags: 2 }));
const BACK = between("10.2.0.7", "10.1.0.9", 6, tcp({ from: 22, to: 4000, flags: 0x12 }));
const NAMES = between("10.1.0.9", "10.2.0.7", 17, udp(4000, 53, new Uint8Array(4)));

/** DCCP from port 5 to 6: type and data offset as given. */
function dccp(type: number, words: number, options: readonly number[] = []): Uint8Array {
  const header = [0, 5, 0, 6, words, 0, 0, 0, type << 1, 0, 0, 1];
  return between("10.1.0.9", "10.2.0.7", 33, Uint8Array.from([...header, ...options]));
}

async function matched(rule: string, ...packets: readonly Uint8Array[]): Promise<number> {
  const firewall = await Firewall.create();
  firewall.load(4, { filter: [`-A FORWARD ${rule}`] });
  for (const packet of packets) firewall.send(packet, 0, packet === BACK ? "eth1" : "eth0");
  return Number(/^\[([0-9]+):/.exec(firewall.counters(4)[0]!)![1]);
}

describe("a match", () => {
  it.each([
    ["the protocol by bpf", '-m bpf --bytecode "4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0"', 1],
    ["a port behind the header length by bpf", '-m bpf --bytecode "5,177 0 0 0,72 0 0 2,21 0 1 53,6 0 0 1,6 0 0 0"', 1],
    ["nothing where bpf reads outside", '-m bpf --bytecode "2,32 0 0 60000,6 0 0 1"', 0],
    ["packets without IPsec", "-m policy --dir in --pol none", 2],
    ["no packet as decrypted", "-m policy --dir in --pol ipsec", 0],
  ])("knows %s", async (_, rule, count) => {
    expect(await matched(rule, SSH, NAMES)).toBe(count);
  });

  it("knows DCCP's types and options", async () => {
    const request = dccp(0, 5, [0, 0, 0, 7, 33, 4, 1, 1]);
    expect(await matched("-p dccp -m dccp --dccp-types REQUEST", request, dccp(2, 3))).toBe(1);
    expect(await matched("-p dccp -m dccp --sport 5 ! --dport 6", request)).toBe(0);
    expect(await matched("-p dccp -m dccp --dccp-option 33", request, dccp(2, 3))).toBe(1);
  });

  it("gives a connection to exactly one node of a cluster, whatever its direction", async () => {
    const nodes = [1, 2, 3].map((node) => `--cluster-total-nodes 3 --cluster-local-node ${node} --cluster-hash-seed 7`);
    const counts = await Promise.all(nodes.map((node) => matched(`-m cluster ${node}`, SSH, BACK)));
    expect([...counts].sort()).toEqual([0, 0, 2]);
  });
});

describe("a bpf program", () => {
  it.each([
    ["1,21 0 0 0", "the last instruction does not return|jumps out"],
    ["2,52 0 0 0,6 0 0 1", "divides by zero"],
    ["2,96 0 0 3,22 0 0 0", "reads M\\[3\\] before it is written"],
    ["2,255 0 0 0,6 0 0 1", "unknown code"],
    ["2,32 0 0 4294963236,6 0 0 1", "not emulated"],
  ])("is refused at load: %s", async (program, words) => {
    await expect(matched(`-m bpf --bytecode "${program}"`)).rejects.toThrow(new RegExp(words));
  });
});

describe("HMARK", () => {
  it("gives both directions the same mark", async () => {
    const firewall = await Firewall.create();
    const rules = Array.from({ length: 16 }, (_, i) => `-A FORWARD -m mark --mark ${i + 32}`);
    const hmark =
      "-A FORWARD -j HMARK --hmark-tuple src,dst,sport,dport --hmark-mod 16 --hmark-offset 32 --hmark-rnd 9";
    firewall.load(4, { mangle: [hmark, ...rules] });
    firewall.send(SSH);
    firewall.send(BACK, 0, "eth1");
    const counts = firewall.counters(4).slice(1);
    expect(counts.filter((count) => count !== "[0:0]")).toEqual(["[2:80]"]);
  });
});
