import { Verdict } from "../../abi/netfilter";
import { PROTO_TCP } from "../../abi/protocol";
import { ensureWritable } from "../../ip/fragment-sizes";
import { load16 } from "../../packet/bytes";
import { Packet } from "../../packet/packet";
import { bytesAt } from "../header";
import { replaceTcpWord } from "./tcp-checksum";

const ECE_AND_CWR: u32 = 0xc0;

/** -j ECN --ecn-tcp-remove (net/ipv4/netfilter/ipt_ECN.c): clears ECE and CWR. */
export function runEcn(packet: Packet): Verdict {
  if (packet.protocol != PROTO_TCP) return Verdict.Continue;
  if (!packet.hasTransport(20)) return Verdict.Drop;
  const header = bytesAt(packet, packet.transportOffset, 20);
  if (header == 0) return Verdict.Continue;
  const flags: u32 = load<u8>(header, 13);
  if ((flags & ECE_AND_CWR) == 0) return Verdict.Continue;
  ensureWritable(packet, packet.transportOffset + 20);
  const old = load16(header + 12);
  store<u8>(header, <u8>(flags & ~ECE_AND_CWR), 13);
  replaceTcpWord(packet, header + 16, old, load16(header + 12), false);
  return Verdict.Continue;
}
