import { Verdict } from "../../abi/netfilter";
import { SET_QUERY_MAP_MARK, SET_QUERY_MAP_PRIORITY } from "../../abi/set-query";
import { addToSet, foundInfo, removeFromSet, SetQuery, testSet } from "../../ipset/index";
import { Packet } from "../../packet/packet";
import { CONSULTED_EFFECT, context } from "../context";

/** Argument of the SET target: the three operations (addresses of a `SetQuery`), 0 for those that the rule lacks. */
@unmanaged
export class SetTargetRecord {
  add: usize;
  remove: usize;
  map: usize;
}

/**
 * SET (net/netfilter/xt_set.c, set_target_v3): adds the packet's element, removes it, then takes mark and priority from the
 * element found. The queue (`--map-queue`) has no effect on what leaves the node.
 */
export function runSetTarget(packet: Packet, record: usize): Verdict {
  const target = changetype<SetTargetRecord>(record);
  context.consulted |= CONSULTED_EFFECT;
  if (target.add != 0) addToSet(packet, changetype<SetQuery>(target.add));
  if (target.remove != 0) removeFromSet(packet, changetype<SetQuery>(target.remove));
  if (target.map != 0) mapFromSet(packet, changetype<SetQuery>(target.map));
  return Verdict.Continue;
}

function mapFromSet(packet: Packet, query: SetQuery): void {
  if (testSet(packet, query) == (query.invert != 0)) return;
  const info = foundInfo();
  if (query.flags & SET_QUERY_MAP_MARK) packet.mark = (packet.mark & ~info.markMask) ^ info.mark;
  if (query.flags & SET_QUERY_MAP_PRIORITY) packet.priority = info.priority;
}
