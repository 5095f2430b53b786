import { Announcement, Helper, HelperOutcome } from "../../abi/conntrack";
import { EventKind } from "../../abi/trace";
import { allocate } from "../../memory/allocate";
import { config } from "../../packet/config";
import { Packet } from "../../packet/packet";
import { recordEventWithBytes } from "../../trace/output";
import { describeExpectation, ExpectationRecord } from "../expectation-record";
import { Expectation } from "../expected";

/** What a helper found in a packet, recorded where the host explains packets; behind it lies an `ExpectationRecord`. */
@unmanaged
export class HelperFinding {
  /** The address that was announced, as in packets, and the port. */
  address0: u64;
  address1: u64;
  port: u32;
  /** Length of the packet before and after NAT wrote the announcement anew. */
  lengthBefore: u32;
  lengthAfter: u32;
  /** An `Announcement`. */
  announcement: u8;
  /** A `Helper`. */
  helper: u8;
  /** Is there an expectation behind this? */
  hasExpectation: u8;
}

const FINDING_SIZE: usize = (offsetof<HelperFinding>() + 7) & ~7;
const SIZE: usize = FINDING_SIZE + offsetof<ExpectationRecord>();
/** `config.record`: everything. */
const RECORD_ALL: u32 = 2;

const finding = changetype<HelperFinding>(allocate(SIZE));

/**
 * Notes what a helper made of a packet.
 *
 * @param address 16 bytes of what was announced, and `port` in host order; 0 for nothing.
 * @param lengthBefore of the packet, when the helper came to it; 0: it is the same.
 * @param expectation what is expected because of it (an `Expectation`), 0 for nothing.
 */
export function noteFinding(
  packet: Packet,
  helper: Helper,
  outcome: HelperOutcome,
  announcement: Announcement = Announcement.Port,
  address: usize = 0,
  port: u32 = 0,
  lengthBefore: u32 = 0,
  expectation: usize = 0,
): void {
  if (config.record != RECORD_ALL) return;
  const at = changetype<usize>(finding);
  memory.fill(at, 0, SIZE);
  if (address != 0) memory.copy(at, address, 16);
  finding.port = port;
  finding.lengthBefore = lengthBefore == 0 ? packet.length : lengthBefore;
  finding.lengthAfter = packet.length;
  finding.announcement = <u8>announcement;
  finding.helper = <u8>helper;
  if (expectation != 0) {
    finding.hasExpectation = 1;
    const record = describeExpectation(changetype<Expectation>(expectation));
    memory.copy(at + FINDING_SIZE, record, offsetof<ExpectationRecord>());
  }
  recordEventWithBytes(packet, EventKind.Helper, outcome, at, <u32>SIZE);
}
