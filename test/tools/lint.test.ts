import { describe, expect, it } from "vitest";
import { lintText } from "../../src/tools/lint.ts";

describe("a saved file", () => {
  it.each([
    { kind: "iptables", text: "# c\n*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s 10.0.0.1 -j ACCEPT\nCOMMIT\n" },
    { kind: "ip6tables", text: "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s fd00::1 -j ACCEPT\nCOMMIT\n" },
    { kind: "ipset", text: "create s hash:ip family inet hashsize 1024 maxelem 65536\nadd s 10.0.0.1\n" },
    { kind: "ipvsadm", text: "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.0.0.2:80 -m -w 1\n" },
  ])("of $kind is known by its content and accepted", async ({ kind, text }) => {
    expect(await lintText(text, "x")).toMatchObject({ kind, canonical: expect.any(String) });
  });

  it.each([
    { text: "*filter\n-A INPUT -j IPVS\nCOMMIT\n", error: "x:2:1: Couldn't load target `IPVS'" },
    { text: "*filter\n:a - [0:0]\n-A INPUT -j a\n-A a -j a\nCOMMIT\n", error: "Too many levels of symbolic links" },
    { text: "create s hash:ip\nadd s 10.0.0.1 timeout 5\n", error: "x:2:16: Timeout cannot be used" },
    {
      text: "create s hash:ip\nadd s 10.0.0.1\nadd s 10.0.0.1\n",
      error: "x:3:7: Element cannot be added to the set: it's already added",
    },
    { text: "create s hash:ip\nadd s 0.0.0.0\n", error: "x:2:7: Null-valued element, cannot be stored" },
    { text: "create s hash:ip maxelem 1\nadd s 10.0.0.1\nadd s 10.0.0.2\n", error: "x:3:7: Hash is full" },
    { text: "create s bitmap:port range 1-9\n-exist add s 10\n", error: "x:2:14: Element is out of the range" },
    { text: "create s list:set\nadd s t\n", error: "x:2:7: Set to be added/deleted/tested as element does not exist" },
    { text: "-A -t 10.0.0.1 -s rr\n", error: "Zero port specified" },
  ])("is refused with the place and the tool's reason: $error", async ({ text, error }) => {
    expect((await lintText(text, "x")).error?.message).toContain(error);
  });

  it("of no known tool is no file to check", async () => {
    await expect(lintText("hello\n", "x")).rejects.toThrow("neither iptables-save, ipset save nor ipvsadm-save");
  });
});
