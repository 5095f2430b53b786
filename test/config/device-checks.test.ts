import { describe, expect, it } from "vitest";
import { parseNode } from "../../src/config/node.ts";

function nodeOf(
  devices: readonly object[],
  routes: readonly object[] = [],
  ignoreUnsupported = false,
  sysctls?: string,
) {
  const encoder = new TextEncoder();
  const json = (value: unknown) => encoder.encode(JSON.stringify(value));
  const files = new Map([
    ["addr.json", json(devices.map((device, i) => ({ ifindex: i + 1, flags: ["UP"], addr_info: [], ...device })))],
    ["route.json", json(routes)],
    ...(sysctls === undefined ? [] : [["sysctl.txt", encoder.encode(sysctls)] as const]),
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
    [{ flags: [] }, "reorder_hdr off"],
    [{ flags: ["REORDER_HDR"], egress_qos: [{ from: 1, to: 5 }] }, "egress-qos-map"],
  ])("that are VLAN devices with %j are refused", (settings, words) => {
    const linkinfo = { info_kind: "vlan", info_data: { protocol: "802.1Q", id: 10, ...settings } };
    const devices = [{ ifname: "eth0" }, { ifname: "eth0.10", link: "eth0", linkinfo }];
    expect(() => nodeOf(devices)).toThrow(`device eth0.10: ${words} of a VLAN device is not emulated`);
  });

  it.each(["vlan", "pppoe"])("that are bridges whose frames with %s tags pass the hooks of IP are refused", (tag) => {
    const bridge = [{ ifname: "br0", linkinfo: { info_kind: "bridge" } }];
    const name = `net.bridge.bridge-nf-filter-${tag}-tagged`;
    const sysctls = `net.ipv4.ip_forward = 1\n${name} = 1\n`;
    expect(() => nodeOf(bridge, [], false, sysctls)).toThrow(`sysctl.txt:2:1: ${name}=1 is not emulated`);
    expect(nodeOf(bridge, [], true, sysctls).ignored).toHaveLength(1);
    expect(nodeOf(bridge, [], false, `${name} = 0\n`).ignored).toEqual([]);
    expect(nodeOf([{ ifname: "eth0" }], [], false, sysctls).ignored).toEqual([]);
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
