import { describe, expect, it } from "vitest";
import { parseMac } from "../../src/config/address.ts";
import { withEthernet } from "../../src/engine/build-packet.ts";
import { type Node, replay, verdicts } from "../../src/index.ts";
import { bridgeNode } from "../support/bridge-node.ts";
import { type Captured, frameTo, pcapngOf } from "../support/frames.ts";
import { checksum, ipv4 } from "../support/ip.ts";

const [ETH0, ETH1, ETH2] = [0, 1, 2];
const GROUP = "239.1.2.3";
const [QUERY, REPORT, LEAVE] = [0x11, 0x16, 0x17];
const ALL_HOSTS = "224.0.0.1";

function bytesOf(address: string): number[] {
  return address.split(".").map(Number);
}

/** An IGMP message of the second version from the host 10.5.0.`10 + on`. */
function igmp(on: number, seconds: number, type: number, group: string, to = group): Captured {
  const unsummed = Uint8Array.from([type, 1, 0, 0, ...bytesOf(group)]);
  const sum = checksum(unsummed);
  const payload = unsummed.with(2, sum >> 8).with(3, sum & 0xff);
  const packet = ipv4({ from: `10.5.0.${10 + on}`, to, protocol: 2, ttl: 1, payload });
  return {
    on,
    seconds,
    bytes: withEthernet(packet, parseMac("01:00:5e:01:02:03")!, parseMac(`02:05:00:00:00:0${on}`)!),
  };
}

const query = (on: number, seconds: number) => igmp(on, seconds, QUERY, "0.0.0.0", ALL_HOSTS);
const join = (on: number, seconds: number) => igmp(on, seconds, REPORT, GROUP);
const leave = (on: number, seconds: number) => igmp(on, seconds, LEAVE, GROUP, "224.0.0.2");

function data(on: number, seconds: number, group = GROUP): Captured {
  const bytes = frameTo("01:00:5e:01:02:03", `udp 10.5.0.99:1 > ${group}:1`, "02:05:00:00:00:63");
  return { on, seconds, bytes };
}

/** Where the last frame went. */
async function lastOf(frames: readonly Captured[], node: Node = bridgeNode()): Promise<string[]> {
  const found: string[] = [];
  for await (const { packet, fate, interface: name } of verdicts(node, pcapngOf(["eth0", "eth1", "eth2"], frames))) {
    if (packet === frames.length) found.push(name ?? fate);
  }
  return found;
}

describe("a bridge that snoops", () => {
  it("sends a group to all until somebody asks for members and they had the time to answer", async () => {
    expect(await lastOf([join(ETH1, 0), data(ETH0, 1)])).toEqual(["eth2", "eth1", "dropped"]);
    expect(await lastOf([join(ETH1, 0), query(ETH2, 1), data(ETH0, 1.05)])).toEqual(["eth2", "eth1", "dropped"]);
  });

  it("then sends it to those who asked for it and to whoever asks for members", async () => {
    expect(await lastOf([query(ETH2, 0), join(ETH1, 1), data(ETH0, 2)])).toEqual(["eth2", "eth1"]);
    expect(await lastOf([query(ETH2, 0), data(ETH0, 2)])).toEqual(["eth2"]);
    expect(await lastOf([query(ETH2, 0), data(ETH2, 2)])).toEqual(["dropped"]);
  });

  it("sends groups of the link itself to all", async () => {
    expect(await lastOf([query(ETH2, 0), data(ETH0, 2, "224.0.0.251")])).toEqual(["eth2", "eth1", "dropped"]);
  });

  it("keeps a member that leaves as long as others may be left, unless the port is of one host", async () => {
    const frames = [query(ETH2, 0), join(ETH0, 1), leave(ETH0, 2), data(ETH1, 3)];
    expect(await lastOf(frames)).toEqual(["eth2", "eth0"]);
    expect(await lastOf(frames, bridgeNode({ port: { fastleave: true } }))).toEqual(["eth2"]);
  });

  it("forgets members that do not answer", async () => {
    const question = igmp(ETH2, 2, QUERY, GROUP);
    expect(await lastOf([query(ETH2, 0), join(ETH0, 1), question, data(ETH1, 2.1)])).toEqual(["eth2", "eth0"]);
    expect(await lastOf([query(ETH2, 0), join(ETH0, 1), question, data(ETH1, 2.3)])).toEqual(["eth2"]);
    const node = bridgeNode({ bridge: { mcast_membership_intvl: 300 } });
    expect(await lastOf([query(ETH2, 0), join(ETH0, 1), data(ETH1, 5)], node)).toEqual(["eth2"]);
  });

  it("sends each host its own copy where it was told to", async () => {
    const node = bridgeNode({ port: { mcast_to_unicast: true } });
    const receivers: string[] = [];
    const other = { ...join(ETH0, 1), bytes: join(ETH0, 1).bytes.with(11, 7) };
    const capture = pcapngOf(["eth0", "eth1", "eth2"], [query(ETH2, 0), join(ETH0, 1), other, data(ETH1, 2)]);
    await replay(node, capture, {
      observe: () => [
        {
          frame: ({ number, bytes }) =>
            number === 4 && receivers.push(Buffer.from(bytes.subarray(0, 6)).toString("hex")),
        },
      ],
    });
    expect(receivers.sort()).toEqual(["01005e010203", "020500000000", "020500000007"]);
  });

  it("reads no more when there are too many groups", async () => {
    const node = bridgeNode({ bridge: { mcast_hash_max: 1 } });
    const second = igmp(ETH1, 2, REPORT, "239.1.2.4");
    expect(await lastOf([query(ETH2, 0), join(ETH1, 1), second], node)).toEqual(["dropped"]);
    expect(await lastOf([query(ETH2, 0), join(ETH1, 1), second, data(ETH0, 3)], node)).toEqual([
      "eth2",
      "eth1",
      "dropped",
    ]);
  });

  it("begins with what `bridge mdb` said, and says what that leaves open", async () => {
    const mdb = [
      {
        mdb: [
          { dev: "br0", port: "eth1", grp: GROUP, state: "temp", timer: " 259.98" },
          { dev: "br0", port: "br0", grp: "239.9.9.9", state: "permanent" },
        ],
        router: { br0: [{ port: "eth2", timer: " 254.98", type: "temp" }] },
      },
    ];
    const node = bridgeNode({ mdb });
    expect(node.warnings.map(({ code }) => code)).toContain("BRIDGE_QUERIER");
    expect(await lastOf([data(ETH0, 0)], node)).toEqual(["eth2", "eth1"]);
    expect(await lastOf([data(ETH0, 0, "239.9.9.9")], node)).toEqual(["eth2", "dropped"]);
    expect(await lastOf([data(ETH0, 0), data(ETH0, 300)], node)).toEqual(["eth2", "eth1", "dropped"]);
  });

  it("says of each frame that it went to all where the bridge keeps lists of sources", async () => {
    const frames = [query(ETH2, 0), data(ETH0, 2), data(ETH0, 3, "224.0.0.251")];
    const node = bridgeNode({ bridge: { mcast_igmp_version: 3 } });
    const { notes } = await replay(node, pcapngOf(["eth0", "eth1", "eth2"], frames));
    expect(notes).toEqual([expect.stringMatching(/^1 x went to all ports .* sources .*; first packet 2$/)]);
  });
});
