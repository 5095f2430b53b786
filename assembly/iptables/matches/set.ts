import { isVolatileSet, readsLink, SetQuery, testSet } from "../../ipset/index";
import { Packet } from "../../packet/packet";
import { CONSULTED_LINK, CONSULTED_STATE, consultSet, context } from "../context";

/** The set match (net/netfilter/xt_set.c, set_match_v4); the record is a `SetQuery`. */
export function matchesSet(packet: Packet, record: usize): bool {
  const query = changetype<SetQuery>(record);
  consultSet(query.set);
  if (isVolatileSet(query.set)) context.consulted |= CONSULTED_STATE;
  if (readsLink(query.set)) context.consulted |= CONSULTED_LINK;
  return testSet(packet, query) != (query.invert != 0);
}
