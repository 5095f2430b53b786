import { AD_INTERFACE, AD_MARK, AD_PACKET_TYPE, AD_PROTOCOL, AD_RANDOM, AD_VLAN_PRESENT, AD_XOR } from "../../abi/bpf";
import { Hook, Origin } from "../../abi/netfilter";
import { load16, load32 } from "../../packet/bytes";
import { device } from "../../packet/device";
import { Packet } from "../../packet/packet";
import { random32 } from "../../packet/random";
import { CONSULTED_LINK, CONSULTED_PAYLOAD, CONSULTED_STATE, context } from "../context";
import { reportMissing } from "../header";

/**
 * -m bpf (net/netfilter/xt_bpf.c): a classic BPF program (net/core/filter.c) over the packet from its IP header on; a
 * return value other than 0 matches. The host has checked the program: jumps lead forward and stay inside, the last
 * instruction returns.
 */
@unmanaged
export class BpfTest {
  count: u32;
}

/** An instruction (struct sock_filter). */
@unmanaged
class Instruction {
  code: u16;
  jumpTrue: u8;
  jumpFalse: u8;
  k: u32;
}

const INSTRUCTIONS: usize = 8;
const INSTRUCTION_SIZE: usize = 8;

/** Scratch memory M[], cleared for each run as far as a program can see: it may only read what it wrote. */
const scratch = memory.data(64, 4);

const CLASS_LOAD: u32 = 0;
const CLASS_LOAD_X: u32 = 1;
const CLASS_STORE: u32 = 2;
const CLASS_STORE_X: u32 = 3;
const CLASS_ALU: u32 = 4;
const CLASS_JUMP: u32 = 5;
const CLASS_RETURN: u32 = 6;
const MODE_ABSOLUTE: u32 = 0x20;

/** Where `load` puts what it read. */
let loaded: u32 = 0;

export function matchesBpf(packet: Packet, test: BpfTest): bool {
  context.consulted |= CONSULTED_PAYLOAD;
  return run(packet, changetype<usize>(test) + INSTRUCTIONS) != 0;
}

/** @returns what the program returns; 0 when it reads outside of the packet or divides by zero. */
function run(packet: Packet, first: usize): u32 {
  let a: u32 = 0;
  let x: u32 = 0;
  let at = first;
  while (true) {
    const current = changetype<Instruction>(at);
    const code: u32 = current.code;
    const k = current.k;
    at += INSTRUCTION_SIZE;
    switch (code & 7) {
      case CLASS_LOAD:
        if ((code & 0xe0) == MODE_ABSOLUTE) {
          const answer = loadAncillary(packet, k, a, x);
          if (answer == ENDS) return a;
          if (answer == LOADED) {
            a = loaded;
            break;
          }
        }
        if (!loadValue(packet, code, k, x)) return 0;
        a = loaded;
        break;
      case CLASS_LOAD_X:
        if (!loadValue(packet, code, k, x)) return 0;
        x = loaded;
        break;
      case CLASS_STORE:
        store<u32>(scratch + ((k & 15) << 2), a);
        break;
      case CLASS_STORE_X:
        store<u32>(scratch + ((k & 15) << 2), x);
        break;
      case CLASS_ALU: {
        const operand = code & 8 ? x : k;
        if (operand == 0 && isDivision(code)) return 0;
        a = calculate(code, a, operand);
        break;
      }
      case CLASS_JUMP:
        if ((code & 0xf0) == 0) at += k * INSTRUCTION_SIZE;
        else {
          const jump: u32 = compare(code, a, code & 8 ? x : k) ? current.jumpTrue : current.jumpFalse;
          at += jump * INSTRUCTION_SIZE;
        }
        break;
      case CLASS_RETURN:
        return code & 0x10 ? a : k;
      default:
        if (code & 0x80) a = x;
        else x = a;
    }
  }
  return 0;
}

function isDivision(code: u32): bool {
  return (code & 0xf0) == 0x30 || (code & 0xf0) == 0x90;
}

function calculate(code: u32, a: u32, operand: u32): u32 {
  switch ((code & 0xf0) >> 4) {
    case 0:
      return a + operand;
    case 1:
      return a - operand;
    case 2:
      return a * operand;
    case 3:
      return a / operand;
    case 4:
      return a | operand;
    case 5:
      return a & operand;
    case 6:
      return a << (operand & 31);
    case 7:
      return a >> (operand & 31);
    case 8:
      return 0 - a;
    case 9:
      return a % operand;
    default:
      return a ^ operand;
  }
}

