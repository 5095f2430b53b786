import { describe, expect, it } from "vitest";
import { lintText } from "../../src/config/lint.ts";

describe("a saved file", () => {
  it.each([
    { kind: "iptables", text: "# c\n*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s 10.0.0.1 -j ACCEPT\nCOMMIT\n" },
    { kind: "ip6tables", text: "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s fd00::1 -j ACCEPT\nCOMMIT\n" },
    { kind: "ipset", text: "create s hash:ip family inet hashsize 1024 maxelem 65536\nadd s 10.0.0.1\n" },
    { kind: "ipvsadm", text: "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.0.0.2:80 -m -w 1\n" },
  ])("of $kind is known by its content and accepted", ({ kind, text }) => {
    expect(lintText(text, "x")).toMatchObject({ kind, canonical: expect.any(String) });
  });

  it.each([
    { text: "*filter\n-A INPUT -j IPVS\nCOMMIT\n", error: "x:2:1: Couldn't load target `IPVS'" },
    { text: "*filter\n:a - [0:0]\n-A INPUT -j a\n-A a -j a\nCOMMIT\n", error: "Too many levels of symbolic links" },
    { text: "create s hash:ip\nadd s 10.0.0.1 timeout 5\n", error: "x:2:16: Timeout cannot be used" },
    { text: "-A -t 10.0.0.1 -s rr\n", error: "Zero port specified" },
  ])("is refused with the place and the tool's reason: $error", ({ text, error }) => {
    expect(lintText(text, "x").error?.message).toContain(error);
  });

  it("of no known tool is no file to check", () => {
    expect(() => lintText("hello\n", "x")).toThrow("neither iptables-save, ipset save nor ipvsadm-save");
  });
});
