import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMac } from "../../src/config/address.ts";
import { withEthernet } from "../../src/engine/build-packet.ts";
import { Emulator, listing, parseNode, readState } from "../../src/index.ts";
import { frameTo } from "../support/frames.ts";
import { ipv4, udp } from "../support/ip.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

/** Everything that has a timer. */
const FILES = {
  "iptables.save": [
    "*raw",
    "-A PREROUTING -p tcp --dport 21 -j CT --helper ftp",
    "-A PREROUTING -p udp --dport 69 -j CT --helper tftp",
    "COMMIT",
    "*filter",
    "-A FORWARD -m conntrack --ctstate INVALID",
    "-A FORWARD -m conntrack --ctstate NEW",
    "-A FORWARD -m recent --name seen --rcheck --seconds 60",
    "-A FORWARD -m recent --name seen --set",
    "-A FORWARD -m hashlimit --hashlimit-name h --hashlimit-mode srcip --hashlimit-upto 6/min --hashlimit-burst 2 --hashlimit-htable-expire 20000",
    "-A FORWARD -m limit --limit 3/min --limit-burst 1",
    "-A FORWARD -p udp -m connlimit --connlimit-above 2 --connlimit-mask 24",
    "-A FORWARD -j SET --add-set sources src --exist",
    "-A FORWARD -m set --match-set sources src",
    "COMMIT\n",
  ].join("\n"),
  "ipset.save": "create sources hash:ip family inet timeout 45\n",
  "ipvsadm.save": [
    "-A -u 10.0.0.1:53 -s rr -p 70",
    "-a -u 10.0.0.1:53 -r 10.1.0.9:53 -m -w 1",
    "-A -t 10.0.0.1:80 -s wlc",
    "-a -t 10.0.0.1:80 -r 10.1.0.9:8080 -m -w 1\n",
  ].join("\n"),
  "modules.txt": "nf_nat_ftp\nnf_nat_tftp\n",
  "sysctl.txt":
    "net.ipv4.ip_forward = 1\nnet.netfilter.nf_conntrack_timestamp = 1\nnet.netfilter.nf_conntrack_acct = 1\n",
};

const PACKETS = [
  "udp 10.0.0.9:1000 > 10.1.0.9:2000",
  "udp 10.0.0.9:1001 > 10.1.0.9:2000",
  "udp 10.0.0.9:1000 > 10.0.0.1:53",
  "tcp 10.0.0.9:1000 > 10.1.0.9:80 S",
  "tcp 10.0.0.9:1000 > 10.0.0.1:80 S",
  "icmp 10.0.0.9 > 10.1.0.9",
] as const;

/** The first half of a datagram to the node that never becomes whole. */
const HALF = ipv4({ from: "10.0.0.9", to: "10.0.0.1", more: true, id: 77, payload: udp(5, 6, new Uint8Array(24)) });

/** A request for a file by TFTP, whose answer a helper expects. */
const REQUEST = ipv4({
  from: "10.0.0.9",
  to: "10.1.0.9",
  payload: udp(1002, 69, new TextEncoder().encode("\0\u0001file\0octet\0")),
});

const step = fc.oneof(
  fc.record({ packet: fc.constantFrom(...PACKETS) }),
  fc.record({ raw: fc.constantFrom(HALF, REQUEST) }),
  fc.record({ seconds: fc.constantFrom(1, 2, 10, 29, 31, 44, 46, 61, 300) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const START = 1_000;
const PEER = "02:09:00:00:00:09";

/** What a node is after these steps, time going on in pieces of at most so many seconds. */
async function outcome(steps: readonly Step[], most: number) {
  const emulator = await Emulator.create(parseNode(nodeFiles(FILES)), { startNs: BigInt(START) * 1_000_000_000n });
  const frames: string[] = [];
  emulator.observe({
    frame: ({ bytes, number }) => frames.push(`${number} ${Buffer.from(bytes).toString("hex")}`),
  });
  let now = START;
  for (const each of steps) {
    if ("packet" in each) emulator.send(frameTo(MACS.eth0, each.packet), "eth0");
    else if ("raw" in each) emulator.send(withEthernet(each.raw, parseMac(MACS.eth0)!, parseMac(PEER)!), "eth0");
    else {
      const end = now + each.seconds;
      while (now < end) {
        now = Math.min(now + most, end);
        emulator.advanceTo(now);
      }
    }
  }
  const lists = [
    "conntrack -L -o ktimestamp",
    "conntrack -L expect",
    "conntrack -C",
    "ipvsadm -Lnc",
    "ipvsadm -Ln --stats",
  ];
  expect(emulator.core.auditConnections()).toBe(0);
  return {
    frames,
    state: [...readState(emulator)].map(
      ([file, text]) => [file, file === "conntrack.txt" ? sorted(text) : text] as const,
    ),
    lists: lists.map((list) => (list.startsWith("conntrack") ? sorted : String)(listing(emulator, list))),
  };
}

/** Connections stand in the order of their memory, which says nothing, as in the kernel that of its hash says nothing. */
function sorted(text: string): string {
  return text
    .split(/(?<=\n)/)
    .sort()
    .join("");
}

describe("going on in time", () => {
  it("ends what waits: half a datagram, members of sets, connections of conntrack and IPVS, what is expected", async () => {
    const steps = [{ raw: HALF }, { raw: REQUEST }, ...PACKETS.map((packet) => ({ packet }))];
    const before = await outcome(steps, 1);
    const after = await outcome([...steps, { seconds: 31 }], 1);
    const last = await outcome([...steps, { seconds: 31 }, { seconds: 300 }], 1);
    expect(before.lists.slice(1, 3)).toEqual([expect.stringContaining("helper=tftp"), "5\n"]);
    // The reassembly time is over: ICMP type 11, code 1.
    const errors = after.frames.slice(before.frames.length);
    expect(errors.map((frame) => frame.split(" ")[1]!.slice(68, 72))).toEqual(["0b01"]);
    // TCP in SYN_SENT lives on; what the request made expected ended with its connection.
    expect(after.lists.slice(1, 3)).toEqual(["", "1\n"]);
    expect(last.lists.slice(0, 3)).toEqual(["", "", "0\n"]);
    const members = (state: readonly (readonly [string, string])[]) =>
      new Map(state)
        .get("ipset.save")!
        .split("\n")
        .filter((line) => line.startsWith("add ")).length;
    expect([members(before.state), members(last.state)]).toEqual([1, 0]);
  });

  it("refreshes what ipvsadm counts every two seconds after the start, though nothing was asked before", async () => {
    const steps: Step[] = [{ seconds: 46 }, { packet: PACKETS[4] }, { seconds: 1 }];
    for (const most of [1, Number.POSITIVE_INFINITY]) {
      const [before, after] = await Promise.all([outcome(steps, most), outcome([...steps, { seconds: 1 }], most)]);
      expect(before.lists.at(-1)).toMatch(/10\.0\.0\.1:80 +0 +0 /);
      expect(after.lists.at(-1)).toMatch(/10\.0\.0\.1:80 +1 +1 /);
    }
  });

  it("comes to the same in one leap and in many steps, whatever has a timer", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 25 }), async (steps) => {
        const leaps = await outcome(steps, Number.POSITIVE_INFINITY);
        expect(await outcome(steps, 1)).toEqual(leaps);
        expect(await outcome(steps, 0.37)).toEqual(leaps);
      }),
      { numRuns: 25 },
    );
  }, 120_000);
});
