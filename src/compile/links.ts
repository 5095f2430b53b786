import { Snooping } from "../../assembly/abi/bridge.ts";
import type { Core } from "../core/core.ts";
import { DeviceLayout } from "../core/layout.generated.ts";
import { setNumber } from "../core/record.ts";
import type { BridgePort, BridgeSettings, Interface, Node } from "../model/node.ts";
import type { DeviceNumbers } from "./devices.ts";

/** `PORT_*` of assembly/packet/device.ts. */
const HAIRPIN = 1;
const NO_LEARNING = 2;
const NO_FLOOD = 4;
const NO_MULTICAST_FLOOD = 8;
const NO_BROADCAST_FLOOD = 16;
const ISOLATED = 32;
const BLOCKED = 64;
const LEARNING = 128;
const LOCKED = 256;
const NO_LINK_LOCAL_LEARN = 512;
const FAST_LEAVE = 4096;
const TO_UNICAST = 8192;

/** Group that is forwarded unless the bridge speaks STP, and the one of pause frames, which never is. */
const STP_GROUP = 1 << 0;
const PAUSE_GROUP = 1 << 1;
const DEFAULT_AGEING = 30_000;

/** `FDB_*` of assembly/bridge/fdb.ts. */
const FDB_STATIC = 1;
const FDB_STICKY = 2;

/** Kinds of masters whose ports give them their frames. */
const MASTERS: ReadonlySet<string | undefined> = new Set(["bridge", "bond"]);

/** Writes how devices stand above and below one another: VLANs, bridges and their ports, bonds. */
export function loadLinks(core: Core, interfaces: readonly Interface[], numbers: DeviceNumbers): void {
  const view = new DataView(core.memory.buffer);
  const number = (name: string | undefined) => (name === undefined ? 0 : (numbers.find(name) ?? 0));
  const kinds = new Map(interfaces.map(({ name, kind }) => [name, kind]));
  for (const device of interfaces) {
    const record = core.device(number(device.name));
    const { vlan, port } = device;
    const master = device.master !== undefined && MASTERS.has(kinds.get(device.master)) ? device.master : undefined;
    setNumber(view, record, DeviceLayout.master, number(master));
    setNumber(view, record, DeviceLayout.below, number(vlan?.below ?? device.below));
    if (vlan) setNumber(view, record, DeviceLayout.vlanTag, vlan.protocol * 0x10000 + vlan.id);
    if (port) {
      const bridge = interfaces.find(({ name }) => name === device.master)?.bridge;
      setNumber(view, record, DeviceLayout.portFlags, portFlags(port, bridge));
    }
    if (kinds.get(device.master ?? "") === "bridge") {
      const bridge = interfaces.find(({ name }) => name === device.master)?.bridge;
      setNumber(view, record, DeviceLayout.groupForward, groupForward(port, bridge));
    }
    if (device.kind !== "bridge") continue;
    setNumber(view, record, DeviceLayout.ageing, device.bridge?.ageing ?? DEFAULT_AGEING);
    setNumber(view, record, DeviceLayout.snooping, device.bridge?.snooping ? Snooping.On : Snooping.Off);
    const ports = portsOf(device.name, interfaces);
    linkPorts(
      core,
      view,
      record,
      ports.map(({ name }) => number(name)),
    );
  }
}

function portFlags(port: BridgePort, bridge: BridgeSettings | undefined): number {
  return (
    (port.hairpin ? HAIRPIN : 0) |
    (port.learning ? 0 : NO_LEARNING) |
    (port.flood ? 0 : NO_FLOOD) |
    (port.multicastFlood ? 0 : NO_MULTICAST_FLOOD) |
    (port.broadcastFlood ? 0 : NO_BROADCAST_FLOOD) |
    (port.isolated ? ISOLATED : 0) |
    (port.state === "forwarding" ? 0 : BLOCKED) |
    (port.state === "learning" ? LEARNING : 0) |
    (port.locked ? LOCKED : 0) |
    (bridge?.linkLocalLearning === false ? NO_LINK_LOCAL_LEARN : 0) |
    (port.fastLeave ? FAST_LEAVE : 0) |
    (port.toUnicast ? TO_UNICAST : 0)
  );
}

/** Frames to 01:80:c2:00:00:0x that are forwarded (br_handle_frame, net/bridge/br_input.c). */
function groupForward(port: BridgePort | undefined, bridge: BridgeSettings | undefined): number {
  const mask = (bridge?.groupForward ?? 0) | (port?.groupForward ?? 0) | (bridge?.stp ? 0 : STP_GROUP);
  return mask & ~PAUSE_GROUP;
}

/** In the order in which the kernel floods: who joined last comes first (new_nbp, net/bridge/br_if.c). */
function portsOf(bridge: string, interfaces: readonly Interface[]): Interface[] {
  const place = ({ port, index }: Interface) => port?.number ?? index;
  return interfaces.filter(({ master }) => master === bridge).sort((a, b) => place(b) - place(a));
}

/** Makes the list of a bridge's or bond's ports, in this order. */
export function linkPorts(core: Core, view: DataView, master: number, ports: readonly number[]): void {
  for (const [i, number] of ports.entries()) {
    const before = i === 0 ? master : core.device(ports[i - 1]!);
    setNumber(view, before, i === 0 ? DeviceLayout.firstPort : DeviceLayout.nextPort, number);
  }
}

/** Tells bridges which addresses are behind which port: their own, and what `bridge fdb` says. */
export function loadFdb(core: Core, node: Pick<Node, "interfaces" | "fdb">, numbers: DeviceNumbers): void {
  const scratch = core.allocate(8);
  const enter = (bridge: string, mac: Uint8Array | undefined, port: number, flags: number) => {
    const number = numbers.find(bridge);
    if (number === undefined || mac?.length !== 6) return;
    new Uint8Array(core.memory.buffer).set(mac, scratch);
    core.setFdbEntry(number, scratch, port, flags);
  };
  for (const { name, kind, mac, master } of node.interfaces) {
    if (kind === "bridge") enter(name, mac, 0, FDB_STATIC | FDB_STICKY);
    if (master !== undefined) enter(master, mac, 0, FDB_STATIC | FDB_STICKY);
  }
  for (const { bridge, mac, port, isStatic, isSticky } of node.fdb ?? []) {
    const flags = (isStatic ? FDB_STATIC : 0) | (isSticky ? FDB_STICKY : 0);
    enter(bridge, mac, numbers.find(port) ?? 0, flags);
  }
  core.release(scratch);
}
