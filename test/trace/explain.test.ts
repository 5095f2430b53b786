import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import {
  explainDescription,
  explainFlow,
  explainPacket,
  explanationText,
  parseNode,
  TERMINAL,
} from "../../src/index.ts";
import { frameTo, pcapngOf } from "../support/frames.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

const NAT = `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:WEB - [0:0]
-A PREROUTING -d 10.0.0.1/32 -p tcp -m tcp --dport 80 -j WEB
-A POSTROUTING -o eth1 -j MASQUERADE
-A WEB -p tcp -j DNAT --to-destination 10.1.0.9:8080
COMMIT
`;
const NODE = parseNode(nodeFiles({ "iptables.save": NAT }));

describe("an explanation", () => {
  it("follows a packet through hooks, chains, NAT and routing", async () => {
    const { walks } = await explainDescription(NODE, "tcp 10.0.0.9:4000 > 10.0.0.1:80", undefined);
    expect(explanationText(1, walks)).toBe(`Packet 1: TCP 10.0.0.9:4000 > 10.0.0.1:80 [S] length 40 ttl 64
  PREROUTING in eth0
    conntrack: NEW
    nat:PREROUTING:rule:1  -A PREROUTING -d 10.0.0.1/32 -p tcp -m tcp --dport 80 -j WEB
    nat:WEB:rule:1  -A WEB -p tcp -j DNAT --to-destination 10.1.0.9:8080
    NAT rewrites the destination
    destination 10.0.0.1:80 becomes 10.1.0.9:8080
  route: onward, out eth1
    ttl 64 becomes 63
  FORWARD in eth0 out eth1
  POSTROUTING in eth0 out eth1
    nat:POSTROUTING:rule:1  -A POSTROUTING -o eth1 -j MASQUERADE
    NAT rewrites the source
    source 10.0.0.9:4000 becomes 10.1.0.1:4000
  sent out eth1
`);
  });

  it("sets headings, changes and drops off on a terminal, and says the same", async () => {
    const drop = parseNode(nodeFiles({ "iptables.save": "*filter\n:FORWARD DROP [0:0]\nCOMMIT\n" }));
    const { walks } = await explainDescription(drop, "tcp 10.0.0.9:4000 > 10.1.0.9:80", undefined);
    const coloured = explanationText(1, walks, TERMINAL);
    expect(coloured).toContain("  \x1b[1mPREROUTING in eth0\x1b[22m\n");
    expect(coloured).toContain("    \x1b[33mttl 64 becomes 63\x1b[39m\n");
    expect(coloured).toContain("  \x1b[31mdropped: by a chain's policy\x1b[39m\n");
    expect(stripVTControlCharacters(coloured)).toBe(explanationText(1, walks));
  });

  it("tells of the packet that the kernel sends because of it", async () => {
    const rules =
      "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p udp -j REJECT --reject-with icmp-port-unreachable\nCOMMIT\n";
    const node = parseNode(nodeFiles({ "iptables.save": rules }));
    const { walks } = await explainDescription(node, "udp 10.0.0.9:4000 > 10.0.0.1:53", "eth0");
    expect(walks.map(({ isKernelMade, steps }) => [isKernelMade, steps.at(-1)])).toEqual([
      [false, { step: "end", fate: "dropped", reason: "by a rule", out: undefined }],
      [true, { step: "end", fate: "sent", reason: undefined, out: "eth0" }],
    ]);
  });

  it("takes a packet of a capture after everything before it, and a flow in both directions", async () => {
    const capture = pcapngOf(
      ["eth0", "eth1"],
      [
        { bytes: frameTo(MACS.eth0, "tcp 10.0.0.9:4000 > 10.0.0.1:80 S") },
        { bytes: frameTo(MACS.eth0, "udp 10.0.0.9:1 > 10.1.0.9:1") },
        { on: 1, bytes: frameTo(MACS.eth1, "tcp 10.1.0.9:8080 > 10.1.0.1:4000 SA") },
      ],
    );
    const reply = await explainPacket(NODE, capture, 3);
    expect(reply!.walks[0]!.steps).toContainEqual({ step: "conntrack", state: "ESTABLISHED (reply)" });
    expect(reply!.walks[0]!.steps.at(-1)).toEqual({ step: "end", fate: "sent", reason: undefined, out: "eth0" });
    expect(await explainPacket(NODE, capture, 9)).toBeUndefined();
    const flow = await explainFlow(NODE, capture, "tcp 10.1.0.9:8080 > 10.1.0.1:4000");
    expect(flow.map(({ packet }) => packet)).toEqual([3]);
  });
});
