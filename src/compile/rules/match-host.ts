import {
  MatchKind,
  OWNER_GID,
  OWNER_SOCKET,
  OWNER_UID,
  PHYSDEV_BRIDGED,
  PHYSDEV_IN,
  PHYSDEV_IS_IN,
  PHYSDEV_IS_OUT,
  PHYSDEV_OUT,
} from "../../../assembly/abi/rule.ts";
import {
  ConstantTestLayout,
  DevgroupTestLayout,
  HelperTestLayout,
  OwnerTestLayout,
  PhysdevTestLayout,
  RealmTestLayout,
  RpfilterTestLayout,
  TimeTestLayout,
} from "../../core/layout.generated.ts";
import type {
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
import { DeviceBitmaps } from "./device-bitmaps.ts";
import { matchEncoder, TestBits } from "./encoder.ts";

export const owner = matchEncoder<OwnerMatch>(MatchKind.Owner, OwnerTestLayout, (to, match) => {
  const collected = new TestBits();
  collected.add(OWNER_SOCKET, match.socketExists);
  const uid = collected.add(OWNER_UID, match.uid);
  if (uid) {
    to.set(OwnerTestLayout.uidFrom, uid.from);
    to.set(OwnerTestLayout.uidTo, uid.to);
  }
  const gid = collected.add(OWNER_GID, match.gid);
  if (gid) {
    to.set(OwnerTestLayout.gidFrom, gid.from);
    to.set(OwnerTestLayout.gidTo, gid.to);
  }
  to.set(OwnerTestLayout.tests, collected.tests);
  to.set(OwnerTestLayout.inverted, collected.inverted);
});

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

/** Names are compared as far as the helper's own goes; an empty one is any (net/netfilter/xt_helper.c). */
export const helper = matchEncoder<HelperMatch>(MatchKind.Helper, HelperTestLayout, (to, match) => {
  const { value, invert } = match.helper;
  let helpers = 0;
  for (const [name, number] of HELPERS) if (value === "" || value.startsWith(name)) helpers |= 1 << number;
  to.set(HelperTestLayout.helpers, helpers);
  to.set(HelperTestLayout.invert, invert);
});
