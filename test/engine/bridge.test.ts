import { describe, expect, it } from "vitest";
import { parseMac } from "../../src/config/address.ts";
import { withEthernet } from "../../src/engine/build-packet.ts";
import { replay, type Verdict, verdicts } from "../../src/index.ts";
import { BRIDGE_MAC as BRIDGE, bridgeNode as nodeWith } from "../support/bridge-node.ts";
import { type Captured, frameTo, pcapngOf } from "../support/frames.ts";
import { ipv4 } from "../support/ip.ts";

const [A, B] = ["02:05:00:00:00:0a", "02:05:00:00:00:0b"];
const ETH0 = 0;
const ETH1 = 1;

function typed(type: number, to: string, from: string, behind: readonly number[] = []): Uint8Array {
  const frame = frameTo(to, "udp 10.5.0.10:1 > 10.5.0.11:1", from);
  return Uint8Array.from([...frame.subarray(0, 12), type >> 8, type & 0xff, ...behind, ...frame.subarray(14)]);
}

const arp = (to: string, from: string) => typed(0x0806, to, from);
/** VLAN `id` around IPv4. */
const tagged = (id: number, to: string, from: string) => typed(0x8100, to, from, [id >> 8, id & 0xff, 0x08, 0x00]);

/** An IGMP message from 10.5.0.10, with its checksum in it. */
function igmp(destination: string, message: readonly number[]): Captured {
  const packet = ipv4({ from: "10.5.0.10", to: destination, protocol: 2, ttl: 1, payload: Uint8Array.from(message) });
  return { on: ETH0, bytes: withEthernet(packet, parseMac("01:00:5e:00:00:01")!, parseMac(A)!) };
}

async function run(packets: readonly Captured[], node = nodeWith()): Promise<string[]> {
  const lines: string[] = [];
  for await (const verdict of verdicts(node, pcapngOf(["eth0", "eth1", "eth2"], packets))) lines.push(line(verdict));
  return lines;
}

function line({ packet, fate, interface: name, reason }: Verdict): string {
  return [packet, fate, name, reason].filter((part) => part !== undefined).join(" ");
}

describe("a bridge", () => {
  it("floods ARP, learns who asked, and sends the answer there alone", async () => {
    expect(
      await run([
        { on: ETH0, bytes: arp("ff:ff:ff:ff:ff:ff", A) },
        { on: ETH1, bytes: arp(A, B) },
      ]),
    ).toEqual(["1 sent eth2", "1 sent eth1", "1 ignored not IP", "2 sent eth0"]);
  });

  it("forgets an address when its ageing time is over", async () => {
    const learned = { on: ETH0, bytes: arp(B, A) };
    const node = nodeWith({ bridge: { ageing_time: 200 } });
    const asked = (seconds: number) => [learned, { on: ETH1, seconds, bytes: arp(A, B) }];
    expect((await run(asked(1), node)).slice(2)).toEqual(["2 sent eth0"]);
    expect((await run(asked(3), node)).slice(2)).toEqual(["2 sent eth2", "2 sent eth0"]);
  });

  it("keeps a frame with a tag as it is, and gives one for itself to its VLAN device", async () => {
    const frames = [
      { on: ETH0, bytes: tagged(10, A, B) },
      { on: ETH0, bytes: tagged(11, BRIDGE, B) },
      { on: ETH0, bytes: tagged(10, BRIDGE, B) },
    ];
    expect(await run(frames)).toEqual([
      "1 sent eth2",
      "1 sent eth1",
      "2 ignored a VLAN that the node has no interface for",
      "3 sent br0",
    ]);
  });

  it("takes a tagged frame to a port's own address for the node's", async () => {
    const frames = [{ on: ETH0, bytes: tagged(10, "02:00:00:00:00:10", B) }];
    expect(await run(frames)).toEqual(["1 sent br0"]);
  });

  it("passes large pieces of TCP on with their tag", async () => {
    const packet = new Uint8Array(4000);
    packet.set(frameTo(A, "tcp 10.5.0.10:1 > 10.5.0.11:1 .", B).subarray(14));
    packet.set([4000 >> 8, 4000 & 0xff], 2);
    const bytes = Uint8Array.from([...tagged(11, A, B).subarray(0, 18), ...packet]);
    expect(await run([{ on: ETH0, bytes }])).toEqual(["1 sent eth2", "1 sent eth1"]);
  });

  it("completes the checksum of what leaves with a tag, as a card would", async () => {
    const whole = tagged(11, A, B);
    const begun = whole.slice();
    const ip = 14 + 4;
    const view = new DataView(begun.buffer);
    const words = [12, 14, 16, 18].map((at) => view.getUint16(ip + at));
    view.setUint16(ip + 20 + 6, words.reduce((sum, word) => sum + word, 17 + 8) % 0xffff);
    expect(begun).not.toEqual(whole);
    const sent: Uint8Array[] = [];
    await replay(nodeWith(), pcapngOf(["eth0"], [{ on: ETH0, bytes: begun }]), {
      observe: () => [{ frame: ({ bytes }) => sent.push(bytes.slice()) }],
    });
    expect(sent).toEqual([whole, whole]);
  });

  it("keeps LLDP and pause frames at the port, and BPDU only when it speaks STP", async () => {
    const to = (group: string) => [{ on: ETH0, bytes: arp(`01:80:c2:00:00:${group}`, A) }];
    expect(await run(to("0e"))).toEqual(["1 ignored not IP"]);
    expect(await run(to("0e"), nodeWith({ bridge: { group_fwd_mask: "0x4000" } }))).toHaveLength(3);
    expect(await run(to("01"))).toEqual(["1 dropped no port of the bridge or bond takes the frame"]);
    expect(await run(to("00"))).toHaveLength(3);
    expect(await run(to("00"), nodeWith({ bridge: { stp_state: 1 } }))).toEqual(["1 ignored not IP"]);
  });

  it("lets a learning port look, a blocking one not, and a locked one known senders only", async () => {
    const frames = [
      { on: ETH0, bytes: arp(B, A) },
      { on: ETH1, bytes: arp(A, B) },
    ];
    const last = async (port: object) => (await run(frames, nodeWith({ port }))).filter((text) => text.startsWith("2"));
    expect(await last({ state: "learning" })).toEqual(["2 dropped no port of the bridge or bond takes the frame"]);
    expect(await last({ state: "blocking" })).toEqual(["2 sent eth2"]);
    expect((await run(frames, nodeWith({ port: { locked: true } })))[0]).toMatch(
      /^1 dropped the frame's source address/,
    );
  });

  it("drops IGMP that is broken, unless it does not snoop", async () => {
    const query = (type: number, sum: number) => igmp("224.0.0.1", [type, 100, sum >> 8, sum & 0xff, 0, 0, 0, 0]);
    const good = query(0x16, 0xe99b);
    const broken = query(0x16, 0xe99c);
    expect(await run([good])).toHaveLength(3);
    expect(await run([broken])).toEqual(["1 dropped the bridge reads IGMP and MLD, and this is broken"]);
    expect(await run([broken], nodeWith({ bridge: { mcast_snooping: 0 } }))).toHaveLength(3);
  });

  it("is refused where it answers for others or asks for the members of groups", () => {
    expect(() => nodeWith({ port: { neigh_suppress: true } })).toThrow(/device eth0: neigh_suppress/);
    expect(() => nodeWith({ bridge: { mcast_querier: 1 } })).toThrow(/bridge br0: multicast snooping with a querier/);
  });
});
