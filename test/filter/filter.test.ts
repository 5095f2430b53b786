import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCapture } from "../../src/capture/index.ts";
import { captureFilter } from "../../src/filter/capture-filter.ts";
import { FilterError } from "../../src/filter/error.ts";
import type { FilteredPacket, FilteredResult } from "../../src/filter/packet.ts";
import { parseFilter } from "../../src/filter/parse.ts";

const MIXED = readFileSync(new URL("mixed.pcap", import.meta.url));
/** What tcpdump 4.99.3 (libpcap 1.10.3) prints of mixed.pcap for each expression: packet numbers. */
const TCPDUMP = JSON.parse(readFileSync(new URL("tcpdump.json", import.meta.url), "utf8")) as Record<string, number[]>;

async function chosen(expression: string): Promise<number[]> {
  const wanted = captureFilter(expression);
  const numbers: number[] = [];
  for await (const packets of readCapture(MIXED)) numbers.push(...packets.filter(wanted).map(({ number }) => number));
  return numbers;
}

describe("a packet filter", () => {
  it.each(Object.entries(TCPDUMP))("chooses what tcpdump chooses: %s", async (expression, numbers) => {
    expect(await chosen(expression)).toEqual(numbers);
  });

  it.each([
    ["host", "filter, column 5: the expression ends where a host should stand"],
    ["tcp port 99999", "filter, column 10: '99999' is no port: expected a port from 0 to 65535"],
    ["host example.org", "filter, column 6: 'example.org' is no address; names are not looked up"],
    ["net 10.0.0.1/8", "filter, column 5: 10.0.0.1/8 has bits set behind its prefix"],
    ["(tcp or udp", "filter, column 12: the expression ends where ')' should stand"],
    ["tcp udp", "filter, column 5: 'udp' stands where 'and', 'or' or the end should stand"],
    ["tcp[0:3] == 1", "filter, column 5: a field has 1, 2 or 4 bytes: [offset:size]"],
    ["port 80 and", "filter, column 12: the expression ends where a condition should stand"],
    ["frobnicate", "filter, column 1: 'frobnicate' stands where a condition should stand"],
    [
      "fate dropped",
      "filter, column 1: 'fate' asks what became of a packet: this filter chooses packets before they run",
    ],
    ["", "filter, column 1: the expression ends where a condition should stand"],
    ["host 'unfinished", "filter, column 6: the quotation does not end"],
  ])("says what is wrong with %j, and where", (expression, message) => {
    expect(() => parseFilter(expression)).toThrow(
      new FilterError(Number(/\d+/.exec(message)?.[0]), message.replace(/^filter, column \d+: /, "")),
    );
  });

  it("ends any text in a filter or a FilterError", () => {
    const words = [
      "tcp",
      "port",
      "80",
      "(",
      ")",
      "or",
      "and",
      "not",
      "host",
      "10.0.0.1",
      "[",
      "]",
      "&",
      "!=",
      "len",
      "'",
      "fate",
    ];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 4 }))), (parts) => {
        try {
          parseFilter(parts.join(" "), { results: true })(PACKET, undefined);
        } catch (error) {
          expect(error).toBeInstanceOf(FilterError);
        }
      }),
    );
  });
});

const PACKET: FilteredPacket = {
  frame: Uint8Array.of(0x45, 0, 0, 20, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2),
  ipAt: 0,
  family: 4,
  destinationMac: -1,
  sourceMac: -1,
  vlans: [7],
  length: 20,
  interface: "eth0",
};

const RESULT: FilteredResult = {
  fate: "dropped",
  interface: undefined,
  reason: "a rule dropped it",
  path: 7,
  hooks: new Set(["PREROUTING", "FORWARD"]),
  tables: new Set(["filter"]),
  chains: new Set(["KUBE-FORWARD"]),
  rules: new Set(["filter:KUBE-FORWARD:1"]),
  services: new Set(["TCP 10.96.0.1:443", "UDP [fd00::1]:80"]),
  servers: new Set(["10.0.0.5:8443"]),
  states: new Set(["INVALID"]),
};

describe("a result filter", () => {
  it.each([
    ["fate dropped", true],
    ["fate sent or fate delivered", false],
    ["path 7", true],
    ["path 70", false],
    ["hook forward and table filter", true],
    ["chain KUBE-FORWARD", true],
    ["rule filter:KUBE-FORWARD:1", true],
    ["rule filter:KUBE-FORWARD:2", false],
    ["service 10.96.0.1:443", true],
    ["service fd00::1", true],
    ["server 10.0.0.5", true],
    ["server 10.0.0.6", false],
    ["ct.state invalid and host 10.0.0.1", true],
    ["reason 'rule dropped' and not out eth1", true],
    ["vlan 7 and interface eth0", true],
    ["vlan 8", false],
  ])("answers %s with %s", (expression, answer) => {
    expect(parseFilter(expression, { results: true })(PACKET, RESULT)).toBe(answer);
  });

  it.each([
    ["fate lost", "filter, column 6: no fate 'lost': it is one of sent, delivered, dropped, waiting, ignored"],
    ["path seven", "filter, column 6: 'seven' is no path: expected its number"],
    ["rule FORWARD:3", "filter, column 6: 'FORWARD:3' is no rule: expected TABLE:CHAIN:NUMBER, as filter:FORWARD:3"],
  ])("says what is wrong with %j", (expression, message) => {
    expect(() => parseFilter(expression, { results: true })).toThrow(message);
  });
});
