import { RouteType } from "../abi/route";
import { allocate } from "../memory/allocate";
import { device, loopback } from "../packet/device";
import { Packet } from "../packet/packet";
import { findOwnAddress } from "./addresses";
import { FibEntry, FibNextHop } from "./fib";
import { flushRoutes } from "./input-cache";
import { FibResult, FibStatus, newFibResult } from "./lookup";
import { dissectForRules } from "./ports";
import { FLOW_KEY_SIZE, FlowKey } from "./route";
import { hasCustomRules, lookup } from "./rules";

/** What fib_validate_source says of a source address. */
export enum SourceCheck {
  Valid = 0,
  /** Valid, and reached directly: redirects make sense. */
  OnLink = 1,
  /** One of the node's own addresses, or none that can be a source. */
  Martian = 2,
  /** Fails rp_filter. */
  ReversePath = 3,
}

export function isOnLink(check: SourceCheck): bool {
  return check == SourceCheck.OnLink;
}

const flow = changetype<FlowKey>(allocate(FLOW_KEY_SIZE));
const result: FibResult = newFibResult();

let customLocalRoutes: bool = false;

/** Has somebody added routes of type local by hand (fib_has_custom_local_routes)? */
export function setCustomLocalRoutes(present: u32): void {
  flushRoutes();
  customLocalRoutes = present != 0;
}

/**
 * May a packet from `source` to `destination` have come in where it did (fib_validate_source, net/ipv4/fib_frontend.c)?
 * @param output device where it goes on, 0 for packets to the node.
 */
export function validateSource(packet: Packet, source: u32, destination: u32, output: u32): SourceCheck {
  const input = device(packet.inDevice);
  if (input.rpFilter == 0 && (packet.inDevice != output || !input.sendRedirects)) {
    if (input.acceptLocal) return SourceCheck.Valid;
    if (!customLocalRoutes && !hasCustomRules(4)) {
      return findOwnAddress(4, source, 0) != 0 ? SourceCheck.Martian : SourceCheck.Valid;
    }
  }
  return checkReversePath(packet, source, destination, output);
}

/** __fib_validate_source: looks the way back up. */
function checkReversePath(packet: Packet, source: u32, destination: u32, output: u32): SourceCheck {
  const input = device(packet.inDevice);
  prepareFlow(packet, source, destination, output);
  const lastResort = input.rpFilter != 0 ? SourceCheck.ReversePath : SourceCheck.Valid;
  if (lookup(flow, result) != FibStatus.Found) return lastResort;
  const entry = changetype<FibEntry>(result.entry);
  const isLocal = entry.type == RouteType.Local;
  if (entry.type != RouteType.Unicast && !(isLocal && input.acceptLocal)) return SourceCheck.Martian;
  if (usesDevice(entry, packet.inDevice) || (isLocal && packet.inDevice == loopback)) return linkOf(result);
  if (input.addresses4 == 0) return lastResort;
  if (input.rpFilter == 1) return SourceCheck.ReversePath;
  flow.outDevice = packet.inDevice;
  if (lookup(flow, result) != FibStatus.Found) return SourceCheck.Valid;
  return changetype<FibEntry>(result.entry).type == RouteType.Unicast ? linkOf(result) : SourceCheck.Valid;
}

/** A next hop without gateway has host scope: the source is a neighbour. */
function linkOf(found: FibResult): SourceCheck {
  return changetype<FibNextHop>(found.hop).gatewayFamily == 0 ? SourceCheck.OnLink : SourceCheck.Valid;
}

function usesDevice(entry: FibEntry, index: u32): bool {
  for (let i: u32 = 0; i < entry.nextHopCount; i++) {
    if (entry.nextHop(i).device == index) return true;
  }
  return false;
}

function prepareFlow(packet: Packet, source: u32, destination: u32, output: u32): void {
  memory.fill(changetype<usize>(flow), 0, FLOW_KEY_SIZE);
  flow.destination0 = source;
  flow.source0 = destination;
  flow.inDevice = output != 0 ? output : loopback;
  flow.tos = <u8>(packet.tos & 0x1c);
  flow.family = 4;
  flow.mark = device(packet.inDevice).srcValidMark ? packet.mark : 0;
  dissectForRules(flow, packet);
  const port = flow.sourcePort;
  flow.sourcePort = flow.destinationPort;
  flow.destinationPort = port;
}
