import { describeFrame } from "./describe-packet.ts";
import { ethernetField, ipField } from "./field-names.ts";
import { type Mask, type Masks, masksOf } from "./mask-names.ts";
import { maskPacket } from "./mask-packet.ts";
import { type CapturedPacket, readPcapng } from "./pcapng.ts";
import { type Comparison, Findings } from "./results.ts";

const ETHERNET_HEADER = 14;

interface OutputPacket extends CapturedPacket {
  /** The `mask=` of its comment: what the kernel decided by chance in this packet alone. */
  readonly masks: Masks;
}

/** Packets by "number of the input packet that caused them" and interface. */
type Outputs = Map<number, Map<string, OutputPacket[]>>;

/** Compares two out.pcapng: for every input packet and interface the same packets, in the same order, byte for byte. */
export function comparePackets(expected: Uint8Array, actual: Uint8Array, masks: Masks): Comparison {
  const findings = new Findings("out.pcapng");
  const want = readOutputs(expected);
  const got = readOutputs(actual);
  const numbers = [...new Set([...want.keys(), ...got.keys()])].sort((a, b) => a - b);
  for (const number of numbers) {
    const names = new Set([...(want.get(number)?.keys() ?? []), ...(got.get(number)?.keys() ?? [])]);
    for (const name of [...names].sort()) {
      const wanted = want.get(number)?.get(name) ?? [];
      const found = got.get(number)?.get(name) ?? [];
      comparePlace(findings, number, name, wanted, found, masks);
    }
  }
  return findings;
}

function comparePlace(
  findings: Findings,
  number: number,
  place: string,
  expected: OutputPacket[],
  actual: OutputPacket[],
  masks: Masks,
): void {
  if (expected.length !== actual.length) {
    const lines = [
      `packet ${number}, ${place}: expected ${expected.length} out, got ${actual.length}`,
      ...expected.map((packet) => `expected ${describeFrame(packet.bytes, packet.isEthernet)}`),
      ...actual.map((packet) => `got      ${describeFrame(packet.bytes, packet.isEthernet)}`),
    ];
    findings.differs(lines.join("\n    "), number);
    return;
  }
  if (masks.has("order")) {
    expected = expected.toSorted((a, b) => Buffer.compare(a.bytes, b.bytes));
    actual = actual.toSorted((a, b) => Buffer.compare(a.bytes, b.bytes));
  }
  for (const [i, wanted] of expected.entries()) {
    const problem = packetDifference(wanted, actual[i]!, new Set<Mask>([...masks, ...wanted.masks]));
    if (problem === undefined) {
      findings.equal++;
      continue;
    }
    const lines = [
      `packet ${number}, ${place}: ${problem}`,
      `expected ${describeFrame(wanted.bytes, wanted.isEthernet)}`,
      `got      ${describeFrame(actual[i]!.bytes, actual[i]!.isEthernet)}`,
    ];
    findings.differs(lines.join("\n    "), number);
  }
}

function packetDifference(expected: OutputPacket, actual: OutputPacket, masks: Masks): string | undefined {
  const [wantedHeader, wantedPacket] = split(expected);
  const [gotHeader, gotPacket] = split(actual);
  const want = maskPacket(wantedPacket, masks);
  const got = maskPacket(gotPacket, masks);
  if (got.fault) return got.fault;
  const skipped = masks.has("endpoint-choice") ? 6 : 0;
  const inHeader = firstDifference(wantedHeader.subarray(skipped), gotHeader.subarray(skipped));
  if (inHeader !== undefined) return `differs in ${ethernetField(inHeader + skipped)}`;
  const inPacket = firstDifference(want.bytes, got.bytes);
  if (inPacket === undefined) return undefined;
  const bytes = `${hex(want.bytes, inPacket)} expected, ${hex(got.bytes, inPacket)} got`;
  return `differs in ${ipField(want.bytes, inPacket)} (byte ${inPacket} of the IP packet: ${bytes})`;
}

function split(packet: OutputPacket): [header: Uint8Array, packet: Uint8Array] {
  const at = packet.isEthernet ? ETHERNET_HEADER : 0;
  return [packet.bytes.subarray(0, at), packet.bytes.subarray(at)];
}

function firstDifference(a: Uint8Array, b: Uint8Array): number | undefined {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; i++) if (a[i] !== b[i]) return i;
  return a.length === b.length ? undefined : common;
}

/** The aligned two bytes around an offset, as most fields are. */
function hex(bytes: Uint8Array, at: number): string {
  const from = at & ~1;
  return Buffer.from(bytes.subarray(from, from + 2)).toString("hex") || "nothing";
}

function readOutputs(file: Uint8Array): Outputs {
  const outputs: Outputs = new Map();
  for (const packet of readPcapng(file)) {
    const values = new Map(packet.comment.split(/\s+/).map((word) => word.split("=", 2) as [string, string]));
    const number = Number(values.get("in"));
    if (!Number.isInteger(number)) throw new Error(`out.pcapng: a packet without the comment in=N: ${packet.comment}`);
    const places = outputs.get(number) ?? new Map<string, OutputPacket[]>();
    outputs.set(number, places);
    const masks = masksOf((values.get("mask") ?? "").split(","));
    const list = places.get(packet.interfaceName);
    if (list) list.push({ ...packet, masks });
    else places.set(packet.interfaceName, [{ ...packet, masks }]);
  }
  return outputs;
}
