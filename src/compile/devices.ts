import { isTunnel } from "../config/device-checks.ts";
import type { Core } from "../core/core.ts";
import { DeviceLayout, InterfaceAddressLayout } from "../core/layout.generated.ts";
import { setNumber, stride } from "../core/record.ts";
import type { Interface, InterfaceAddress, Node } from "../model/node.ts";
import { loadBonds } from "./bonds.ts";
import { loadDeviceSettings } from "./device-settings.ts";
import { loadLinks } from "./links.ts";

/** Numbers of a node's devices in the core: from 1, in the order of `addr.json`; 0 is "no device". */
export class DeviceNumbers {
  /** Names by number; the first is empty. */
  readonly names: readonly string[];
  readonly #numbers = new Map<string, number>();

  constructor(interfaces: readonly Interface[]) {
    this.names = ["", ...interfaces.map((each) => each.name)];
    for (const [number, name] of this.names.entries()) if (number > 0) this.#numbers.set(name, number);
  }

  /** @returns undefined when the node has no device of that name. */
  find(name: string): number | undefined {
    return this.#numbers.get(name);
  }
}

/** `DEVICE_*` of assembly/packet/device.ts. */
const UP = 1;
const LOOPBACK = 2;
const RAW = 4;
const IPV4 = 16;
const SINK = 64;
const BRIDGE = 128;
const BOND = 256;
const PROMISCUOUS = 512;
const TUNNEL = 1024;

/** Below this MTU the kernel takes IPv4 away from a device (IPV4_MIN_MTU, net/ipv4/devinet.c). */
const IPV4_MIN_MTU = 68;

/** Link types whose frames have an Ethernet header. */
const ETHERNET_LIKE = new Set(["ether", "loopback"]);

/**
 * Writes the node's devices into the core, with their addresses and settings; again, when a command changed them.
 * Routes and neighbours name devices by number and stay valid as long as the list of devices is the same.
 */
export function loadDevices(
  core: Core,
  node: Pick<Node, "interfaces" | "sysctls" | "bondPorts">,
  numbers: DeviceNumbers,
): void {
  core.reserveDevices(node.interfaces.length);
  for (const device of node.interfaces) {
    const record = core.device(numbers.find(device.name) ?? 0);
    const addresses4 = loadAddresses(core, device, 4);
    const addresses6 = loadAddresses(core, device, 6);
    const view = new DataView(core.memory.buffer);
    setNumber(view, record, DeviceLayout.ifindex, device.index);
    setNumber(view, record, DeviceLayout.flags, flagsOf(device));
    setNumber(view, record, DeviceLayout.mtu, device.mtu);
    setNumber(view, record, DeviceLayout.group, device.group);
    setNumber(view, record, DeviceLayout.addresses4, addresses4);
    setNumber(view, record, DeviceLayout.addresses6, addresses6);
    const bytes = new Uint8Array(core.memory.buffer);
    bytes.set(device.mac?.subarray(0, 6) ?? [], record + DeviceLayout.mac.offset);
    bytes.set(new TextEncoder().encode(device.name).subarray(0, 15), record + DeviceLayout.name0.offset);
  }
  loadLinks(core, node.interfaces, numbers);
  loadBonds(core, node, numbers);
  loadDeviceSettings(core, node);
  core.devicesWritten();
}

function flagsOf(device: Interface): number {
  const has = (flag: string, bit: number) => (device.flags.includes(flag) ? bit : 0);
  const isRaw = !ETHERNET_LIKE.has(device.linkType);
  return (
    has("UP", UP) |
    has("LOOPBACK", LOOPBACK) |
    (isRaw ? RAW : 0) |
    (device.mtu < IPV4_MIN_MTU ? 0 : IPV4) |
    (device.kind === "dummy" ? SINK : 0) |
    (device.kind === "bridge" ? BRIDGE : 0) |
    (device.kind === "bond" ? BOND : 0) |
    (device.bridge?.promiscuous ? PROMISCUOUS : 0) |
    (isTunnel(device) ? TUNNEL : 0)
  );
}

/** Makes the linked list of a device's addresses of one family. @returns its first record, 0 for none. */
function loadAddresses(core: Core, device: Interface, family: 4 | 6): number {
  let next = 0;
  const addresses = device.addresses.filter((address) => address.family === family);
  for (const address of addresses.reverse()) {
    const record = core.allocate(stride(InterfaceAddressLayout));
    writeAddress(core, record, address, next);
    next = record;
  }
  return next;
}

function writeAddress(core: Core, record: number, address: InterfaceAddress, next: number): void {
  const view = new DataView(core.memory.buffer);
  const L = InterfaceAddressLayout;
  new Uint8Array(core.memory.buffer).set(address.address, record + L.address0.offset);
  setNumber(view, record, L.next, next);
  setNumber(view, record, L.prefixLength, address.prefixLength);
  setNumber(view, record, L.scope, address.scope);
  setNumber(view, record, L.secondary, address.family === 4 && address.secondary ? 1 : 0);
  setNumber(view, record, L.deprecated, address.deprecated ? 1 : 0);
  setNumber(view, record, L.temporary, address.temporary ? 1 : 0);
  setNumber(view, record, L.tentative, address.tentative ? 1 : 0);
}
