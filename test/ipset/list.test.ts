import { describe, expect, it } from "vitest";
import { Sets } from "./support.ts";

const THREE = ["create a hash:ip", "create b hash:net", "create c hash:ip", "create l list:set"];

describe("a list of sets", () => {
  it("keeps the order that before and after give", async () => {
    const sets = await Sets.of(...THREE, "add l a", "add l b before a", "add l c after b");
    const members = () => sets.save().filter((line) => line.startsWith("add l"));
    expect(members()).toEqual(["add l b", "add l c", "add l a"]);
    expect(sets.refusal("add l c before a")).toBe("Element cannot be added to the set: it's already added");
    expect(sets.has("l", "c before a")).toBe(true);
    expect(sets.has("l", "c after a")).toBe(false);
    sets.run("del l c");
    expect(members()).toEqual(["add l b", "add l a"]);
    expect(sets.refusal("add l c before c")).toMatch(/is not added to the set\.$/);
  });

  it("holds no list and no unknown set", async () => {
    const sets = await Sets.of(...THREE, "create m list:set");
    expect(sets.refusal("add l m")).toBe("Sets with list:set type cannot be added to the set.");
    expect(sets.refusal("add l x")).toBe("Set to be added/deleted/tested as element does not exist.");
  });

  it("keeps its sets from being destroyed and renamed, and is printed last", async () => {
    const sets = await Sets.of(...THREE, "add l a");
    expect(sets.refusal("destroy a")).toBe("Set cannot be destroyed: it is in use by a kernel component");
    expect(sets.refusal("rename a z")).toBe("Set cannot be renamed: it is in use by another system");
    sets.run("destroy b");
    sets.run("create z bitmap:port range 1-2");
    expect(sets.save().map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "create a",
      "create z",
      "create c",
      "create l",
      "add l",
    ]);
  });
});

describe("commands on whole sets", () => {
  it("swap exchanges what two names stand for", async () => {
    const sets = await Sets.of("create a hash:ip", "create b hash:ip timeout 9", "add a 10.0.0.1", "add b 10.0.0.2");
    const before = sets.loaded.number("a");
    sets.run("swap a b");
    expect(sets.loaded.number("a")).toBe(before);
    expect(sets.has("a", "10.0.0.2")).toBe(true);
    expect(sets.members()).toEqual(["add a 10.0.0.2 timeout 9", "add b 10.0.0.1"]);
    sets.run("create n hash:net");
    expect(sets.refusal("swap a n")).toBe("The sets cannot be swapped: their type does not match");
  });

  it("flush, rename and destroy, one or all", async () => {
    const sets = await Sets.of("create a hash:net", "create b bitmap:port range 0-9", "add a 10.0.0.0/8", "add b 1");
    sets.run("flush a");
    expect(sets.members()).toEqual(["add b 1"]);
    expect(sets.has("a", "10.0.0.1")).toBe(false);
    sets.run("rename a c");
    sets.loaded.isReferenced = (name) => name === "c";
    expect(sets.refusal("destroy")).toMatch(/in use by a kernel component$/);
    sets.loaded.isReferenced = () => false;
    sets.run("destroy");
    expect(sets.save()).toEqual([]);
  });

  it("create -exist takes an equal set for the same", async () => {
    const sets = await Sets.of("create a hash:ip maxelem 9");
    expect(sets.refusal("create a hash:ip maxelem 9 -exist")).toBeUndefined();
    expect(sets.refusal("create a hash:ip -exist")).toMatch(/^Set cannot be created/);
  });
});
