import { Helper } from "../../abi/conntrack";
import { Verdict } from "../../abi/netfilter";
import { EventKind, Unsupported } from "../../abi/trace";
import { Packet } from "../../packet/packet";
import { recordEvent } from "../../trace/output";
import { Entry } from "../entry";
import { addHelp, Help, helpOf } from "../extension";
import { helpFtp } from "./ftp";
import { helpTftp } from "./tftp";

/** A new connection gets the helper that a CT rule named (__nf_ct_try_assign_helper). */
export function assignHelper(entry: Entry, helper: Helper): void {
  if (helper != Helper.None) addHelp(entry).helper = <u8>helper;
}

/** Lets the connection's helper read the packet, and change it (first part of nf_confirm). */
export function help(packet: Packet, entry: Entry): Verdict {
  const at = helpOf(entry);
  if (at == 0) return Verdict.Accept;
  if (packet.captured < packet.length) {
    recordEvent(packet, EventKind.Unsupported, 255, Unsupported.Helper, 0);
    return Verdict.Accept;
  }
  const record = changetype<Help>(at);
  const helper: Helper = record.helper;
  switch (helper) {
    case Helper.Ftp:
      return helpFtp(packet, entry, record);
    case Helper.Tftp:
      return helpTftp(packet, entry);
    default:
      return Verdict.Accept;
  }
}
