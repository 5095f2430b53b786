import { IPS_NAT_CLASH, IPS_SEEN_REPLY } from "../abi/conntrack";
import { Hook } from "../abi/netfilter";
import { PROTO_UDP, PROTO_UDPLITE } from "../abi/protocol";
import { load16 } from "../packet/bytes";
import { hz, nowTicks } from "../packet/clock";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { setAssured } from "./assured";
import { pseudoProtocol, verifyChecksum } from "./checksum";
import { Entry } from "./entry";
import { refresh } from "./lifetime";
import { noteOpenFlow } from "./open-flows";
import { Tracking } from "./tracking";

const FIRST_CLIENT_PORT: u32 = 1024;

/** The UDP part of an entry. */
@unmanaged
export class UdpEntry extends Entry {
  /** Tick from which on traffic in both directions is a stream. */
  streamFrom: u32;
}

/** Connection tracking of UDP (net/netfilter/nf_conntrack_proto_udp.c): a stream is what goes on after two seconds. */
export function trackUdp(entry: UdpEntry, packet: Packet, hook: Hook): Tracking {
  if (!isUdpSound(packet, hook)) return Tracking.Invalid;
  if (!entry.isConfirmed) {
    entry.streamFrom = <u32>nowTicks + 2 * hz;
    if (isAnswer(packet)) noteOpenFlow(entry, packet);
  }
  if (!(entry.status & IPS_SEEN_REPLY)) {
    refresh(entry, packet, config.udpTimeout * hz);
    return Tracking.Accept;
  }
  const isStream = <i32>(<u32>nowTicks - entry.streamFrom) > 0;
  refresh(entry, packet, (isStream ? config.udpTimeoutStream : config.udpTimeout) * hz);
  if (isStream && !(entry.status & IPS_NAT_CLASH)) setAssured(entry);
  return Tracking.Accept;
}

/** By its ports: from a service's to one of those that clients take. */
function isAnswer(packet: Packet): bool {
  return load16(packet.transport) < FIRST_CLIENT_PORT && load16(packet.transport + 2) >= FIRST_CLIENT_PORT;
}

function isUdpSound(packet: Packet, hook: Hook): bool {
  if (!packet.hasTransport(8) || !packet.hasCaptured(8)) return false;
  const length = load16(packet.transport + 4);
  if (length > packet.transportLength || length < 8) return false;
  if (load<u16>(packet.transport, 6) == 0) return true;
  if (hook != Hook.PreRouting || !config.conntrackChecksum) return true;
  return verifyChecksum(packet, PROTO_UDP, packet.transportLength);
}

/** UDP-Lite is a stream with the first packet after a reply. */
export function trackUdpLite(entry: Entry, packet: Packet, hook: Hook): Tracking {
  if (!isUdpLiteSound(packet, hook)) return Tracking.Invalid;
  if (!(entry.status & IPS_SEEN_REPLY)) {
    refresh(entry, packet, config.udpTimeout * hz);
    return Tracking.Accept;
  }
  refresh(entry, packet, config.udpTimeoutStream * hz);
  if (!(entry.status & IPS_NAT_CLASH)) setAssured(entry);
  return Tracking.Accept;
}

/** The length field is the coverage of the checksum, which may not be missing. */
function isUdpLiteSound(packet: Packet, hook: Hook): bool {
  if (!packet.hasTransport(8) || !packet.hasCaptured(8)) return false;
  let coverage = load16(packet.transport + 4);
  if (coverage == 0) coverage = packet.transportLength;
  else if (coverage < 8 || coverage > packet.transportLength) return false;
  if (load<u16>(packet.transport, 6) == 0) return false;
  if (hook != Hook.PreRouting || !config.conntrackChecksum) return true;
  return verifyChecksum(packet, pseudoProtocol(PROTO_UDPLITE), coverage);
}
