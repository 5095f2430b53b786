import { PlaceKind, SHARED_PLACE } from "../../assembly/abi/capture.ts";
import { macAt, NodeMacs } from "../capture/index.ts";
import { DeviceNumbers } from "../compile/devices.ts";
import type { Core } from "../core/core.ts";
import type { Interface } from "../model/node.ts";
import { BridgedDevices } from "./bridged-devices.ts";
import { VlanDevices } from "./vlan-devices.ts";

/** Tells the core what {@link Arrivals} knows of the node's devices, so that it finds where packets of a capture arrive. */
export function tellPlaces(core: Core, interfaces: readonly Interface[]): void {
  const numbers = new DeviceNumbers(interfaces);
  const macs = new NodeMacs(interfaces.map(({ name, index, mac }) => ({ name, ifindex: index, mac })));
  const vlans = new VlanDevices(interfaces);
  const bridged = new BridgedDevices(interfaces);
  // The first of those with the same index counts, so it is told last.
  for (const { name, index, mac, vlan } of interfaces.toReversed()) {
    const device = numbers.find(name)!;
    core.setPlace(PlaceKind.Ifindex, 0, index, 0, device);
    if (bridged.has(device)) core.setPlace(PlaceKind.Bridged, 0, device, 0, 1);
    if (bridged.bondOf(device) !== device) core.setPlace(PlaceKind.Bond, 0, device, 0, bridged.bondOf(device));
    const below = vlan && numbers.find(vlan.below);
    if (below) {
      const above = vlans.find(below, vlan.protocol, vlan.id)!;
      core.setPlace(PlaceKind.Vlan, below, vlan.protocol * 0x10000 + vlan.id, 0, above);
    }
    if (mac?.length !== 6) continue;
    const view = new DataView(mac.buffer, mac.byteOffset);
    const [upper, lower] = [view.getUint16(4, true), view.getUint32(0, true)];
    const isShared = macs.owners(macAt(mac, 0)).length > 1;
    core.setPlace(PlaceKind.Mac, upper, lower, 0, isShared ? SHARED_PLACE : device);
    core.setPlace(PlaceKind.OwnMac, 0, device, upper, lower);
  }
}
