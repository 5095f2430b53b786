import { Complaint, Helper } from "../../abi/conntrack";
import { EventKind } from "../../abi/trace";
import { hasOwner } from "../../iptables/socket";
import { config } from "../../packet/config";
import { Packet } from "../../packet/packet";
import { recordEventWithData } from "../../trace/output";

const LOGGED_BYTES: u32 = 1280;

/** A line in the kernel's log about a packet that a helper drops (nf_ct_helper_log), where somebody writes it (nf_log_syslog). */
export function complain(packet: Packet, helper: Helper, complaint: Complaint): void {
  if (!config.logsHelpers) return;
  const subject = (helper << 8) | complaint;
  const event = recordEventWithData(packet, EventKind.HelperLog, 255, subject, LOGGED_BYTES);
  event.detail = hasOwner(packet) ? 1 : 0;
}