function compare(code: u32, a: u32, operand: u32): bool {
  switch ((code & 0xf0) >> 4) {
    case 1:
      return a == operand;
    case 2:
      return a > operand;
    case 3:
      return a >= operand;
    default:
      return (a & operand) != 0;
  }
}

/** Operand of the load instructions, by their addressing mode. @returns false when it lies outside of the packet. */
function loadValue(packet: Packet, code: u32, k: u32, x: u32): bool {
  switch (code & 0xe0) {
    case 0x00:
      loaded = k;
      return true;
    case MODE_ABSOLUTE:
      return loadPacket(packet, code, k);
    case 0x40:
      return loadPacket(packet, code, x + k);
    case 0x60:
      loaded = load<u32>(scratch + ((k & 15) << 2));
      return true;
    case 0x80:
      loaded = packet.length;
      return true;
    default:
      if (!loadPacket(packet, 0x10, k)) return false;
      loaded = (loaded & 15) << 2;
      return true;
  }
}

/** What `loadAncillary` says of an offset. */
const NOT_ANCILLARY: u32 = 0;
const LOADED: u32 = 1;
/** The packet has no device: the program ends, and what is in the accumulator is its result. */
const ENDS: u32 = 2;

const ANCILLARY: u32 = 0xfffff000;

/** Offsets from SKF_AD_OFF on; the host refuses programs that ask for more than these. */
function loadAncillary(packet: Packet, k: u32, a: u32, x: u32): u32 {
  if (k < ANCILLARY) return NOT_ANCILLARY;
  switch (k - ANCILLARY) {
    case AD_PROTOCOL:
      loaded = packet.family == 4 ? 0x0800 : 0x86dd;
      return LOADED;
    case AD_PACKET_TYPE:
      loaded = packet.packetType;
      return LOADED;
    case AD_INTERFACE: {
      const at = presentDevice();
      if (at == 0) return ENDS;
      loaded = device(at).ifindex;
      return LOADED;
    }
    case AD_MARK:
      loaded = packet.mark;
      context.consulted |= CONSULTED_STATE;
      return LOADED;
    case AD_XOR:
      loaded = a ^ x;
      return LOADED;
    case AD_VLAN_PRESENT:
      // A VLAN's device has taken the tag off, and puts it on later than any hook.
      loaded = 0;
      return LOADED;
    case AD_RANDOM:
      loaded = random32();
      context.consulted |= CONSULTED_STATE;
      return LOADED;
    default:
      return NOT_ANCILLARY;
  }
}

/** skb->dev: where the packet came in, and in POSTROUTING where it leaves; 0 for the node's own before that. */
function presentDevice(): u32 {
  context.consulted |= CONSULTED_LINK;
  return context.hook == Hook.PostRouting ? context.outDevice : context.inDevice;
}

/** Bytes of the packet in network order; offsets from -0x100000 count from the IP header, from -0x200000 from the link's. */
function loadPacket(packet: Packet, code: u32, offset: u32): bool {
  const size: u32 = (code & 0x18) == 0 ? 4 : (code & 0x18) == 8 ? 2 : 1;
  let at = offset;
  if (<i32>offset < 0) {
    if (offset >= 0xfff00000) at = offset - 0xfff00000;
    else if (offset >= 0xffe00000) return loadLink(packet, size, offset - 0xffe00000);
    else return false;
  }
  if (at > packet.length || size > packet.length - at) return false;
  if (at + size > packet.captured) {
    reportMissing(packet);
    return false;
  }
  return loadBytes(packet.data + at, size);
}

/** What the node sends has no link header yet (skb_mac_header_was_set). */
function loadLink(packet: Packet, size: u32, offset: u32): bool {
  if (packet.origin != <u8>Origin.Received && !packet.loopedBack) return false;
  if (offset >= packet.macLength)
    return loadPacket(packet, size == 4 ? 0 : size == 2 ? 8 : 16, offset - packet.macLength);
  return offset + size <= packet.macLength && loadBytes(packet.mac + offset, size);
}

function loadBytes(at: usize, size: u32): bool {
  loaded = size == 4 ? load32(at) : size == 2 ? load16(at) : <u32>load<u8>(at);
  return true;
}
