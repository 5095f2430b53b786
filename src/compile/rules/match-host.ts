import {
  MatchKind,
  OWNER_GID,
  OWNER_OTHER_GROUPS,
  OWNER_SOCKET,
  OWNER_UID,
  PHYSDEV_BRIDGED,
  PHYSDEV_IN,
  PHYSDEV_IS_IN,
  PHYSDEV_IS_OUT,
  PHYSDEV_OUT,
} from "../../../assembly/abi/rule.ts";
import {
  CgroupTestLayout,
  ConnlabelTestLayout,
  ConstantTestLayout,
  DevgroupTestLayout,
  HelperTestLayout,
  OwnerTestLayout,
  PhysdevTestLayout,
  RealmTestLayout,
  RpfilterTestLayout,
  TimeTestLayout,
} from "../../core/layout.generated.ts";
import type { Range } from "../../model/address.ts";
import type {
  CgroupMatch,
  ConnlabelMatch,
  CpuMatch,
  DevgroupMatch,
  HelperMatch,
  OwnerMatch,
  PhysdevMatch,
  RealmMatch,
  RpfilterMatch,
  SocketMatch,
  TimeMatch,
} from "../../model/match.ts";
import { HELPERS } from "../helper.ts";
import { refuse } from "./context.ts";
import { DeviceBitmaps } from "./device-bitmaps.ts";
import { matchEncoder, TestBits } from "./encoder.ts";

export const owner = matchEncoder<OwnerMatch>(MatchKind.Owner, OwnerTestLayout, (to, match, { local }) => {
  const collected = new TestBits();
  collected.add(OWNER_SOCKET, match.socketExists);
  const uid = collected.add(OWNER_UID, match.uid);
  to.set(OwnerTestLayout.isUser, uid !== undefined && contains(uid, local.uid));
  const gid = collected.add(OWNER_GID, match.gid);
  const groups = match.supplementaryGroups ? [local.gid, ...local.groups] : [local.gid];
  to.set(OwnerTestLayout.isGroup, gid !== undefined && groups.some((group) => contains(gid, group)));
  to.set(OwnerTestLayout.tests, collected.tests | (match.supplementaryGroups ? OWNER_OTHER_GROUPS : 0));
  to.set(OwnerTestLayout.inverted, collected.inverted);
});

function contains({ from, to }: Range, id: number): boolean {
  return id >= from && id <= to;
}

/**
 * The kernel's own sockets, which its ICMP errors leave by, belong to the root of all cgroups and to class 0.
 */
export const cgroup = matchEncoder<CgroupMatch>(MatchKind.Cgroup, CgroupTestLayout, (to, match, context) => {
  const { classid, cgroup: path } = context.local;
  if (match.classid) {
    if (classid === undefined) refuse(context, `match cgroup --cgroup: ${UNKNOWN_CGROUP} (--local-classid N)`);
    to.set(CgroupTestLayout.holds, (classid === match.classid.value) !== match.classid.invert);
    to.set(CgroupTestLayout.holdsOfKernel, (match.classid.value === 0) !== match.classid.invert);
  } else if (match.path) {
    if (path === undefined) refuse(context, `match cgroup --path: ${UNKNOWN_CGROUP} (--local-cgroup PATH)`);
    to.set(CgroupTestLayout.holds, isWithin(path, match.path.value) !== match.path.invert);
    to.set(CgroupTestLayout.holdsOfKernel, isWithin("/", match.path.value) !== match.path.invert);
  }
});

const UNKNOWN_CGROUP = "a capture does not say which cgroup the node's own packets come from";

/** Is a cgroup the other one, or below it? */
function isWithin(path: string, above: string): boolean {
  const parts = (text: string) => text.split("/").filter((part) => part !== "");
  const inner = parts(path);
  return parts(above).every((part, i) => inner[i] === part);
}

