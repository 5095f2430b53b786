import { nowTicks, seconds } from "../packet/clock";
import { config } from "../packet/config";
import { earliestTimer, SOON, takeEarliest } from "./connection-timer";
import { dropServerless, expireConnection } from "./connections";
import { dropAtRandom } from "./drop-entry";
import { cleanSchedulers } from "./schedulers/index";
import { checkTrash, nextTrashCheck } from "./server-trash";
import { runEstimator } from "./statistics";

const NEVER: u64 = u64.MAX_VALUE;

/** When the connections of removed servers are swept out (expire_nodest_conn): at once, or never. */
let nextSweep: u64 = NEVER;
/** When entries are dropped against overload (drop_entry); once a second. */
let nextDefence: u64 = NEVER;
/** When lblc or lblcr clean up; soon means: to be found out. */
let nextCleaning: u64 = SOON;

/** sysctl drop_entry: modes 1 and 2 wait for memory to run short, which it never does here. */
const DROP_ALWAYS: u32 = 3;

/**
 * Everything of IPVS that happens by itself up to now, in order of time. A kernel timer fires in the tick after the one
 * that it was set to (kernel/time/timer.c: calc_index); what is due {@link SOON} happens before the next packet, where
 * the kernel takes up to a tick.
 */
export function runIpvsTimers(): void {
  runEstimator();
  if (config.vsDropEntry == DROP_ALWAYS) {
    if (nextDefence == NEVER) nextDefence = nowTicks + seconds(1);
  } else {
    nextDefence = NEVER;
  }
  while (runEarliest()) {}
}

/** A server was removed: its connections go soon, where the sysctl says so. */
export function noteServerRemoved(): void {
  if (config.vsExpireNodestConn) nextSweep = SOON;
}

/** A scheduler with a timer of its own may have come or gone. */
export function noteSchedulerChanged(): void {
  nextCleaning = SOON;
}

function runEarliest(): bool {
  const connection = earliestTimer();
  let due = min(min(connection, nextSweep), min(nextDefence, nextCleaning));
  due = min(due, nextTrashCheck());
  if (due != SOON && due >= nowTicks) return false;
  const now = due == SOON ? nowTicks : due;
  if (due == connection) {
    expireConnection(takeEarliest(), now);
  } else if (due == nextSweep) {
    nextSweep = NEVER;
    dropServerless(now);
  } else if (due == nextDefence) {
    nextDefence = due + seconds(1);
    dropAtRandom(due);
  } else if (due == nextCleaning) {
    nextCleaning = cleanSchedulers(nowTicks);
  } else {
    checkTrash(due);
  }
  return true;
}
