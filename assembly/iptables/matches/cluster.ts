import { PacketType } from "../../abi/netfilter";
import { ADDRESSES6, Entry } from "../../conntrack/entry";
import { jhash1word, jhash2, reciprocalScale } from "../../hash/jhash";
import { Packet } from "../../packet/packet";
import { CONSULTED_EFFECT, context } from "../context";

/** -m cluster (net/netfilter/xt_cluster.c): does this node answer for the connection's original source? */
@unmanaged
export class ClusterTest {
  totalNodes: u32;
  /** One bit for each node. */
  nodeMask: u32;
  seed: u32;
  invert: bool;
}

export function matchesCluster(packet: Packet, test: ClusterTest): bool {
  context.consulted |= CONSULTED_EFFECT;
  // Nodes that share a multicast MAC address still take packets to their unicast address in.
  if (packet.packetType == <u8>PacketType.Multicast && !isMulticast(packet)) packet.packetType = <u8>PacketType.Host;
  if (packet.ct == 0) return false;
  const entry = changetype<Entry>(packet.ct);
  // Of an IPv6 address the kernel hashes the first word alone: it takes the number of words for one of bytes.
  const hash =
    entry.family == 4 ? jhash1word(entry.originalSource, test.seed) : jhash2(packet.ct + ADDRESSES6, 1, test.seed);
  const node = reciprocalScale(hash, test.totalNodes);
  return (((test.nodeMask >> node) & 1) != 0) != test.invert;
}

function isMulticast(packet: Packet): bool {
  if (packet.family == 4) return (load<u8>(packet.data, 16) & 0xf0) == 0xe0;
  return load<u8>(packet.data, 24) == 0xff;
}
