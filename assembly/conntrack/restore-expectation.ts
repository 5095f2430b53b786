import { Helper, IPS_DST_NAT, IPS_SRC_NAT } from "../abi/conntrack";
import { PROTO_TCP, PROTO_UDP } from "../abi/protocol";
import { hz, nowTicks } from "../packet/clock";
import { config } from "../packet/config";
import { Entry } from "./entry";
import { Expect, Expectation, expectRelated, giveExpectation, newExpectation, OnArrival } from "./expectation";
import { ExpectationRecord } from "./expectation-record";
import { findLive } from "./lifetime";
import { loadTuple, newTuple, Tuple } from "./tuple";
import { packZone } from "./zone";

const record = changetype<ExpectationRecord>(memory.data(offsetof<ExpectationRecord>(), 8));
const tuple = newTuple();

/** The record that the host fills before it calls {@link restoreExpectation}. */
export function expectationToRestore(): usize {
  return changetype<usize>(record);
}

/**
 * Enters what was expected before the run began. Its connection must be there already.
 *
 * The listing does not say which port was announced where NAT announced another one: FTP's is taken to be the same.
 *
 * @returns false when there is no such connection, or it expects as much as it may.
 */
export function restoreExpectation(): bool {
  const reference = findMaster();
  if (reference == 0) return false;
  const master = changetype<Entry>(reference & ~1);
  const made = newExpectation(master);
  memory.copy(changetype<usize>(made), changetype<usize>(record), 32);
  made.family = record.family;
  made.protocol = record.protocol;
  made.sourcePort = record.sourcePort;
  made.destinationPort = record.destinationPort;
  made.mask0 = record.mask0;
  made.mask1 = record.mask1;
  made.portMask = bswap<u16>(record.sourcePortMask);
  made.flags = record.flags;
  made.class = record.class;
  if (isTranslated(master)) followWhenMet(made, master);
  if (expectRelated(made) != Expect.Ok) {
    giveExpectation(made);
    return false;
  }
  made.timeout = nowTicks + <u64>record.secondsLeft * hz;
  return true;
}

function findMaster(): usize {
  memory.copy(changetype<usize>(tuple), changetype<usize>(record) + offsetof<ExpectationRecord>("masterSource0"), 32);
  tuple.family = record.family;
  tuple.protocol = <u8>(record.helper == Helper.Tftp ? PROTO_UDP : PROTO_TCP);
  tuple.sourcePort = record.masterSourcePort;
  tuple.destinationPort = record.masterDestinationPort;
  return findLive(tuple, packZone(record.masterZone, 3));
}

function isTranslated(master: Entry): bool {
  if (!(master.status & (IPS_SRC_NAT | IPS_DST_NAT))) return false;
  return record.helper == Helper.Tftp ? config.natTftp != 0 : config.natFtp != 0;
}

function followWhenMet(made: Expectation, master: Entry): void {
  loadTuple(master, 1, tuple);
  const goesToClient = made.destination0 == tuple.destination0 && made.destination1 == tuple.destination1;
  made.direction = goesToClient ? 1 : 0;
  made.savedPort = <u16>(made.ports >> 16);
  if (record.helper == Helper.Tftp) {
    loadTuple(master, 0, tuple);
    made.savedPort = <u16>tuple.ports;
  }
  made.onArrival = <u8>OnArrival.FollowMaster;
}

assert(offsetof<Tuple>("ports") == 32);
