import { CtInfo } from "../../abi/conntrack";
import { PacketType, Verdict } from "../../abi/netfilter";
import { PROTO_ICMP } from "../../abi/protocol";
import { ClusterHash } from "../../abi/rule";
import { setCtMark } from "../../conntrack/mark";
import { jhash1word, jhash2words, jhash3words, reciprocalScale } from "../../hash/jhash";
import { load32 } from "../../packet/bytes";
import { Packet } from "../../packet/packet";
import { bytesAt } from "../header";
import { placeOfPorts } from "../ports";

/**
 * -j CLUSTERIP (net/ipv4/netfilter/ipt_CLUSTERIP.c): of the packets to an address that several nodes share, each node takes
 * those whose hash is its own. Unlike Linux, where the first rule for an address settles this for all, every rule has its
 * own numbers.
 */
@unmanaged
export class ClusteripAction {
  /** A `ClusterHash`. */
  hashMode: u32;
  totalNodes: u32;
  /** From 1. */
  localNode: u32;
  seed: u32;
}

export function runClusterip(packet: Packet, action: ClusteripAction): Verdict {
  if (packet.ct == 0) return Verdict.Drop;
  const ctinfo: CtInfo = packet.ctinfo;
  const isRelated = ctinfo == CtInfo.Related || ctinfo == CtInfo.RelatedReply;
  if (packet.protocol == <u8>PROTO_ICMP && isRelated) return Verdict.Continue;
  const node = reciprocalScale(hashOf(packet, action), action.totalNodes) + 1;
  if (ctinfo == CtInfo.New) setCtMark(packet.ct, node);
  if (node != action.localNode) return Verdict.Drop;
  packet.packetType = <u8>PacketType.Host;
  return Verdict.Continue;
}

/** The ports are hashed as they lie in the packet. */
function hashOf(packet: Packet, action: ClusteripAction): u32 {
  const source = load32(packet.source);
  if (action.hashMode == ClusterHash.Source) return jhash1word(source, action.seed);
  const place = placeOfPorts(packet.protocol);
  const ports = place < 0 ? 0 : bytesAt(packet, packet.transportOffset + place, 4);
  const sourcePort: u32 = ports == 0 ? 0 : load<u16>(ports);
  if (action.hashMode == ClusterHash.SourcePort) return jhash2words(source, sourcePort, action.seed);
  const destinationPort: u32 = ports == 0 ? 0 : load<u16>(ports, 2);
  return jhash3words(source, sourcePort, destinationPort, action.seed);
}
