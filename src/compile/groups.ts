import { RouterPort } from "../../assembly/abi/bridge.ts";
import type { Core } from "../core/core.ts";
import { SnooperLayout } from "../core/layout.generated.ts";
import { setNumber } from "../core/record.ts";
import type { GroupMember, Interface, Node, SnoopingSettings } from "../model/node.ts";
import type { DeviceNumbers } from "./devices.ts";

/** Of a second: what bridges give their times in (USER_HZ). */
const USER_HZ = 100;
const FAMILIES = [4, 6] as const;

type Groups = Pick<Node, "interfaces" | "groups" | "hz">;

/** Tells bridges that snoop how they do it, and what they know of groups, routers and who asks. */
export function loadGroups(core: Core, node: Groups, numbers: DeviceNumbers): void {
  const ticks = (time: number) => Math.floor((time * node.hz) / USER_HZ);
  const number = (name: string) => numbers.find(name) ?? 0;
  for (const { name, bridge } of node.interfaces) {
    if (bridge?.snooping) loadSettings(core, core.newSnooper(number(name)), bridge.snooping, ticks);
  }
  for (const { name, port } of node.interfaces) {
    if (port) core.setPortRouter(number(name), port.multicastRouter, 4, 0);
  }
  const scratch = core.allocate(24);
  for (const member of node.groups?.members ?? []) {
    const family = { 4: 4, 16: 6 }[member.group.length] ?? 0;
    writeMember(core, scratch, member);
    const time = member.time === undefined ? 0 : Math.max(ticks(member.time), 1);
    const port = member.port === member.bridge ? 0 : number(member.port);
    core.setGroupMember(number(member.bridge), port, family, scratch, scratch + 16, time);
  }
  new Uint8Array(core.memory.buffer).fill(0, scratch, scratch + 16);
  for (const { bridge, port, time } of node.groups?.routers ?? []) {
    const kind = node.interfaces.find(({ name }) => name === port)?.port?.multicastRouter ?? RouterPort.Learned;
    for (const family of FAMILIES) {
      core.setPortRouter(number(port), kind, family, ticks(time));
      core.setQuerier(number(bridge), family, scratch, ticks(time));
    }
  }
  core.release(scratch);
}

/** Bridges forget what they learned at ports that went down (br_stp_disable_port, net/bridge/br_stp_if.c). */
export function forgetPorts(
  core: Core,
  before: readonly Interface[],
  after: readonly Interface[],
  numbers: DeviceNumbers,
): void {
  const wasUp = new Set(before.filter(({ flags }) => flags.includes("UP")).map(({ name }) => name));
  for (const { name, port, master, flags } of after) {
    if (!port || master === undefined || !wasUp.has(name) || flags.includes("UP")) continue;
    core.forgetPort(numbers.find(master) ?? 0, numbers.find(name) ?? 0);
  }
}

function loadSettings(core: Core, record: number, settings: SnoopingSettings, ticks: (time: number) => number): void {
  const view = new DataView(core.memory.buffer);
  setNumber(view, record, SnooperLayout.router, settings.router);
  setNumber(view, record, SnooperLayout.tracksSources4, settings.igmpVersion === 3 ? 1 : 0);
  setNumber(view, record, SnooperLayout.tracksSources6, settings.mldVersion === 2 ? 1 : 0);
  setNumber(view, record, SnooperLayout.hashMax, settings.hashMax);
  setNumber(view, record, SnooperLayout.lastMemberCount, settings.lastMemberCount);
  setNumber(view, record, SnooperLayout.lastMemberInterval, ticks(settings.lastMemberInterval));
  setNumber(view, record, SnooperLayout.membershipInterval, ticks(settings.membershipInterval));
  setNumber(view, record, SnooperLayout.querierInterval, ticks(settings.querierInterval));
}

/** The group's address, and where the member's own would be: nobody lists it, so all hosts of a port are one. */
function writeMember(core: Core, at: number, { group }: GroupMember): void {
  const bytes = new Uint8Array(core.memory.buffer);
  bytes.fill(0, at, at + 24);
  bytes.set(group, at);
  bytes.fill(255, at + 16, at + 22);
}
