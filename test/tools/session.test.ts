import { describe, expect, it } from "vitest";
import { ToolSession } from "../../src/tools/session.ts";

/** Runs lines one after another; answers what each printed, or `EXIT: message` of those that failed. */
async function run(...lines: readonly string[]): Promise<string[]> {
  const session = new ToolSession();
  const answers: string[] = [];
  for (const line of lines) {
    const { exit, stdout, stderr } = await session.runLine(line);
    answers.push(exit === 0 ? stdout : `${exit}: ${stderr.split("\n")[0]}`);
  }
  return answers;
}

async function restore(input: string, ...words: readonly string[]) {
  const session = new ToolSession();
  const answer = await session.run({ argv: ["iptables-restore", ...words], stdin: input });
  const saved = await session.run({ argv: ["iptables-save", "-c"] });
  return { ...answer, rules: saved.stdout.split("\n").filter((line) => line.includes(" -A ")) };
}

describe("iptables", () => {
  it("keeps chains and rules, and says why not", async () => {
    expect(
      await run(
        "iptables -N web",
        "iptables -N web",
        "iptables -A INPUT -p tcp --dport 80 -j web",
        "iptables -X web",
        "iptables -A INPUT -j nosuch",
        "iptables -P INPUT DROP",
        "iptables -S",
      ),
    ).toEqual([
      "",
      "1: iptables: Chain already exists.",
      "",
      "1: iptables: Too many links.",
      "2: iptables v1.8.9 (legacy): Couldn't load target `nosuch':No such file or directory",
      "",
      "-P INPUT DROP\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n-N web\n-A INPUT -p tcp -m tcp --dport 80 -j web\n",
    ]);
  });

  it("shares a hashlimit among all rules of a family, the one that is replaced, too", async () => {
    const limit = "-m hashlimit --hashlimit-name x --hashlimit-upto 5/s";
    const rate =
      "-m hashlimit --hashlimit-name x --hashlimit-above 512kb/s --hashlimit-rate-match --hashlimit-rate-interval 1";
    const refused = "1: iptables: Invalid argument. Run `dmesg' for more information.";
    expect(
      await run(
        `iptables -t mangle -A FORWARD ${limit}`,
        `iptables -A FORWARD ${rate}`,
        `iptables -t mangle -R FORWARD 1 ${rate}`,
        `ip6tables -A FORWARD ${rate}`,
        "iptables -t mangle -D FORWARD 1",
        `iptables -A FORWARD ${rate}`,
      ),
    ).toEqual(["", refused, refused, "", "", ""]);
  });

  it("lists in columns", async () => {
    const answers = await run(
      "iptables -A INPUT -s 10.0.0.0/8 ! -i lo -p tcp --dport 80 -m comment --comment 'a b' -j ACCEPT",
      "iptables -nvL INPUT",
    );
    expect(answers[1]).toBe(
      [
        "Chain INPUT (policy ACCEPT 0 packets, 0 bytes)",
        " pkts bytes target     prot opt in     out     source               destination         ",
        "    0     0 ACCEPT     6    --  !lo    *       10.0.0.0/8           0.0.0.0/0            tcp dpt:80 /* a b */",
        "",
      ].join("\n"),
    );
  });

  it.each([
    { rule: "-j MASQUERADE", why: "a target of another table" },
    { rule: "-m limit --limit 1/day", why: "a rate whose credits overflow" },
    { rule: "-p udp -m tcp --dport 80", why: "a match of another protocol" },
  ])("takes $rule for $why to be the kernel's affair", async ({ rule }) => {
    const [answer] = await run(`iptables -A INPUT ${rule}`);
    expect(answer).toMatch(/^1: iptables: /);
  });
});

