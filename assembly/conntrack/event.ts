import { CtEvent } from "../abi/conntrack";
import { EventKind } from "../abi/trace";
import { nowNs } from "../packet/clock";
import { config } from "../packet/config";
import { events, TRACE_EVENT_SIZE, TraceEvent } from "../trace/output";
import { coldOf, Entry } from "./entry";
import { describeEntry, EntryRecord } from "./entry-record";
import { Extension, extensionOf } from "./extension";

/**
 * What listeners hear of connections (net/netfilter/nf_conntrack_ecache.c): what happens to one while a packet passes is kept
 * with it, and told as one event when a packet of it is through.
 */
const ALL: u32 = 0xffff;
/** What a command that changes an entry tells of, whatever it changed (ctnetlink_new_conntrack). */
const CHANGED: u32 =
  (1 << CtEvent.Reply) |
  (1 << CtEvent.Assured) |
  (1 << CtEvent.ProtoInfo) |
  (1 << CtEvent.Helper) |
  (1 << CtEvent.Mark) |
  (1 << CtEvent.SeqAdjust) |
  (1 << CtEvent.Label) |
  (1 << CtEvent.SynProxy);

/** Is it a command that acts, and not a packet or a timer? */
let isUser: bool = false;

export function actForUser(is: bool): void {
  isUser = is;
}

/**
 * Will there be events of a new connection (nf_ct_ecache_ext_add)? Not with nf_conntrack_events=0, but where a CT rule
 * asks for some. A rule's choice counts with 1 and 0 only: with 2 nobody listens yet when rules are loaded.
 *
 * @param chosen a bit for each `CtEvent` that a CT rule names, 0 for no choice.
 */
export function beginEvents(entry: Entry, chosen: u32): void {
  if (!config.listensEvents) return;
  const mask = config.conntrackEvents == 2 ? 0 : chosen;
  if (config.conntrackEvents == 0 && mask == 0) return;
  extensionOf(entry).eventMask = <u16>(mask == 0 ? ALL : mask);
}

/** Keeps what has happened (nf_conntrack_event_cache). */
export function noteEvent(entry: Entry, event: CtEvent): void {
  if (!config.listensEvents) return;
  const extension = coldOf(entry).extension;
  if (extension == 0 || changetype<Extension>(extension).eventMask == 0) return;
  changetype<Extension>(extension).eventCache |= <u16>((<u32>1) << (<u32>event));
}

export function hasUntoldEvents(entry: Entry): bool {
  if (!config.listensEvents) return false;
  const extension = coldOf(entry).extension;
  return extension != 0 && changetype<Extension>(extension).eventCache != 0;
}

/** Tells what has happened since the last time (nf_ct_deliver_cached_events). */
export function deliverEvents(entry: Entry): void {
  if (!hasUntoldEvents(entry) || !entry.isConfirmed || entry.isDying) return;
  const extension = changetype<Extension>(coldOf(entry).extension);
  const happened: u32 = extension.eventCache;
  extension.eventCache = 0;
  tell(entry, happened);
}

/** The entry ends (nf_ct_delete). */
export function reportEnd(entry: Entry): void {
  if (config.listensEvents) tell(entry, 1 << CtEvent.Destroy);
}

/** A command changed the entry. */
export function reportChange(entry: Entry): void {
  if (config.listensEvents) tell(entry, CHANGED);
}

function tell(entry: Entry, happened: u32): void {
  const extension = coldOf(entry).extension;
  if (extension == 0 || !(changetype<Extension>(extension).eventMask & happened)) return;
  const size = (TRACE_EVENT_SIZE + <u32>offsetof<EntryRecord>() + 7) & ~7;
  const event = changetype<TraceEvent>(events.append(size));
  memory.fill(changetype<usize>(event), 0, size);
  event.size = size;
  event.kind = EventKind.Connection;
  event.subject = happened;
  event.detail = isUser ? 1 : 0;
  event.dataLength = <u32>offsetof<EntryRecord>();
  event.timeNs = nowNs;
  const record = describeEntry(entry);
  memory.copy(changetype<usize>(event) + TRACE_EVENT_SIZE, changetype<usize>(record), offsetof<EntryRecord>());
}
