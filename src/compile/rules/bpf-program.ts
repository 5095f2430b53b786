import {
  AD_INTERFACE,
  AD_MARK,
  AD_PACKET_TYPE,
  AD_PROTOCOL,
  AD_RANDOM,
  AD_VLAN_PRESENT,
  AD_XOR,
} from "../../../assembly/abi/bpf.ts";
import type { BpfInstruction } from "../../model/match.ts";

/** Instructions of classic BPF that the kernel knows (chk_code_allowed, net/core/filter.c). */
const KNOWN: ReadonlySet<number> = new Set([
  ...[0x00, 0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x60, 0x80],
  ...[0x01, 0x61, 0x81, 0xb1],
  ...[0x02, 0x03],
  ...[0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x44, 0x4c, 0x54, 0x5c, 0x64, 0x6c, 0x74, 0x7c, 0x84],
  ...[0x94, 0x9c, 0xa4, 0xac],
  ...[0x05, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d],
  ...[0x06, 0x16, 0x07, 0x87],
]);

const LAST_MEMORY = 15;
const ANCILLARY = 0xfffff000;
/** Offsets from {@link ANCILLARY}. */
const EMULATED_ANCILLARY: ReadonlySet<number> = new Set([
  AD_PROTOCOL,
  AD_PACKET_TYPE,
  AD_INTERFACE,
  AD_MARK,
  AD_XOR,
  AD_VLAN_PRESENT,
  AD_RANDOM,
]);

/** Others that the kernel knows, and why no saved state or capture can answer them; any other offset is out of bounds. */
const UNKNOWABLE: ReadonlyMap<number, string> = new Map([
  [12, "netlink attributes"],
  [16, "netlink attributes"],
  [24, "the card's queue"],
  [28, "the device's hardware type"],
  [32, "the card's hash"],
  [36, "the processor"],
  [44, "the VLAN tag"],
  [52, "the payload's offset"],
  [60, "the VLAN protocol"],
]);

/** What is wrong with a program, as the kernel finds when it loads it (bpf_check_classic); undefined: nothing. */
export function complaintAboutProgram(program: readonly BpfInstruction[]): string | undefined {
  /** Which words of M[] every way to an instruction has written. */
  const reached = program.map(() => 0xffff);
  let written = 0;
  for (const [i, { code, jumpTrue, jumpFalse, k }] of program.entries()) {
    const left = program.length - i - 1;
    const kind = code & 7;
    if (!KNOWN.has(code)) return `Invalid argument (instruction ${i}: unknown code ${code})`;
    if ((code === 0x34 || code === 0x94) && k === 0) return `Invalid argument (instruction ${i} divides by zero)`;
    if ((code === 0x64 || code === 0x74) && k > 31) return `Invalid argument (instruction ${i} shifts by ${k})`;
    if ((code === 0x60 || code === 0x61 || code === 0x02 || code === 0x03) && k > LAST_MEMORY) {
      return `Invalid argument (instruction ${i}: there is no M[${k}])`;
    }
    written &= reached[i]!;
    if ((code === 0x60 || code === 0x61) && ((written >> k) & 1) === 0) {
      return `Invalid argument (instruction ${i} reads M[${k}] before it is written)`;
    }
    if (code === 0x02 || code === 0x03) written |= 1 << k;
    const jumps = code === 0x05 ? [k] : kind === 5 ? [jumpTrue, jumpFalse] : [];
    if (jumps.some((jump) => jump >= left)) return `Invalid argument (instruction ${i} jumps out of the program)`;
    if (isAncillary(code, k) && !EMULATED_ANCILLARY.has(k - ANCILLARY)) {
      return `instruction ${i} asks for ${UNKNOWABLE.get(k - ANCILLARY) ?? `offset ${k - 2 ** 32}`}, which is not emulated`;
    }
    for (const jump of jumps) reached[i + 1 + jump]! &= written;
    if (jumps.length > 0) written = 0xffff;
  }
  const last = program.at(-1)!.code;
  return (last & 7) === 6 ? undefined : "Invalid argument (the last instruction does not return)";
}

function isAncillary(code: number, k: number): boolean {
  return (code === 0x20 || code === 0x28 || code === 0x30) && k >= ANCILLARY;
}