describe("iptables-restore", () => {
  it("puts nothing in place when a rule is refused", async () => {
    const answer = await restore("*filter\n-A INPUT -j ACCEPT\n-A INPUT -p nosuch\nCOMMIT\n");
    expect(answer).toMatchObject({ exit: 2, rules: [] });
  });

  it.each([
    { what: "a loop that packets can enter", rules: "-A INPUT -j a\n-A a -j b\n-A b -j a", exit: 1 },
    { what: "a loop that nothing enters", rules: "-A a -j b\n-A b -j a", exit: 0 },
    { what: "a loop behind an unconditional verdict", rules: "-A INPUT -j a\n-A a -j ACCEPT\n-A a -j a", exit: 0 },
    { what: "an owner match that INPUT reaches", rules: "-A INPUT -j a\n-A a -m owner --uid-owner 0", exit: 1 },
    { what: "an owner match that nothing reaches", rules: "-A a -m owner --uid-owner 0", exit: 0 },
  ])("ends with $exit for $what", async ({ rules, exit }) => {
    expect((await restore(`*filter\n:a - [0:0]\n:b - [0:0]\n${rules}\nCOMMIT\n`)).exit).toBe(exit);
  });

  it("takes counters with -c alone", async () => {
    const text = "*filter\n[7:8] -A INPUT -j ACCEPT\nCOMMIT\n";
    expect((await restore(text, "-c")).rules).toEqual(["[7:8] -A INPUT -j ACCEPT"]);
    expect((await restore(text)).rules).toEqual(["[0:0] -A INPUT -j ACCEPT"]);
  });
});

describe("ipset", () => {
  it("answers tests and listings", async () => {
    expect(
      await run(
        "ipset create s hash:net initval 0x1",
        "ipset add s 10.0.0.0/8",
        "ipset add s 10.0.0.0/8",
        "ipset test s 11.0.0.1",
        "ipset list s",
      ),
    ).toEqual([
      "",
      "",
      "1: ipset v7.17: Element cannot be added to the set: it's already added",
      "1: 11.0.0.1 is NOT in set s.",
      "Name: s\nType: hash:net\nRevision: 7\n" +
        "Header: family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x00000001\n" +
        "Size in memory: N\nReferences: 0\nNumber of entries: 1\nMembers:\n10.0.0.0/8\n",
    ]);
  });

  it("is of a family that rules of the other one may not name", async () => {
    const answers = await run(
      "ipset create s6 hash:ip family inet6",
      "ipset create all list:set",
      "ipset create ports bitmap:port range 1-9",
      "iptables -A INPUT -m set --match-set s6 src",
      "iptables -A INPUT -j SET --add-set s6 src",
      "ip6tables -A INPUT -m set --match-set s6 src",
      "iptables -A INPUT -m set --match-set all src -m set --match-set ports src",
    );
    const refusal = "2: iptables v1.8.9 (legacy): The protocol family of set s6 is IPv6, which is not applicable.";
    expect(answers.slice(3)).toEqual([refusal, refusal, "", ""]);
  });

  it("keeps a set that a rule names", async () => {
    const answers = await run(
      "ipset create s hash:ip",
      "iptables -A INPUT -m set --match-set s src -j DROP",
      "ipset destroy s",
      "iptables -F",
      "ipset destroy s",
    );
    expect(answers.slice(2)).toEqual([
      "1: ipset v7.17: Set cannot be destroyed: it is in use by a kernel component",
      "",
      "",
    ]);
  });

  it("sends gathered members when another command follows, and loses them with an error before", async () => {
    const session = new ToolSession();
    const stdin = "create a hash:ip\nadd a 10.0.0.1\nadd b 10.0.0.2\n";
    expect(await session.run({ argv: ["ipset", "restore"], stdin })).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining("Error in line 3"),
    });
    expect((await session.runLine("ipset save")).stdout).not.toContain("10.0.0.1");
  });
});

describe("ipvsadm", () => {
  it("keeps services sorted by address, and tells the kernel's refusals from its own", async () => {
    expect(
      await run(
        "ipvsadm -A -t 10.0.0.9:80 -s rr",
        "ipvsadm -A -t 10.0.0.1:80 -s sh -b sh-port",
        "ipvsadm -a -t 10.0.0.1:80 -r 10.1.0.1:8080 -g",
        "ipvsadm -A -t 10.0.0.1:80",
        "ipvsadm -A -t 10.0.0.1",
        "ipvsadm-save -n",
      ),
    ).toEqual([
      "",
      "",
      "",
      "255: Service already exists",
      "2: Zero port specified for non-persistent service",
      "-A -t 10.0.0.1:80 -s sh -b sh-port\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 -g -w 1\n-A -t 10.0.0.9:80 -s rr\n",
    ]);
  });
});
