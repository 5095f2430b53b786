import { BondMode, BondPolicy } from "../abi/bond";
import { PROTO_IGMP } from "../abi/protocol";
import { load16 } from "../packet/bytes";
import { DEVICE_UP, device, NO_DEVICE, PORT_MUTE } from "../packet/device";
import { random32 } from "../packet/random";
import { frameHash } from "./hash";

/** Ports of a bond, in the order in which they joined it. */

/** May frames leave through it (bond_slave_can_tx)? */
export function maySend(port: u32): bool {
  return (device(port).flags & DEVICE_UP) != 0 && !(device(port).portFlags & PORT_MUTE);
}

/** How many of a bond's ports may send. */
export function sendingPorts(bond: u32): u32 {
  let count: u32 = 0;
  for (let port = device(bond).firstPort; port != NO_DEVICE; port = device(port).nextPort) {
    if (maySend(port)) count += 1;
  }
  return count;
}

/** The port through which a bond that has one for it sends a frame (__bond_start_xmit). */
export function portFor(bond: u32, frame: usize, length: u32): u32 {
  if (device(bond).bondMode == BondMode.RoundRobin) return nextInTurn(bond, frame, length);
  const policy: BondPolicy = device(bond).bondPolicy;
  return sendingPort(bond, frameHash(frame, length, policy) % sendingPorts(bond));
}

/** The `place`-th of those that may send (bond_update_slave_arr). */
function sendingPort(bond: u32, place: u32): u32 {
  let left = place;
  for (let port = device(bond).firstPort; port != NO_DEVICE; port = device(port).nextPort) {
    if (!maySend(port)) continue;
    if (left == 0) return port;
    left -= 1;
  }
  return NO_DEVICE;
}

/** bond_xmit_roundrobin_slave_get: IGMP keeps to the first port. */
function nextInTurn(bond: u32, frame: usize, length: u32): u32 {
  return firstFrom(bond, isIgmp(frame, length) ? 0 : turn(bond) % portCount(bond));
}

/** bond_rr_gen_slave_id */
function turn(bond: u32): u32 {
  const at = device(bond);
  if (at.packetsPerPort == 0) return random32();
  at.sentFrames += 1;
  return at.sentFrames / at.packetsPerPort;
}

function portCount(bond: u32): u32 {
  let count: u32 = 0;
  for (let port = device(bond).firstPort; port != NO_DEVICE; port = device(port).nextPort) count += 1;
  return count;
}

/** The first that may send from the `place`-th of all on, else from the beginning (bond_get_slave_by_id). */
function firstFrom(bond: u32, place: u32): u32 {
  let first = NO_DEVICE;
  let i: u32 = 0;
  for (let port = device(bond).firstPort; port != NO_DEVICE; port = device(port).nextPort) {
    if (maySend(port)) {
      if (i >= place) return port;
      if (first == NO_DEVICE) first = port;
    }
    i += 1;
  }
  return first;
}

function isIgmp(frame: usize, length: u32): bool {
  return length >= 34 && load16(frame + 12) == 0x0800 && load<u8>(frame, 23) == PROTO_IGMP;
}
