import { describe, expect, it } from "vitest";
import type { LoadedRulesets } from "../../src/compile/ruleset.ts";
import { parseRuleset } from "../../src/config/iptables/ruleset.ts";
import type { TraceEvent } from "../../src/engine/outputs.ts";
import type { Interface } from "../../src/model/node.ts";
import { ROOT_PROCESS } from "../../src/model/node.ts";
import { logLine } from "../../src/report/log.ts";
import { fragmentHeader, ipv4, ipv6, tcp, udp } from "../support/ip.ts";

const INTERFACES: readonly Interface[] = ["lo", "eth0", "eth1"].map((name, i) => ({
  index: i + 1,
  name,
  mtu: 1500,
  flags: [],
  linkType: name === "lo" ? "loopback" : "ether",
  group: 0,
  addresses: [],
}));
const ETHERNET = [2, 0, 0, 0, 0, 0x10, 2, 4, 0x0a, 0x40, 0x77, 0xec];

interface Logged {
  readonly options?: string;
  readonly input?: number;
  readonly output?: number;
  readonly mark?: number;
  readonly isOwn?: boolean;
}

function log(
  packet: Uint8Array,
  { options = "", input = 2, output = 0, mark = 0, isOwn = false }: Logged = {},
): string {
  const family = packet[0]! >> 4 === 4 ? 4 : 6;
  const text = `*filter\n-A FORWARD -j LOG --log-prefix "p: " ${options}\nCOMMIT\n`;
  const rule = parseRuleset(text, family, "test.save").tables[0]!.chains[1]!.rules[0]!;
  const rulesets = { rule: () => ({ rule }) } as unknown as Pick<LoadedRulesets, "rule">;
  const event = {
    subject: 1,
    inDevice: input,
    outDevice: output,
    mark,
    detail: isOwn ? 1 : 0,
    packetLength: packet.length,
    data: packet,
    mac: Uint8Array.from([...ETHERNET, ...(family === 4 ? [8, 0] : [0x86, 0xdd])]),
  } as unknown as TraceEvent;
  return logLine(event, rulesets, { interfaces: INTERFACES, local: ROOT_PROCESS })!;
}

const MAC = "MAC=02:00:00:00:00:10:02:04:0a:40:77:ec:08:00 ";
const IP = "SRC=10.0.0.1 DST=10.0.0.2 ";

function from4(fields: Partial<Parameters<typeof ipv4>[0]>): Uint8Array {
  return ipv4({ from: "10.0.0.1", to: "10.0.0.2", ...fields });
}

