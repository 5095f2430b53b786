import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readFlowFields } from "../../src/engine/flow-fields.ts";
import { readdress } from "../../src/engine/readdress.ts";
import { type OutputFrame, parseNode, type RepliesMode, replay } from "../../src/index.ts";
import { type Captured, frameTo, packetOf, pcapngOf } from "../support/frames.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

const SERVER_MAC = "02:09:00:00:01:09";
const NAT = `*nat
-A PREROUTING -i eth0 -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.1.0.9:8080
-A PREROUTING -i eth0 -d 10.96.0.1/32 -p udp -m udp --dport 53 -j DNAT --to-destination 10.1.0.9:5353
-A POSTROUTING -o eth1 -p udp -j MASQUERADE
COMMIT
`;

/** What leaves, and what the run says of the replies. */
async function play(packets: readonly Captured[], replies: RepliesMode) {
  const frames: OutputFrame[] = [];
  const node = parseNode(nodeFiles({ "iptables.save": NAT }));
  const { notes } = await replay(node, pcapngOf(["eth0", "eth1"], packets), {
    replies,
    verifyChecksums: false,
    observe: () => [{ frame: (frame) => frames.push({ ...frame, bytes: frame.bytes.slice() }) }],
  });
  return { sent: frames.map(words), notes: [...notes] };
}

/** An answer that acknowledges the SYN of a packet in words (its sequence number is 1000). */
function acknowledging(words: string): Uint8Array {
  const frame = frameTo(MACS.eth1, words, SERVER_MAC);
  new DataView(frame.buffer).setUint32(14 + 20 + 8, 1001);
  return frame;
}

function words({ number, bytes }: OutputFrame): string {
  const fields = readFlowFields(bytes.subarray(bytes[0]! >> 4 === 4 ? 0 : 14))!;
  return `${number} ${fields.source.join(".")}:${fields.sourcePort} > ${fields.destination.join(".")}:${fields.destinationPort}`;
}

const REQUEST = { bytes: frameTo(MACS.eth0, "tcp 10.0.0.9:1000 > 10.96.0.1:80 S") };
const QUESTION = { bytes: frameTo(MACS.eth0, "udp 10.0.0.9:1000 > 10.96.0.1:53") };

describe("replies of a capture", () => {
  const fromOther = { on: 1, bytes: acknowledging("tcp 10.1.0.8:9090 > 10.0.0.9:1000 SA") };

  it("of another server go in as they are, come from the chosen server, or are left out", async () => {
    const packets = [REQUEST, fromOther];
    const asked = "1 10.0.0.9:1000 > 10.1.0.9:8080";
    expect(await play(packets, "capture")).toEqual({ sent: [asked, "2 10.1.0.8:9090 > 10.0.0.9:1000"], notes: [] });
    expect(await play(packets, "retarget")).toEqual({
      sent: [asked, "2 10.96.0.1:80 > 10.0.0.9:1000"],
      notes: ["1 replies come from the server that this run chose, not the one of the capture"],
    });
    expect(await play(packets, "none")).toEqual({ sent: [asked], notes: ["1 replies are left out"] });
  });

  it("to the node's address, behind masquerading, are known by the client's port", async () => {
    const masked = { on: 1, bytes: frameTo(MACS.eth1, "udp 10.1.0.8:9090 > 10.1.0.1:1000", SERVER_MAC) };
    const { sent } = await play([QUESTION, masked], "retarget");
    expect(sent).toEqual(["1 10.1.0.1:1000 > 10.1.0.9:5353", "2 10.96.0.1:53 > 10.0.0.9:1000"]);
  });

  it("are taken from what the node sent on, where the capture shows the client's side only", async () => {
    const sentOn = { bytes: frameTo("02:09:00:00:00:09", "tcp 10.96.0.1:80 > 10.0.0.9:1000 SA", MACS.eth0) };
    const frames: Uint8Array[] = [];
    const node = parseNode(nodeFiles({ "iptables.save": NAT }));
    const { passedOver } = await replay(node, pcapngOf(["eth0", "eth1"], [REQUEST, sentOn]), {
      replies: "retarget",
      observe: () => [{ frame: ({ number, bytes }) => number === 2 && frames.push(bytes.slice()) }],
    });
    expect(frames).toEqual([sentOn.bytes]);
    expect([...passedOver]).toEqual([]);
  });

  it("are left out when the client reached nobody, and said so", async () => {
    const elsewhere = { bytes: frameTo(MACS.eth0, "tcp 10.0.0.9:1001 > 10.0.0.1:80 S") };
    const sentOn = { bytes: frameTo("02:09:00:00:00:09", "tcp 10.99.0.1:80 > 10.0.0.9:1000 SA", MACS.eth0) };
    const { notes } = await play(
      [{ bytes: frameTo(MACS.eth0, "tcp 10.0.0.9:1000 > 10.99.0.1:80 S") }, sentOn, elsewhere],
      "retarget",
    );
    expect(notes).toEqual([
      "1 replies are left out: in this run their client reaches no server that answers through the node",
    ]);
  });

  it("with ports used again belong to the conversation that they can acknowledge", async () => {
    const again = frameTo(MACS.eth0, "tcp 10.0.0.9:1000 > 10.96.0.1:80 S");
    new DataView(again.buffer).setUint32(14 + 20 + 4, 500_000);
    const late = acknowledging("tcp 10.1.0.8:9090 > 10.0.0.9:1000 SA");
    new DataView(late.buffer).setUint32(14 + 20 + 8, 500_001);
    const { sent, notes } = await play([REQUEST, fromOther, { bytes: again }, { on: 1, bytes: late }], "retarget");
    expect(sent[3]).toBe("4 10.96.0.1:80 > 10.0.0.9:1000");
    expect(notes).toEqual(["2 replies come from the server that this run chose, not the one of the capture"]);
  });
});

describe("readdress", () => {
  const address = fc.uint8Array({ minLength: 4, maxLength: 4 });
  const port = fc.integer({ min: 0, max: 0xffff });
  const end = fc.record({ address, port });

  it("gives the packet that would have been built between the ends", () => {
    fc.assert(
      fc.property(fc.constantFrom("tcp", "udp"), end, end, (protocol, from, to) => {
        const packet = packetOf(`${protocol} 10.0.0.9:1 > 10.0.0.8:2${protocol === "tcp" ? " SA" : ""}`);
        const text = ({ address: bytes, port: number }: typeof from) => `${bytes.join(".")}:${number}`;
        const built = packetOf(`${protocol} ${text(from)} > ${text(to)}${protocol === "tcp" ? " SA" : ""}`);
        expect(readdress(packet, readFlowFields(packet)!, from, to)).toEqual(built);
      }),
    );
  });
});
