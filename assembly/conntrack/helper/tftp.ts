import { Announcement, Complaint, Helper, HelperOutcome, IPS_DST_NAT, IPS_SRC_NAT } from "../../abi/conntrack";
import { Verdict } from "../../abi/netfilter";
import { PROTO_UDP } from "../../abi/protocol";
import { load16 } from "../../packet/bytes";
import { config } from "../../packet/config";
import { Packet } from "../../packet/packet";
import { Entry } from "../entry";
import { Expect, expectRelated, giveExpectation, newExpectation, OnArrival } from "../expectation";
import { loadTuple, newTuple, Tuple } from "../tuple";
import { complain } from "./complain";
import { noteFinding } from "./finding";

const UDP_HEADER: u32 = 8;
const READ_REQUEST: u32 = 1;
const WRITE_REQUEST: u32 = 2;

const reply = newTuple();

/**
 * The TFTP helper (net/netfilter/nf_conntrack_tftp.c, nf_nat_tftp.c): a server answers a request from a port of its own, to
 * the one that the client asked from.
 */
export function helpTftp(packet: Packet, entry: Entry): Verdict {
  if (!packet.hasTransport(UDP_HEADER + 2)) return Verdict.Accept;
  const operation = load16(packet.transport + UDP_HEADER);
  if (operation != READ_REQUEST && operation != WRITE_REQUEST) {
    noteFinding(packet, Helper.Tftp, HelperOutcome.Nothing);
    return Verdict.Accept;
  }
  loadTuple(entry, 1, reply);
  const expectation = newExpectation(entry);
  expectation.from(changetype<usize>(reply), packet.family, 0);
  const client = changetype<usize>(reply) + offsetof<Tuple>("destination0");
  expectation.to(client, packet.family, reply.ports >> 16, PROTO_UDP);
  if (config.natTftp && entry.status & (IPS_SRC_NAT | IPS_DST_NAT)) {
    loadTuple(entry, 0, reply);
    expectation.savedPort = <u16>reply.ports;
    expectation.direction = 1;
    expectation.onArrival = <u8>OnArrival.FollowMaster;
  }
  if (expectRelated(expectation) == Expect.Ok) {
    noteRequest(packet, HelperOutcome.Expects, changetype<usize>(expectation));
    return Verdict.Accept;
  }
  noteRequest(packet, HelperOutcome.Refused, 0);
  complain(packet, Helper.Tftp, Complaint.CannotExpect);
  giveExpectation(expectation);
  return Verdict.Drop;
}

function noteRequest(packet: Packet, outcome: HelperOutcome, expectation: usize): void {
  noteFinding(packet, Helper.Tftp, outcome, Announcement.TftpRequest, 0, 0, 0, expectation);
}