export const physdev = matchEncoder<PhysdevMatch>(MatchKind.Physdev, PhysdevTestLayout, (to, match, context) => {
  const collected = new TestBits();
  const bitmaps = new DeviceBitmaps(to.image, context.devices);
  if (collected.add(PHYSDEV_IN, match.in) !== undefined) {
    const devices = bitmaps.of(match.in!.value, match.in!.invert);
    if (devices !== undefined) to.point(PhysdevTestLayout.inDevices, devices);
  }
  if (collected.add(PHYSDEV_OUT, match.out) !== undefined) {
    const devices = bitmaps.of(match.out!.value, match.out!.invert);
    if (devices !== undefined) to.point(PhysdevTestLayout.outDevices, devices);
  }
  collected.add(PHYSDEV_IS_IN, match.isIn);
  collected.add(PHYSDEV_IS_OUT, match.isOut);
  collected.add(PHYSDEV_BRIDGED, match.isBridged);
  to.set(PhysdevTestLayout.tests, collected.tests);
  to.set(PhysdevTestLayout.inverted, collected.inverted);
});

export const devgroup = matchEncoder<DevgroupMatch>(MatchKind.Devgroup, DevgroupTestLayout, (to, match) => {
  const layout = DevgroupTestLayout;
  if (match.source) {
    to.set(layout.testsSource, true);
    to.set(layout.source, match.source.value.value);
    to.set(layout.sourceMask, match.source.value.mask);
    to.set(layout.notSource, match.source.invert);
  }
  if (match.destination) {
    to.set(layout.testsDestination, true);
    to.set(layout.destination, match.destination.value.value);
    to.set(layout.destinationMask, match.destination.value.mask);
    to.set(layout.notDestination, match.destination.invert);
  }
});

export const realm = matchEncoder<RealmMatch>(MatchKind.Realm, RealmTestLayout, (to, match) => {
  to.set(RealmTestLayout.value, match.value);
  to.set(RealmTestLayout.mask, match.mask);
  to.set(RealmTestLayout.invert, match.invert);
});

export const time = matchEncoder<TimeMatch>(MatchKind.Time, TimeTestLayout, (to, match) => {
  const layout = TimeTestLayout;
  to.set(layout.dateStart, match.dateStart);
  to.set(layout.dateStop, match.dateStop);
  to.set(layout.timeStart, match.timeStart);
  to.set(layout.timeStop, match.timeStop);
  to.set(layout.monthdays, match.monthdays);
  to.set(layout.weekdays, match.weekdays);
  to.set(layout.contiguous, match.contiguous);
});

export const rpfilter = matchEncoder<RpfilterMatch>(MatchKind.Rpfilter, RpfilterTestLayout, (to, match) => {
  to.set(RpfilterTestLayout.loose, match.loose);
  to.set(RpfilterTestLayout.usesMark, match.validmark);
  to.set(RpfilterTestLayout.acceptLocal, match.acceptLocal);
  to.set(RpfilterTestLayout.invert, match.invert);
});

/** No process of the node listens: a socket is never found (net/netfilter/xt_socket.c). */
export const socket = matchEncoder<SocketMatch>(MatchKind.Socket, ConstantTestLayout, (to) => {
  to.set(ConstantTestLayout.holds, false);
});

/** All packets are handled by the first processor. */
export const cpu = matchEncoder<CpuMatch>(MatchKind.Cpu, ConstantTestLayout, (to, match) => {
  to.set(ConstantTestLayout.holds, (match.cpu.value === 0) !== match.cpu.invert);
});

export const connlabel = matchEncoder<ConnlabelMatch>(MatchKind.Connlabel, ConnlabelTestLayout, (to, match) => {
  to.set(ConnlabelTestLayout.label, match.label.value);
  to.set(ConnlabelTestLayout.invert, match.label.invert);
  to.set(ConnlabelTestLayout.set, match.set);
});

/** Names are compared as far as the helper's own goes; an empty one is any (net/netfilter/xt_helper.c). */
export const helper = matchEncoder<HelperMatch>(MatchKind.Helper, HelperTestLayout, (to, match) => {
  const { value, invert } = match.helper;
  let helpers = 0;
  for (const [name, number] of HELPERS) if (value === "" || value.startsWith(name)) helpers |= 1 << number;
  to.set(HelperTestLayout.helpers, helpers);
  to.set(HelperTestLayout.invert, invert);
});
