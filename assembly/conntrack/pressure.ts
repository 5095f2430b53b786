import { DccpState, IPS_ASSURED, SctpState, TcpState } from "../abi/conntrack";
import { PROTO_DCCP, PROTO_SCTP, PROTO_TCP } from "../abi/protocol";
import { hz, nowTicks, seconds } from "../packet/clock";
import { config } from "../packet/config";
import { Entry } from "./entry";
import { kill } from "./lifetime";
import { liveEntries, pageEntries, pageEntrySize, pageStart, pageTotal } from "./pool";

/**
 * What the garbage collector does for a full table (gc_worker): once no room could be made for a connection, its next run ends
 * entries that are not ASSURED and those that close, as long as 95 % of the table are taken.
 *
 * Unlike Linux, where a run comes every minute or sooner, from a moment that no capture shows, and goes through the table in the order
 * of random hashes, it comes a minute after room was lacking, the latest that it can, and begins with the lowest addresses.
 */
const LONGEST_INTERVAL: u32 = 60;
/** Entries a run ends at most (GC_SCAN_EXPIRED_MAX), divided by HZ; it goes on in the next tick if room was lacking again. */
const MOST_PER_SECOND: u32 = 64000;
/** Entries that are looked at with every packet, so that no packet waits for the whole table. */
const LOOKS: u32 = 1024;

/** Was room lacking since the last run ended? */
let isLacking: bool = false;
/** When the next run begins, in ticks; while one is under way, when it goes on. */
let runsAt: u64 = 0;
let isRunning: bool = false;
/** Of the run under way: the entry that comes next, and how many it ended since it began or went on. */
let page: u32 = 0;
let place: u32 = 0;
let ended: u32 = 0;

/** No room could be made for a connection (conntrack_gc_work.early_drop). */
export function noteLackOfRoom(): void {
  if (isLacking) return;
  isLacking = true;
  if (!isRunning) runsAt = nowTicks + seconds(LONGEST_INTERVAL);
}

/** Must {@link relievePressure} be asked again, even within this tick? */
export function isRelieving(): bool {
  return isRunning;
}

/** Called once a packet, and at least once a tick. The work of a call is bounded. */
export function relievePressure(): void {
  if (!(isLacking || isRunning) || nowTicks < runsAt) return;
  if (!isRunning) begin();
  else if (!isLacking) {
    isRunning = false;
    return;
  }
  run();
}

/** Ends the run that is due, if one is, whatever it costs. */
export function relieveAllPressure(): void {
  relievePressure();
  while (isRunning && nowTicks >= runsAt) relievePressure();
}

function begin(): void {
  isRunning = true;
  page = 0;
  place = 0;
  ended = 0;
}

function run(): void {
  const least = (config.conntrackMax / 100) * 95;
  let looks = LOOKS;
  for (; page < pageTotal(); page++, place = 0) {
    for (; place < pageEntries(page); place++) {
      if (least == 0 || liveEntries() < least) {
        finish();
        return;
      }
      if (looks-- == 0) return;
      const entry = changetype<Entry>(pageStart(page) + place * pageEntrySize(page));
      if (!entry.isConfirmed || entry.isDying || !mayEnd(entry)) continue;
      if (ended > MOST_PER_SECOND / hz) {
        pause();
        return;
      }
      kill(entry);
      ended += 1;
    }
  }
  finish();
}

/** The run has ended its share: in the next tick it goes on, if room is lacking by then. */
function pause(): void {
  isLacking = false;
  ended = 0;
  runsAt = nowTicks + 1;
}

function finish(): void {
  isLacking = false;
  isRunning = false;
}

/** gc_worker_can_early_drop, and the protocols' can_early_drop. */
function mayEnd(entry: Entry): bool {
  if (entry.isExpired || !(entry.status & IPS_ASSURED)) return true;
  const state: i32 = entry.state;
  switch (<u32>entry.protocol) {
    case PROTO_TCP:
      return state >= TcpState.FinWait && state <= TcpState.Close;
    case PROTO_SCTP:
      return state >= SctpState.ShutdownSent && state <= SctpState.ShutdownAckSent;
    case PROTO_DCCP:
      return state >= DccpState.CloseReq && state <= DccpState.TimeWait;
    default:
      return false;
  }
}
