import type { IpvsAction } from "../../model/command.ts";
import type { IpvsDaemon } from "../../model/ipvs.ts";

type DaemonAction = Extract<IpvsAction, { readonly verb: "start-daemon" | "stop-daemon" }>;

/**
 * The synchronization daemons after one was started or stopped; the master comes first, as in listings.
 *
 * @returns the message of ipvsadm, where the kernel refuses.
 */
export function changedDaemons(daemons: readonly IpvsDaemon[], action: DaemonAction): readonly IpvsDaemon[] | string {
  const role = action.verb === "start-daemon" ? action.daemon.role : action.role;
  const others = daemons.filter((daemon) => daemon.role !== role);
  const isRunning = others.length < daemons.length;
  if (action.verb === "stop-daemon") return isRunning ? others : "No daemon is running";
  if (isRunning) return "Daemon has already run";
  return [...others, action.daemon].sort((a, b) => b.role.localeCompare(a.role));
}
