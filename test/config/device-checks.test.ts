import { describe, expect, it } from "vitest";
import { parseNode } from "../../src/config/node.ts";

function nodeOf(devices: readonly object[], routes: readonly object[] = [], ignoreUnsupported = false) {
  const encoder = new TextEncoder();
  const json = (value: unknown) => encoder.encode(JSON.stringify(value));
  const files = new Map([
    ["addr.json", json(devices.map((device, i) => ({ ifindex: i + 1, flags: ["UP"], addr_info: [], ...device })))],
    ["route.json", json(routes)],
  ]);
  return parseNode(files, { ignoreUnsupported });
}

describe("devices of a node", () => {
  it.each([
    ["vrf", "device x0: kind vrf is not emulated"],
    ["ipvlan", "device x0: kind ipvlan is not emulated"],
    ["openvswitch", "device x0: kind openvswitch is not emulated"],
  ])("of kind %s are refused by name", (kind, message) => {
    expect(() => nodeOf([{ ifname: "x0", linkinfo: { info_kind: kind } }])).toThrow(message);
    const node = nodeOf([{ ifname: "x0", linkinfo: { info_kind: kind } }], [], true);
    expect(node.ignored.map((each) => each.message)).toEqual([expect.stringContaining(message)]);
  });

  it("that are bridges with VLAN filtering are refused", () => {
    const linkinfo = { info_kind: "bridge", info_data: { vlan_filtering: 1 } };
    expect(() => nodeOf([{ ifname: "br0", linkinfo }])).toThrow("bridge br0: VLAN filtering is not emulated");
  });

  it.each([
    ["vxlan", "shown as they enter the tunnel"],
    ["wireguard", "shown as they enter the tunnel"],
    ["macvlan", "only frames captured on it"],
  ])("of kind %s are warned of", (kind, message) => {
    const node = nodeOf([{ ifname: "x0", linkinfo: { info_kind: kind } }]);
    expect(node.warnings.some((warning) => warning.message.includes(message))).toBe(true);
  });

  it.each(["veth", "dummy", "bridge", "vlan", "tun", "ifb"])("of kind %s are taken as they are", (kind) => {
    const node = nodeOf([{ ifname: "x0", linkinfo: { info_kind: kind } }]);
    expect(node.warnings.filter(({ code }) => code === "DEVICE_KIND")).toEqual([]);
  });

  it("have no routes into other packets", () => {
    const route = { dst: "10.0.0.0/8", dev: "x0", encap: "seg6" };
    expect(() => nodeOf([{ ifname: "x0" }], [route])).toThrow("routes with encapsulation seg6 are not emulated");
  });
});
