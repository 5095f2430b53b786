import { BondMode, BondPolicy } from "../../assembly/abi/bond.ts";
import { isHashed } from "../config/bond-checks.ts";
import type { Core } from "../core/core.ts";
import { DeviceLayout } from "../core/layout.generated.ts";
import { setNumber } from "../core/record.ts";
import type { BondPort, BondSettings, Interface, Node } from "../model/node.ts";
import type { DeviceNumbers } from "./devices.ts";
import { linkPorts } from "./links.ts";

/** `PORT_*` of assembly/packet/device.ts. */
const MUTE = 1024;
const DEAF = 2048;

const MODES: Readonly<Record<string, BondMode>> = {
  "balance-rr": BondMode.RoundRobin,
  "active-backup": BondMode.ActiveBackup,
  broadcast: BondMode.Broadcast,
};

const POLICIES: Readonly<Record<string, BondPolicy>> = {
  layer2: BondPolicy.Layer2,
  "layer2+3": BondPolicy.Layer23,
  "layer3+4": BondPolicy.Layer34,
  "vlan+srcmac": BondPolicy.VlanSourceMac,
};

/** Writes how bonds choose their ports, and what these do. */
export function loadBonds(core: Core, node: Pick<Node, "interfaces" | "bondPorts">, numbers: DeviceNumbers): void {
  const view = new DataView(core.memory.buffer);
  for (const { name, bond } of node.interfaces) {
    if (!bond) continue;
    const record = core.device(numbers.find(name)!);
    setNumber(
      view,
      record,
      DeviceLayout.bondMode,
      isHashed(bond) ? BondMode.Hash : (MODES[bond.mode ?? ""] ?? BondMode.Unknown),
    );
    setNumber(view, record, DeviceLayout.bondPolicy, POLICIES[bond.policy] ?? BondPolicy.Layer2);
    setNumber(view, record, DeviceLayout.packetsPerPort, bond.packetsPerPort);
    const ports = portsOf(name, node);
    for (const port of ports) {
      const portRecord = core.device(numbers.find(port.name)!);
      setNumber(view, portRecord, DeviceLayout.portFlags, flagsOf(port.bondPort, bond));
    }
    linkPorts(
      core,
      view,
      record,
      ports.map((port) => numbers.find(port.name)!),
    );
  }
}

/** In the order in which they joined; by index where that was not saved. */
function portsOf(bond: string, { interfaces, bondPorts = [] }: Pick<Node, "interfaces" | "bondPorts">): Interface[] {
  const place = ({ name, index }: Interface) => (bondPorts.includes(name) ? bondPorts.indexOf(name) : 1e6 + index);
  return interfaces.filter(({ master }) => master === bond).sort((a, b) => place(a) - place(b));
}

function flagsOf(port: BondPort | undefined, { mode, aggregator, allPortsTake }: BondSettings): number {
  if (!port) return 0;
  const isOther = mode === "802.3ad" && aggregator !== undefined && port.aggregator !== aggregator;
  const isMute = !port.isUp || !port.isActive || isOther;
  return (isMute ? MUTE : 0) | (port.isActive || allPortsTake ? 0 : DEAF);
}
