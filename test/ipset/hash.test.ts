import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Sets } from "./support.ts";

describe("a hash", () => {
  it("holds what a Map holds, through growth and removal", async () => {
    const address = fc.integer({ min: 1, max: 400 }).map((n) => `10.0.${n >> 8}.${n & 255}`);
    const step = fc.tuple(fc.boolean(), address);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 600 }), async (steps) => {
        const sets = await Sets.of("create s hash:ip,port hashsize 64 bucketsize 2");
        const model = new Set<string>();
        for (const [isAdd, ip] of steps) {
          const refused = sets.refusal(`${isAdd ? "add" : "del"} s ${ip},udp:53`) !== undefined;
          expect(refused).toBe(isAdd === model.has(ip));
          if (isAdd) model.add(ip);
          else model.delete(ip);
        }
        expect(sets.members()).toEqual([...model].map((ip) => `add s ${ip},udp:53`).sort());
      }),
      { numRuns: 8 },
    );
  });

  it.each([
    { type: "hash:ip", members: ["10.0.0.1"], absent: "10.0.0.2" },
    { type: "hash:ip family inet6", members: ["fd00::1"], absent: "fd00::2" },
    { type: "hash:mac", members: ["02:00:00:00:00:01"], absent: "02:00:00:00:00:02" },
    { type: "hash:ip,mac", members: ["10.0.0.1,02:00:00:00:00:01"], absent: "10.0.0.1,02:00:00:00:00:02" },
    { type: "hash:ip,mac family inet6", members: ["fd00::1,02:00:00:00:00:01"], absent: "fd00::1,02:00:00:00:00:02" },
    { type: "hash:ip,mark", members: ["10.0.0.1,0x00000017"], absent: "10.0.0.1,0x18" },
    { type: "hash:ip,port", members: ["10.0.0.1,tcp:80", "10.0.0.1,udp:80"], absent: "10.0.0.1,sctp:80" },
    { type: "hash:ip,port,ip", members: ["10.0.0.1,tcp:80,10.0.0.2"], absent: "10.0.0.1,tcp:80,10.0.0.3" },
    { type: "hash:ip,port,net", members: ["10.0.0.1,tcp:80,10.2.0.0/16"], absent: "10.0.0.1,tcp:80,10.3.0.1" },
    { type: "hash:net", members: ["10.0.0.0/8"], absent: "11.0.0.0" },
    { type: "hash:net,net family inet6", members: ["fd00::/16,fd01::/20"], absent: "fd00::1,fd02::1" },
    { type: "hash:net,port", members: ["10.0.0.0/8,tcp:80"], absent: "10.0.0.1,tcp:81" },
    { type: "hash:net,port,net", members: ["10.0.0.0/8,tcp:80,0.0.0.0/0"], absent: "11.0.0.1,tcp:80,1.2.3.4" },
    { type: "hash:net,iface", members: ["10.0.0.0/8,physdev:eth0"], absent: "10.0.0.1,eth0" },
    { type: "bitmap:ip range 10.0.0.0-10.0.0.255", members: ["10.0.0.9"], absent: "10.0.0.10" },
    { type: "bitmap:ip,mac range 10.0.0.0-10.0.0.9", members: ["10.0.0.9,02:00:00:00:00:01"], absent: "10.0.0.8" },
    { type: "bitmap:port range 10-99", members: ["53"], absent: "54" },
  ])("of type $type gives back $members and lacks $absent", async ({ type, members, absent }) => {
    const sets = await Sets.of(`create s ${type}`, ...members.map((member) => `add s ${member}`));
    expect(sets.members()).toEqual(members.map((member) => `add s ${member}`).sort());
    for (const member of members) expect(sets.has("s", member)).toBe(true);
    expect(sets.has("s", absent)).toBe(false);
  });

  it("that is full refuses, or with forceadd gives up another member", async () => {
    const full = await Sets.of("create s hash:ip maxelem 2", "add s 10.0.0.1", "add s 10.0.0.2");
    expect(full.refusal("add s 10.0.0.3")).toBe("Hash is full, cannot add more elements");
    const forced = await Sets.of("create s hash:ip hashsize 64 maxelem 200 forceadd", "add s 10.0.0.0/25");
    forced.run("add s 10.0.1.0/26");
    for (let i = 0; i < 64; i++) forced.refusal(`add s 10.0.2.${i}`);
    expect(forced.members()).toHaveLength(200);
  });

  it("refuses what stands for nothing", async () => {
    const sets = await Sets.of("create s hash:ip", "create m hash:mac");
    expect(sets.refusal("add s 0.0.0.0")).toBe("Null-valued element, cannot be stored in a hash type of set");
    expect(sets.refusal("add m 00:00:00:00:00:00")).toBe("Null-valued element, cannot be stored in a hash type of set");
  });
});

describe("timeouts", () => {
  it("run on virtual time; what expired is gone at once and may be added again", async () => {
    const sets = await Sets.of("create s hash:ip timeout 600", "add s 10.0.0.1 timeout 5", "add s 10.0.0.2 timeout 0");
    sets.run("add s 10.0.0.3");
    sets.at(4);
    expect(sets.members()).toEqual([
      "add s 10.0.0.1 timeout 1",
      "add s 10.0.0.2 timeout 0",
      "add s 10.0.0.3 timeout 596",
    ]);
    sets.at(6);
    expect(sets.has("s", "10.0.0.1")).toBe(false);
    expect(sets.refusal("del s 10.0.0.1")).toBe("Element cannot be deleted from the set: it's not added");
    expect(sets.refusal("add s 10.0.0.1")).toBeUndefined();
    expect(sets.members()[0]).toBe("add s 10.0.0.1 timeout 600");
  });

  it("of an existing member are renewed only with -exist", async () => {
    const sets = await Sets.of("create s bitmap:port range 0-99 timeout 100", "add s 7");
    sets.at(50);
    expect(sets.refusal("add s 7")).toBe("Element cannot be added to the set: it's already added");
    expect(sets.members()).toEqual(["add s 7 timeout 50"]);
    sets.run("add s 7 -exist");
    expect(sets.members()).toEqual(["add s 7 timeout 100"]);
  });

  it("of a member that a file adds twice are the last ones, where it says -exist", async () => {
    const first = ["create s hash:net timeout 100", "add s 10.0.0.1/8 timeout 7"];
    const sets = await Sets.of(...first, "add s 10.0.0.2/8 timeout 9 -exist");
    expect(sets.members()).toEqual(["add s 10.0.0.0/8 timeout 9"]);
    await expect(Sets.of(...first, "add s 10.0.0.2/8 timeout 9")).rejects.toThrow("it's already added");
  });
});

describe("extensions", () => {
  it("come back as they were given", async () => {
    const lines = [
      "create s hash:ip family inet counters comment skbinfo",
      'add s 10.0.0.1 packets 3 bytes 400 comment "a b" skbmark 0x1/0xff skbprio 1:a skbqueue 7',
      "add s 10.0.0.2 packets 0 bytes 0",
    ];
    const sets = await Sets.of(...lines);
    expect(sets.save().sort()).toEqual([...lines].sort());
    sets.run("add s 10.0.0.1 -exist");
    expect(sets.members()[0]).toBe("add s 10.0.0.1 packets 3 bytes 400");
  });
});
