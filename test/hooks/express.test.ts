import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CLIENT_SIDE_MAC, SERVER_SIDE_MAC } from "../../src/generate/workload.ts";
import { ConntrackEvents, generateCapture, type ReplayOptions } from "../../src/index.ts";
import { resultTexts } from "../support/result-texts.ts";

const RULES = `*mangle
-A PREROUTING -p udp -j CONNMARK --set-xmark 0x7/0xffffffff
COMMIT
*filter
:FORWARD DROP [0:0]
-A FORWARD -p tcp -m tcp --tcp-flags PSH PSH -m tos --tos 0x10/0x3f
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -m conntrack --ctstate NEW -j ACCEPT
COMMIT
`;

function hex(mac: Uint8Array): string {
  return [...mac].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function link(ifindex: number, ifname: string, local: string, mac: Uint8Array) {
  const addr_info = [{ family: "inet", local, prefixlen: 16, scope: "global", label: ifname }];
  return { ifindex, ifname, flags: ["UP", "LOWER_UP"], mtu: 1500, link_type: "ether", address: hex(mac), addr_info };
}

const NODE = new Map(
  Object.entries({
    "addr.json": JSON.stringify([
      link(1, "eth0", "10.1.0.1", CLIENT_SIDE_MAC),
      link(2, "eth1", "10.2.0.1", SERVER_SIDE_MAC),
    ]),
    "route.json": JSON.stringify([
      { dst: "10.1.0.0/16", gateway: "10.1.255.254", dev: "eth0" },
      { dst: "10.2.0.0/16", gateway: "10.2.255.254", dev: "eth1" },
    ]),
    "neigh.json": JSON.stringify([
      { dst: "10.1.255.254", dev: "eth0", lladdr: "02:00:00:00:01:01", state: ["PERMANENT"] },
      { dst: "10.2.255.254", dev: "eth1", lladdr: "02:00:00:00:01:02", state: ["PERMANENT"] },
    ]),
    "sysctl.txt": "net.ipv4.ip_forward = 1\nnet.netfilter.nf_conntrack_acct = 1\n",
    "iptables.save": RULES,
  }).map(([name, text]) => [name, new TextEncoder().encode(text)]),
);

/** The first packet's frame, and how far apart frames of 64 bytes lie in a generated capture. */
const SIZE = 64;
const PACKETS = 2_000;

/** A generated capture in which bytes of some headers were changed. */
function damagedCapture(seed: number, damages: readonly { packet: number; at: number; value: number }[]): Uint8Array {
  const capture = Buffer.concat([
    ...generateCapture({ packets: PACKETS, flows: 40, seed, size: SIZE, synFlood: 0.02 }),
  ]);
  const view = new DataView(capture.buffer, capture.byteOffset, capture.length);
  const frames: number[] = [];
  for (let at = 0; at < capture.length; at += view.getUint32(at + 4, true)) {
    if (view.getUint32(at, true) === 6) frames.push(at + 28);
  }
  for (const { packet, at, value } of damages) capture[frames[packet]! + at] = value;
  return new Uint8Array(capture);
}

const damage = fc.record({
  packet: fc.integer({ min: 0, max: PACKETS - 1 }),
  /** A byte of the Ethernet, IPv4 or transport header. */
  at: fc.integer({ min: 0, max: 53 }),
  value: fc.constantFrom(0, 1, 2, 4, 16, 64, 128, 255),
});

describe("the express lane of established connections", () => {
  it("gives what the walk gives, whatever stands in the headers", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1000 }),
        fc.array(damage, { minLength: 0, maxLength: 300 }),
        async (seed, damages) => {
          const capture = damagedCapture(seed, damages);
          const [quick, thorough] = await Promise.all([
            resultTexts(NODE, capture, { batch: 64 }),
            resultTexts(NODE, capture, { pathCache: false, index: false, batch: 1 }),
          ]);
          expect(quick).toEqual(thorough);
        },
      ),
      { numRuns: 6 },
    );
  });

  it("tells of connections what the walk tells, with the packet that caused it", async () => {
    const capture = damagedCapture(7, []);
    const texts = (options: ReplayOptions) =>
      resultTexts(NODE, capture, { ...options, conntrackEvents: true }, (_, append) => {
        return new ConntrackEvents((line) => append("events", `${line}\n`), { timestamp: true });
      });
    const [quick, thorough] = await Promise.all([
      texts({ batch: 64 }),
      texts({ pathCache: false, index: false, batch: 1 }),
    ]);
    expect(quick.get("events")).toContain("LAST_ACK");
    expect(quick.get("events")).toContain("TIME_WAIT");
    expect(quick).toEqual(thorough);
  });
});
