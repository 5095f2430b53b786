import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigError } from "../../../src/config/error.ts";
import { parseIpsetSave, printIpsetSave } from "../../../src/config/ipset/save.ts";
import { fixture } from "../fixture.ts";

/** Elements as they are printed after `add` words are read into a set of a type. */
function elements(type: string, ...adds: readonly string[]): string[] {
  const text = [`create s ${type}`, ...adds.map((add) => `add s ${add}`), ""].join("\n");
  return printIpsetSave(parseIpsetSave(text, "x"))
    .split("\n")
    .slice(1, -1)
    .map((line) => line.slice("add s ".length));
}

describe("saved sets", () => {
  it("come back byte for byte", () => {
    const text = fixture("kube.ipset.save");
    expect(printIpsetSave(parseIpsetSave(text, "kube.ipset.save"))).toBe(text);
  });

  it.each([
    { type: "hash:ip", add: "10.0.0.1-10.0.0.3", out: ["10.0.0.1", "10.0.0.2", "10.0.0.3"] },
    { type: "hash:ip netmask 30", add: "10.0.0.0/29", out: ["10.0.0.0", "10.0.0.4"] },
    { type: "hash:net", add: "10.0.0.1-10.0.0.4", out: ["10.0.0.1", "10.0.0.2/31", "10.0.0.4"] },
    { type: "hash:net", add: "10.9.9.9/8 nomatch", out: ["10.0.0.0/8 nomatch"] },
    { type: "hash:ip,port", add: "10.0.0.1,http", out: ["10.0.0.1,tcp:80"] },
    { type: "hash:ip,port", add: "10.0.0.1,udp:1-2", out: ["10.0.0.1,udp:1", "10.0.0.1,udp:2"] },
    { type: "hash:ip,port", add: "10.0.0.1,icmp:8/0", out: ["10.0.0.1,icmp:echo-request"] },
    { type: "hash:ip,port", add: "10.0.0.1,gre:0", out: ["10.0.0.1,gre:0"] },
    { type: "hash:ip,port,net", add: "10.0.0.1,80,10.0.0.9/8", out: ["10.0.0.1,tcp:80,10.0.0.0/8"] },
    { type: "hash:net,iface", add: "10.0.0.0/24,physdev:eth0", out: ["10.0.0.0/24,physdev:eth0"] },
    { type: "hash:mac", add: "2:4:a:b:c:d", out: ["02:04:0A:0B:0C:0D"] },
    { type: "hash:ip family inet6", add: "fd00:0::1", out: ["fd00::1"] },
    { type: "bitmap:port range 0-99", add: "5-7", out: ["5", "6", "7"] },
    {
      type: "hash:ip comment timeout 9",
      add: '10.0.0.1 comment "a b" timeout 5',
      out: ['10.0.0.1 timeout 5 comment "a b"'],
    },
    { type: "list:set", add: "other", out: ["other"] },
  ])("of type $type hold $out after add $add", ({ type, add, out }) => {
    expect(elements(type, add)).toEqual(out);
  });

  it.each([
    { text: "create a hash:nosuch\n", message: /^x:1:10: Syntax error: typename 'hash:nosuch' is unknown/ },
    { text: "add a 10.0.0.1\n", message: /^x:1:5: The set with the given name does not exist: a$/ },
    { text: "create a hash:ip\nadd a fd00::1\n", message: /^x:2:7: Syntax error: cannot parse fd00::1/ },
    { text: "create a hash:ip\nadd a 0.0.0.0/1\n", message: /^x:2:7: Hash is full/ },
    { text: "create a hash:ip,port\nadd a 10.0.0.0/16,1-65535\n", message: /^x:2:7: Hash is full/ },
    { text: "create a hash:ip,port\nadd a 10.0.0.1\n", message: /Second element is missing from 10\.0\.0\.1\.$/ },
  ])("are refused with the place: $text", ({ text, message }) => {
    expect(() => parseIpsetSave(text, "x")).toThrow(message);
  });
});

const line = fc.oneof(
  fc.string(),
  fc
    .array(
      fc.constantFrom(
        "create",
        "add",
        "del",
        "a",
        "hash:ip",
        "hash:net,port",
        "1.2.3.4-1.2.3.9",
        "10.0.0.0/8,80",
        "timeout",
        "5",
        "family",
        "inet6",
        "range",
        "1-9",
        "bitmap:port",
      ),
      { maxLength: 7 },
    )
    .map((words) => words.join(" ")),
);

describe("any text", () => {
  it("ends in sets or a ConfigError", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), (lines) => {
        try {
          parseIpsetSave(lines.join("\n"), "x");
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("of addresses means the same when printed and read again", () => {
    const bytes = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 32 }), fc.nat(65535), (address, prefix, port) => {
        const printed = elements("hash:net,port", `${address.join(".")}/${prefix},udp:${port}`);
        expect(elements("hash:net,port", ...printed)).toEqual(printed);
      }),
    );
  });
});
