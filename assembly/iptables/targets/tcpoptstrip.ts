import { Verdict } from "../../abi/netfilter";
import { ensureWritable } from "../../ip/fragment-sizes";
import { Packet } from "../../packet/packet";
import { reportMissing } from "../header";
import { replaceTcpWord } from "./tcp-checksum";

/** -j TCPOPTSTRIP (net/netfilter/xt_TCPOPTSTRIP.c): the options whose bit is set become NOPs. */
@unmanaged
export class TcpoptstripAction {
  options0: u64;
  options1: u64;
  options2: u64;
  options3: u64;
}

const TCP_HEADER: u32 = 20;
const NOP: u32 = 1;

export function runTcpoptstrip(packet: Packet, action: TcpoptstripAction): Verdict {
  if (packet.fragmentOffset != 0) return Verdict.Continue;
  if (packet.brokenChain || !packet.hasTransport(TCP_HEADER)) return Verdict.Drop;
  if (!packet.hasCaptured(TCP_HEADER)) {
    reportMissing(packet);
    return Verdict.Continue;
  }
  const header = packet.transport;
  const length = (<u32>load<u8>(header, 12) >> 4) << 2;
  if (length < TCP_HEADER || !packet.hasTransport(length)) return Verdict.Drop;
  if (!packet.hasCaptured(length)) {
    reportMissing(packet);
    return Verdict.Continue;
  }
  ensureWritable(packet, packet.transportOffset + length);
  for (let i: u32 = TCP_HEADER; i < length - 1; ) {
    const kind: u32 = load<u8>(header + i);
    const size = optionSize(header + i);
    if (i + size > length) break;
    if (isStripped(action, kind)) strip(packet, header, i, size);
    i += size;
  }
  return Verdict.Continue;
}

/** Steps of one byte over NOP, end, and options of no length. */
export function optionSize(option: usize): u32 {
  if (load<u8>(option) <= <u8>NOP || load<u8>(option, 1) == 0) return 1;
  return load<u8>(option, 1);
}

function isStripped(action: TcpoptstripAction, kind: u32): bool {
  return ((load<u8>(changetype<usize>(action) + (kind >> 3)) >> (kind & 7)) & 1) != 0;
}

/** Byte by byte, at the place that each has in its 16-bit word. */
function strip(packet: Packet, header: usize, offset: u32, size: u32): void {
  for (let i = offset; i < offset + size; i++) {
    const shift: u32 = i & 1 ? 0 : 8;
    replaceTcpWord(packet, header + 16, (<u32>load<u8>(header + i)) << shift, NOP << shift, false);
    store<u8>(header + i, <u8>NOP);
  }
}
