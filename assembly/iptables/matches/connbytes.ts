import { Direction } from "../../abi/conntrack";
import { ConnbytesDirection, ConnbytesMode } from "../../abi/rule";
import { ctBytes, isAccounted } from "../../conntrack/entry";
import { ctPackets } from "../../conntrack/extension";
import { config } from "../../packet/config";
import { Packet } from "../../packet/packet";
import { CONSULTED_STATE, context } from "../context";

/** -m connbytes (net/netfilter/xt_connbytes.c). `from` above `to` asks for what is outside. */
@unmanaged
export class ConnbytesTest {
  from: u64;
  to: u64;
  /** A `ConnbytesMode`. */
  mode: u8;
  /** A `ConnbytesDirection`. */
  direction: u8;
}

/** Loading such a rule turns accounting on for connections from then on (connbytes_mt_check). */
export function beginConnbytes(): void {
  config.conntrackAcct = 1;
}

export function matchesConnbytes(packet: Packet, test: ConnbytesTest): bool {
  context.consulted |= CONSULTED_STATE;
  const ct = packet.ct;
  if (ct == 0 || !isAccounted(ct)) return false;
  const value = measured(ct, test);
  if (test.to >= test.from) return value >= test.from && value <= test.to;
  return value < test.to || value > test.from;
}

function measured(ct: usize, test: ConnbytesTest): u64 {
  const mode: ConnbytesMode = test.mode;
  const direction: ConnbytesDirection = test.direction;
  if (mode == ConnbytesMode.Packets) return packetsOf(ct, direction);
  if (mode == ConnbytesMode.Bytes) return bytesOf(ct, direction);
  const packets = packetsOf(ct, direction);
  return packets == 0 ? 0 : bytesOf(ct, direction) / packets;
}

function packetsOf(ct: usize, direction: ConnbytesDirection): u64 {
  let sum: u64 = 0;
  if (direction != ConnbytesDirection.Reply) sum += ctPackets(ct, Direction.Original);
  if (direction != ConnbytesDirection.Original) sum += ctPackets(ct, Direction.Reply);
  return sum;
}

function bytesOf(ct: usize, direction: ConnbytesDirection): u64 {
  let sum: u64 = 0;
  if (direction != ConnbytesDirection.Reply) sum += ctBytes(ct, Direction.Original);
  if (direction != ConnbytesDirection.Original) sum += ctBytes(ct, Direction.Reply);
  return sum;
}