describe("a line of LOG", () => {
  it("names devices, link header, addresses and the fields of UDP", () => {
    expect(log(from4({ tos: 0xb8, dontFragment: true }), { output: 3, mark: 31 })).toBe(
      `p: IN=eth0 OUT=eth1 ${MAC}${IP}LEN=36 TOS=0x18 PREC=0xA0 TTL=64 ID=7 DF PROTO=UDP SPT=1000 DPT=2000 LEN=16 MARK=0x1f `,
    );
  });

  it("has no link header without an incoming device, and the user where asked", () => {
    const line = log(from4({}), { input: 0, output: 3, isOwn: true, options: "--log-uid" });
    expect(line).toContain(`IN= OUT=eth1 ${IP}`);
    expect(line).toMatch(/LEN=16 UID=0 GID=0 $/);
  });

  it("splits the link header where asked", () => {
    expect(log(from4({}), { options: "--log-macdecode" })).toContain(
      "OUT= MACSRC=02:04:0a:40:77:ec MACDST=02:00:00:00:00:10 MACPROTO=0800 SRC=",
    );
  });

  it("shows zeros for the link header of lo", () => {
    expect(log(from4({}), { input: 1 })).toContain("IN=lo OUT= MAC=00:00:00:00:00:00:00:00:00:00:00:00:08:00 SRC=");
  });

  it.each([
    ["", "PROTO=TCP SPT=5 DPT=6 WINDOW=64240 RES=0x00 SYN URGP=0 "],
    ["--log-tcp-sequence", "PROTO=TCP SPT=5 DPT=6 SEQ=1000 ACK=9 WINDOW=64240 RES=0x00 SYN URGP=0 "],
    ["--log-tcp-options", "PROTO=TCP SPT=5 DPT=6 WINDOW=64240 RES=0x00 SYN URGP=0 OPT (020405B4) "],
  ])("TCP with %s", (options, expected) => {
    const payload = tcp({ from: 5, to: 6, acknowledge: 9, options: [2, 4, 5, 0xb4] });
    expect(log(from4({ protocol: 6, payload }), { options })).toMatch(
      new RegExp(`ID=7 ${expected.replace(/[()]/g, "\\$&")}$`),
    );
  });

  it("names every flag in the kernel's order", () => {
    expect(log(from4({ protocol: 6, payload: tcp({ from: 5, to: 6, flags: 0xff }) }))).toContain(
      "RES=0x00 CWR ECE URG ACK PSH RST SYN FIN URGP=0 ",
    );
  });

  it("shows IP options and fragments", () => {
    const line = log(from4({ options: [1, 1, 1, 0], offset: 16, more: true }), { options: "--log-ip-options" });
    expect(line).toContain("ID=7 MF FRAG:2 OPT (01010100) PROTO=UDP ");
    expect(line).toMatch(/PROTO=UDP $/);
  });

  it("quotes what an ICMP error is about, once", () => {
    const inner = from4({});
    const payload = Uint8Array.from([3, 4, 0, 0, 0, 0, 5, 0xdc, ...inner]);
    expect(log(from4({ protocol: 1, payload }))).toMatch(
      /PROTO=ICMP TYPE=3 CODE=4 \[SRC=10.0.0.1 DST=10.0.0.2 LEN=36 .*PROTO=UDP SPT=1000 DPT=2000 LEN=16 \] MTU=1500 $/,
    );
  });

  it.each([
    [1, Uint8Array.of(8, 0, 0, 0, 0, 77, 0, 1), "PROTO=ICMP TYPE=8 CODE=0 ID=77 SEQ=1 "],
    [1, Uint8Array.of(5, 1, 0, 0, 10, 9, 8, 7), "PROTO=ICMP TYPE=5 CODE=1 INCOMPLETE [8 bytes] "],
    [1, Uint8Array.of(8, 0), "PROTO=ICMP INCOMPLETE [2 bytes] "],
    [6, Uint8Array.of(8, 0), "PROTO=TCP INCOMPLETE [2 bytes] "],
    [51, Uint8Array.of(17, 1, 0, 0, 0, 0, 1, 0x2c, 0, 0, 0, 1), "PROTO=AH SPI=0x12c "],
    [50, Uint8Array.of(0, 0, 0, 7, 0, 0, 0, 1), "PROTO=ESP SPI=0x7 "],
    [89, new Uint8Array(4), "PROTO=89 "],
  ])("of protocol %d", (protocol, payload, expected) => {
    expect(log(from4({ protocol, payload })).endsWith(`ID=7 ${expected}`)).toBe(true);
  });

  it("writes IPv6 addresses in full and steps over extension headers", () => {
    const payload = fragmentHeader(17, 0x1234, 0, true, udp(5, 6, new Uint8Array(4)));
    expect(log(ipv6({ from: "fd00::1", to: "fd00::2", next: 44, payload }), { options: "--log-ip-options" })).toContain(
      "SRC=fd00:0000:0000:0000:0000:0000:0000:0001 DST=fd00:0000:0000:0000:0000:0000:0000:0002 LEN=60 TC=0 HOPLIMIT=64 " +
        "FLOWLBL=0 OPT ( FRAG:0 INCOMPLETE ID:00001234 ) PROTO=UDP SPT=5 DPT=6 LEN=12 ",
    );
  });

  it("ends at ESP in IPv6", () => {
    const payload = Uint8Array.of(0, 0, 0, 7, 0, 0, 0, 1);
    expect(log(ipv6({ from: "fd00::1", to: "fd00::2", next: 50, payload }), { mark: 5 })).toMatch(/FLOWLBL=0 $/);
  });
});
