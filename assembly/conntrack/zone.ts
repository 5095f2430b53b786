import { allocate } from "../memory/allocate";

/** A zone is one number: the id in the lower 16 bits, the directions in which it holds above (1 original, 2 reply). */
export const DEFAULT_ZONE: u32 = 3 << 16;

/** Does any entry live outside the default zone? As long as none does, look-ups need not compare zones. */
export let zonesInUse: bool = false;

export function packZone(id: u32, directions: u32): u32 {
  return (directions << 16) | (id & 0xffff);
}

/** The id that counts in a direction: 0 where the zone does not hold (nf_ct_zone_id). */
export function zoneIdIn(zone: u32, direction: u32): u32 {
  return (zone >> 16) & (1 << direction) ? zone & 0xffff : 0;
}

/** An entry of this zone comes into the table by another way than a rule. */
export function useZone(id: u32): void {
  if (id != 0) zonesInUse = true;
}

/** What a CT rule prepares for new connections (struct nf_conn with IPS_TEMPLATE). */
@unmanaged
export class Template {
  zone: u32;
  /** Does the packet's mark name the zone (`--zone mark`)? */
  zoneFromMark: u32;
  /** A `Helper`. */
  helper: u32;
  /** Events that a rule chose, a bit for each `CtEvent`; 0: no choice. */
  events: u32;
}

/** A template for a CT rule (nf_ct_tmpl_alloc): kept for as long as the table is loaded. */
export function newTemplate(zone: u32, zoneDirections: u32, zoneFromMark: bool, helper: u32, events: u32): usize {
  const template = changetype<Template>(allocate(offsetof<Template>()));
  template.zone = packZone(zone, zoneDirections == 0 ? 3 : zoneDirections);
  template.zoneFromMark = zoneFromMark ? 1 : 0;
  template.helper = helper;
  template.events = events;
  if (zone != 0 || zoneFromMark) zonesInUse = true;
  return changetype<usize>(template);
}

/** The zone that a packet with this template (0: none) and mark is looked up in (nf_ct_zone_tmpl). */
export function zoneOf(template: usize, mark: u32): u32 {
  if (template == 0) return DEFAULT_ZONE;
  const prepared = changetype<Template>(template);
  return prepared.zoneFromMark ? packZone(mark, prepared.zone >> 16) : prepared.zone;
}
