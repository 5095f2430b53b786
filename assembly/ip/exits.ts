import { BondMode } from "../abi/bond";
import { maySend, sendingPorts } from "../bond/ports";
import { findPort, UNKNOWN_PORT } from "../bridge/fdb";
import { isBroadcast, isGroup, mayFlood, mayLeave } from "../bridge/ports";
import { Aim, aim, copiesThrough, copyReceiver, NO_COPY, nextCopy } from "../bridge/snooping";
import { allocate } from "../memory/allocate";
import { store32 } from "../packet/bytes";
import { DEVICE_BOND, DEVICE_BRIDGE, DEVICE_UP, device, NO_DEVICE } from "../packet/device";
import { Packet } from "../packet/packet";
import { MAC_MASK } from "./link";

/**
 * Where a frame really leaves, below VLAN devices, bridges and bonds, and its link header there. A bond stands for one of
 * its ports where the frame's bytes decide which.
 */
@unmanaged
export class Exit {
  device: u32;
  headerLength: u32;
  /** Room for `MAX_TAGS` tags. */
  header: u64;
}

const ADDRESSES: u32 = 12;
const TAG: u32 = 4;
const MAX_TAGS: u32 = 4;
const EXIT_SIZE: usize = offsetof<Exit>() + 32;
/** As many ports as a bridge can have (BR_MAX_PORTS). */
const MAX_EXITS: u32 = 1024;

const exits = allocate(MAX_EXITS * EXIT_SIZE);
export let exitCount: u32 = 0;

export function exitAt(index: u32): Exit {
  return changetype<Exit>(exits + index * EXIT_SIZE);
}

/** The one exit of a device whose packets have no link header. */
export function findBareExit(index: u32): void {
  exitCount = 1;
  exitAt(0).device = index;
  exitAt(0).headerLength = 0;
}

/** The packet in the frame, which a bridge reads where it is for a group. */
let inside: Packet = changetype<Packet>(0);
/** The last bridge does not know which of its ports want the frame. */
export let isAimUnknown: bool = false;

/**
 * Works out the exits of a frame that is sent through a device. `ethernet`: its header of 14 bytes. None where a device
 * below is down or no port of a bridge takes it.
 */
export function findExits(packet: Packet, index: u32, ethernet: usize): void {
  exitCount = 0;
  isAimUnknown = false;
  inside = packet;
  memory.copy(template, ethernet, ADDRESSES);
  type = load<u16>(ethernet, ADDRESSES);
  descend(index, 0);
}

/** Addresses of the frame, then its tags, outermost first. */
const template = allocate(ADDRESSES + TAG * MAX_TAGS);
/** The type field behind them, as in the packet. */
let type: u16 = 0;

function descend(index: u32, tagCount: u32): void {
  const output = device(index);
  if (!(output.flags & DEVICE_UP)) return;
  if (output.flags & DEVICE_BRIDGE) return leaveBridge(index, tagCount);
  if (output.flags & DEVICE_BOND) return leaveBond(index, tagCount);
  if (output.below == NO_DEVICE) return addExit(index, tagCount);
  if (output.vlanTag == 0) return descend(output.below, tagCount);
  if (tagCount == MAX_TAGS) return;
  // A tag that is put on later stands before the others.
  const tags = template + ADDRESSES;
  memory.copy(tags + TAG, tags, tagCount * TAG);
  store32(tags, output.vlanTag);
  descend(output.below, tagCount + 1);
  memory.copy(tags, tags + TAG, tagCount * TAG);
}

function addExit(index: u32, tagCount: u32): void {
  if (exitCount == MAX_EXITS) return;
  const exit = exitAt(exitCount++);
  const tagged = ADDRESSES + tagCount * TAG;
  const header = changetype<usize>(exit) + offsetof<Exit>("header");
  exit.device = index;
  exit.headerLength = tagged + 2;
  memory.copy(header, template, tagged);
  store<u16>(header + tagged, type);
}

/** __bond_start_xmit (drivers/net/bonding/bond_main.c), as far as it does not look into the frame. */
function leaveBond(bond: u32, tagCount: u32): void {
  const mode: BondMode = device(bond).bondMode;
  switch (mode) {
    case BondMode.ActiveBackup:
      if (device(bond).below != NO_DEVICE) descend(device(bond).below, tagCount);
      return;
    case BondMode.Broadcast:
      for (let port = device(bond).firstPort; port != NO_DEVICE; port = device(port).nextPort) {
        if (maySend(port)) addExit(port, tagCount);
      }
      return;
    case BondMode.Unknown:
      return addExit(bond, tagCount);
    default:
      if (sendingPorts(bond) != 0) addExit(bond, tagCount);
  }
}

/** br_dev_xmit (net/bridge/br_device.c): to the port that is known for the address, else to all. */
function leaveBridge(bridge: u32, tagCount: u32): void {
  const destination = load<u64>(template) & MAC_MASK;
  const known = findPort(bridge, destination);
  if (known != UNKNOWN_PORT) {
    if (known != NO_DEVICE && mayLeave(known, 0)) descend(known, tagCount);
    return;
  }
  const aimed = isGroup(destination) && !isBroadcast(destination) ? aim(inside, NO_DEVICE, bridge) : Aim.All;
  if (aimed == Aim.Nowhere) return;
  if (aimed == Aim.Members) return leaveToMembers(bridge, tagCount);
  if (aimed == Aim.Unknown) isAimUnknown = true;
  for (let port = device(bridge).firstPort; port != NO_DEVICE; port = device(port).nextPort) {
    if (mayFlood(port, 0, destination)) descend(port, tagCount);
  }
}

/** br_multicast_flood: what hosts get by themselves leaves before what goes to all behind a port. */
function leaveToMembers(bridge: u32, tagCount: u32): void {
  let last = NO_DEVICE;
  for (let port = device(bridge).firstPort; port != NO_DEVICE; port = device(port).nextPort) {
    if (!mayLeave(port, 0)) continue;
    for (let copy = copiesThrough(port); copy != NO_COPY; copy = nextCopy(copy)) {
      if (copyReceiver(copy) != 0) {
        leaveFor(copyReceiver(copy), port, tagCount);
      } else {
        if (last != NO_DEVICE) descend(last, tagCount);
        last = port;
      }
    }
  }
  if (last != NO_DEVICE) descend(last, tagCount);
}

function leaveFor(receiver: u64, port: u32, tagCount: u32): void {
  if (isBroadcast(receiver)) return descend(port, tagCount);
  const destination = load<u64>(template);
  store<u32>(template, <u32>receiver);
  store<u16>(template, <u16>(receiver >> 32), 4);
  descend(port, tagCount);
  store<u32>(template, <u32>destination);
  store<u16>(template, <u16>(destination >> 32), 4);
}
