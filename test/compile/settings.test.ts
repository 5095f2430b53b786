import { describe, expect, it } from "vitest";
import { loadSettings } from "../../src/compile/settings.ts";
import { changedSettings } from "../../src/compile/sysctl-change.ts";
import { ipv4 } from "../support/ip.ts";
import { interfacesOf, Network } from "../support/network.ts";

const DEVICES = { lo: ["127.0.0.1/8"], eth0: ["10.0.0.1/24"], eth1: ["10.1.0.1/24"] };

describe("settings", () => {
  it.each([
    ["ip_forward alone", { "net.ipv4.ip_forward": "1" }, 1],
    ["a device that does not forward", { "net.ipv4.ip_forward": "1", "net.ipv4.conf.eth0.forwarding": "0" }, 0],
    ["the kernel's default", { "net.ipv4.ip_forward": "0" }, 0],
    ["a strict filter that only all has", { "net.ipv4.ip_forward": "1", "net.ipv4.conf.all.rp_filter": "1" }, 0],
    [
      "a loose filter of the device beside it",
      { "net.ipv4.ip_forward": "1", "net.ipv4.conf.all.rp_filter": "1", "net.ipv4.conf.eth0.rp_filter": "2" },
      1,
    ],
  ])("of %s let %i packets from elsewhere through", async (_, sysctls, count) => {
    const node = await Network.create({ devices: DEVICES, sysctls, routes: ["20.0.0.0/8 via 10.1.0.2 dev eth1"] });
    const from = "net.ipv4.conf.all.rp_filter" in sysctls ? "20.0.0.7" : "10.0.0.7";
    expect(node.send("eth0", ipv4({ from, to: "10.1.0.5" })).filter(({ device }) => device === "eth1")).toHaveLength(
      count,
    );
  });

  it("hold from the next packet on when they change", async () => {
    const node = await Network.create({ devices: DEVICES });
    const packet = ipv4({ from: "10.0.0.7", to: "10.1.0.5" });
    const interfaces = interfacesOf({ devices: DEVICES });
    expect(node.send("eth0", packet)).toHaveLength(1);
    loadSettings(node.core, { interfaces, kernel: "6.1", sysctls: new Map([["net.ipv4.ip_forward", "0"]]) });
    expect(node.send("eth0", packet)).toHaveLength(0);
    loadSettings(node.core, { interfaces, kernel: "6.1", sysctls: new Map([["net.ipv4.ip_forward", "1"]]) });
    expect(node.send("eth0", packet)).toHaveLength(1);
  });

  it("written for all replace those of the devices", () => {
    const before = new Map([
      ["net.ipv4.conf.eth0.forwarding", "1"],
      ["net.ipv4.conf.eth0.rp_filter", "2"],
    ]);
    expect([...changedSettings(before, new Map([["net.ipv4.ip_forward", "0"]]))]).toEqual([
      ["net.ipv4.conf.eth0.rp_filter", "2"],
      ["net.ipv4.ip_forward", "0"],
      ["net.ipv4.conf.all.forwarding", "0"],
    ]);
  });
});
