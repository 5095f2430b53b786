import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CLIENT_SIDE_MAC,
  generateCapture,
  SERVER_SIDE_MAC,
  type WorkloadOptions,
} from "../../src/generate/workload.ts";
import { measure } from "../measure.ts";
import { compileNative, folder, NativeProcess } from "../native-process.ts";
import { type Keys, macWord, RecordReader } from "../record-reader.ts";
import { type Outcome, type Row, ratioTo, type Scale } from "../row.ts";

const PROGRAM = "records";
const MACS = [CLIENT_SIDE_MAC, SERVER_SIDE_MAC];
/** Packets in memory: they are read over and over. */
const PACKETS = 200_000;

/** W1: from the bytes of a pcapng to packets with time, device, lengths and the hash of their tuples. */
export const RECORDS: readonly Row[] = [
  { id: "W1", name: "records to keys, frames of 60 bytes", run: (scale) => run({ size: 60 }, scale) },
  { id: "W1", name: "records to keys, IMIX", run: (scale) => run({ size: "imix" }, scale) },
];

async function run(shape: Pick<WorkloadOptions, "size">, { packets, rounds }: Scale): Promise<Outcome> {
  const blocks = packetBlocks({ packets: PACKETS, ...shape });
  const turns = Math.ceil(packets / PACKETS);
  const core = await RecordReader.create(blocks, MACS);
  const missing = compileNative(PROGRAM);
  const native = missing === undefined ? startNative(blocks) : undefined;
  if (native) expectSame(core.check(), await native.ask("check"));
  const contenders = [
    { name: "core", run: () => repeat(turns, () => core.run()) },
    ...(native ? [{ name: "C", run: () => repeatNative(turns, native) }] : []),
  ];
  const measurements = await measure(contenders, turns * PACKETS, rounds);
  native?.close();
  return { unit: "ns", measurements, comparisons: ratioTo(measurements, "C", 1.05), note: missing };
}

/** The blocks of a generated capture behind those of its interfaces. */
function packetBlocks(options: WorkloadOptions): Uint8Array {
  const file = Buffer.concat([...generateCapture(options)]);
  let at = 0;
  while (file.readUInt32LE(at) !== 6) at += file.readUInt32LE(at + 4);
  return new Uint8Array(file.subarray(at));
}

function startNative(blocks: Uint8Array): NativeProcess {
  const file = join(folder, `records-${process.hrtime.bigint()}`);
  writeFileSync(file, blocks);
  return new NativeProcess(PROGRAM, [file, ...MACS.map((mac) => `${macWord(mac)}`)]);
}

function expectSame({ packets, sum }: Keys, answer: string): void {
  if (answer !== `${packets} ${sum}`) throw new Error(`the core read ${packets} ${sum}, the C reference ${answer}`);
}

function repeat(turns: number, once: () => void): void {
  for (let i = 0; i < turns; i++) once();
}

async function repeatNative(turns: number, native: NativeProcess): Promise<number> {
  let total = 0;
  for (let i = 0; i < turns; i++) total += Number(await native.ask("run"));
  return total;
}
