import { describe, expect, it } from "vitest";
import { Firewall } from "../support/firewall.ts";
import { checksum, ipv4, ipv6, tcp, udp } from "../support/ip.ts";

const FROM = "10.1.0.9";
const TO = "10.2.0.9";

const syn = (options?: readonly number[]) =>
  ipv4({ from: FROM, to: TO, protocol: 6, payload: withChecksum(tcp({ from: 40000, to: 80, flags: 0xc2, options })) });

/** Fills in a TCP checksum between FROM and TO. */
function withChecksum(segment: Uint8Array): Uint8Array {
  new DataView(segment.buffer).setUint16(16, sumOf(segment));
  return segment;
}

/** The checksum of a segment between FROM and TO: 0 where the field is right. */
function sumOf(segment: Uint8Array): number {
  const pseudo = [10, 1, 0, 9, 10, 2, 0, 9, 0, 6, segment.length >> 8, segment.length & 0xff];
  return checksum(Uint8Array.from([...pseudo, ...segment]));
}

async function forward(lines: readonly string[], packet: Uint8Array, table = "mangle") {
  const firewall = await Firewall.create();
  firewall.load(packet[0]! >> 4 === 4 ? 4 : 6, { [table]: lines });
  return { firewall, out: firewall.send(packet) };
}

describe("a target", () => {
  it("puts an MSS option into a SYN without one, and keeps all sums right", async () => {
    const { out } = await forward(["-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 400"], syn());
    const [{ packet } = { packet: new Uint8Array() }] = out;
    expect(packet.length).toBe(44);
    expect([...packet.subarray(40)]).toEqual([2, 4, 1, 0x90]);
    expect(checksum(packet.subarray(0, 20))).toBe(0);
    expect(sumOf(packet.subarray(20))).toBe(0);
  });

  it("lowers an MSS option to what the path allows, and never raises it", async () => {
    const clamp = ["-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu"];
    const lowered = (await forward(clamp, syn([2, 4, 0x20, 0]))).out[0]!.packet;
    expect([...lowered.subarray(40, 44)]).toEqual([2, 4, 0x05, 0xb4]);
    expect(sumOf(lowered.subarray(20))).toBe(0);
    const kept = (await forward(clamp, syn([2, 4, 0, 100]))).out[0]!.packet;
    expect([...kept.subarray(40, 44)]).toEqual([2, 4, 0, 100]);
  });

  it("overwrites TCP options with NOPs", async () => {
    const { out } = await forward(
      ["-A FORWARD -p tcp -j TCPOPTSTRIP --strip-options 4,8"],
      syn([4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8]),
    );
    expect([...out[0]!.packet.subarray(40)]).toEqual(Array(12).fill(1));
    expect(sumOf(out[0]!.packet.subarray(20))).toBe(0);
  });

  it("takes ECN's flags from TCP", async () => {
    const { out } = await forward(["-A FORWARD -p tcp -j ECN --ecn-tcp-remove"], syn());
    expect(out[0]!.packet[33]).toBe(0x02);
    expect(sumOf(out[0]!.packet.subarray(20))).toBe(0);
  });

  it.each([
    ["-j TOS --set-tos 0x10/0x3f", 0xb8, 0x90],
    ["-j DSCP --set-dscp 0x0a", 0xbb, 0x2b],
  ])("%s keeps the header's sum", async (target, tos, expected) => {
    const { out } = await forward([`-A FORWARD ${target}`], ipv4({ from: FROM, to: TO, tos }));
    expect(out[0]!.packet[1]).toBe(expected);
    expect(checksum(out[0]!.packet.subarray(0, 20))).toBe(0);
  });

  it.each([
    ["-j TTL --ttl-inc 250", 255],
    ["-j TTL --ttl-dec 70", 0],
    ["-j TTL --ttl-set 9", 9],
  ])("%s", async (target, expected) => {
    const { out } = await forward([`-A POSTROUTING ${target}`], ipv4({ from: FROM, to: TO }));
    expect(out[0]!.packet[8]).toBe(expected);
    expect(checksum(out[0]!.packet.subarray(0, 20))).toBe(0);
  });

  it("sends a copy to another host, one hop older, and lets the packet go on", async () => {
    const { out, firewall } = await forward(
      ["-A PREROUTING -j TEE --gateway 10.2.0.77", "-A POSTROUTING -j MARK --set-mark 1"],
      ipv4({ from: FROM, to: TO, ttl: 9 }),
    );
    expect(out.map(({ device, packet }) => `${device} ttl ${packet[8]} flags ${packet[6]! >> 5}`)).toEqual([
      "eth1 ttl 8 flags 2",
      "eth1 ttl 8 flags 0",
    ]);
    expect(firewall.counters(4, "POSTROUTING")).toEqual(["[2:72]"]);
    expect(firewall.connections()).toHaveLength(1);
  });

  it.each([
    ["-j NFQUEUE --queue-num 1", 0],
    ["-j NFQUEUE --queue-num 1 --queue-bypass", 1],
    ["-j QUEUE", 0],
  ])("%s where nobody reads the queue", async (target, sent) => {
    const { out } = await forward(
      [`-A FORWARD ${target}`, "-A FORWARD -j DROP"],
      ipv4({ from: FROM, to: TO }),
      "filter",
    );
    expect(out).toHaveLength(sent);
  });

  it("answers with a reset that acknowledges everything", async () => {
    const data = Uint8Array.of(1, 2, 3);
    const payload = tcp({ from: 40000, to: 80, flags: 0x03, sequence: 1000, data });
    const rules = ["-A FORWARD -p tcp -j REJECT --reject-with tcp-reset"];
    const { out } = await forward(rules, ipv4({ from: FROM, to: TO, protocol: 6, payload }), "filter");
    expect(out).toHaveLength(1);
    const view = new DataView(out[0]!.packet.slice().buffer);
    expect(out[0]!.device).toBe("eth0");
    expect([view.getUint16(20), view.getUint16(22)]).toEqual([80, 40000]);
    expect([view.getUint32(24), view.getUint32(28)]).toEqual([0, 1005]);
    expect(view.getUint8(33)).toBe(0x14);
    expect(view.getUint16(6)).toBe(0x4000);
  });

  it("marks packets and connections, and gives the mark back to later packets", async () => {
    const firewall = await Firewall.create();
    firewall.load(4, {
      mangle: [
        "-A PREROUTING -j CONNMARK --restore-mark",
        "-A PREROUTING -m mark --mark 0 -j MARK --set-xmark 0x5/0xff",
        "-A POSTROUTING -j CONNMARK --save-mark",
      ],
    });
    for (let i = 0; i < 3; i++) firewall.send(ipv4({ from: FROM, to: TO, payload: udp(9, 53, new Uint8Array(1)) }));
    expect(firewall.counters(4, "PREROUTING")).toEqual(["[3:87]", "[1:29]"]);
    expect(firewall.connections()[0]).toContain("mark=5");
  });

  it("leaves connections alone in IPv6 as well", async () => {
    const { firewall } = await forward(
      ["-A PREROUTING -j CT --notrack"],
      ipv6({ from: "fd01::9", to: "fd02::9" }),
      "raw",
    );
    expect(firewall.connections()).toEqual([]);
  });
});
