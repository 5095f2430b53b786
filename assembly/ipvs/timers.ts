import { nowTicks, seconds, startTicks } from "../packet/clock";
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
/** When the defence against overload looks at its settings, once a second from the load on (defense_work_handler); 0: not known yet. */
let nextDefence: u64 = 0;
/** When lblc or lblcr clean up; soon means: to be found out. */
let nextCleaning: u64 = SOON;

/** sysctl drop_entry: modes 1 and 2 wait for memory to run short, which it never does here. */
const DROP_ALWAYS: u32 = 3;

/**
 * Everything of IPVS that happens by itself up to now, in order of time. What is due {@link SOON} happens before the next packet, where
 * the kernel takes up to a tick.
 */
export function runIpvsTimers(): void {
  runEstimator();
  if (nextDefence == 0) nextDefence = startTicks + seconds(1);
  if (config.vsDropEntry != DROP_ALWAYS) passDefence();
  while (runEarliest()) {}
}

/** The seconds that went by without anything to do. */
function passDefence(): void {
  if (nextDefence < nowTicks) nextDefence += ((nowTicks - nextDefence - 1) / seconds(1) + 1) * seconds(1);
}

/** A server was removed: its connections go soon, where the sysctl says so. */
export function noteServerRemoved(): void {
  if (config.vsExpireNodestConn) nextSweep = SOON;
}

/** A scheduler with a timer of its own may have come or gone. */
export function noteSchedulerChanged(): void {
  nextCleaning = SOON;
}

/** What is set to a tick of its own, connections aside, runs in the one after it (calc_index). */
function runEarliest(): bool {
  const connection = earliestTimer();
  const due = min(min(nextSweep, nextDefence), min(nextCleaning, nextTrashCheck()));
  if (connection <= due) {
    if (connection > nowTicks) return false;
    expireConnection(takeEarliest(), connection == SOON ? nowTicks : connection);
    return true;
  }
  if (due != SOON && due >= nowTicks) return false;
  if (due == nextSweep) {
    nextSweep = NEVER;
    dropServerless(due == SOON ? nowTicks : due);
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
