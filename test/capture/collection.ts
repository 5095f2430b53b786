import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CaptureError, readCapture } from "../../src/capture/index.ts";

/** What the index of a collection says of a capture. */
interface Listed {
  readonly file: string;
  /** `pcap`, `pcapng`, `pcapng (cut short)`, `snoop`, `rejected`, ... */
  readonly type: string;
  /** Undefined for a file that must be refused. */
  readonly packets: number | undefined;
}

/** What became of a capture: `wrong` says why it is not what the index says. */
interface Outcome extends Listed {
  readonly read: number;
  readonly error: CaptureError | undefined;
  readonly wrong: string | undefined;
}

/** Captures that are not read by intent, besides those that nobody reads. */
const REFUSED_TYPES = ["rejected", "snoop"];

/** Rows of the tables of an `index.md`: file, type, link type, packets, and more that is not asked for. */
export function parseIndex(markdown: string): Listed[] {
  return markdown
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter((cells) => cells.length >= 9 && /\.(pcap|pcapng|snoop)(\.gz)?$/.test(cells[1]))
    .map(([, file, type, , packets]) => ({ file, type, packets: packets === "-" ? undefined : Number(packets) }));
}

/** Reads every capture of a folder and compares with the folder's `index.md`. */
export async function checkCollection(folder: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const listed of parseIndex(await readFile(join(folder, "index.md"), "utf8"))) {
    outcomes.push(await check(listed, await readFile(join(folder, listed.file))));
  }
  return outcomes;
}

async function check(listed: Listed, bytes: Uint8Array): Promise<Outcome> {
  let read = 0;
  let error: CaptureError | undefined;
  try {
    for await (const packets of readCapture(bytes)) read += packets.length;
  } catch (thrown) {
    if (!(thrown instanceof CaptureError)) throw thrown;
    error = thrown;
  }
  return { ...listed, read, error, wrong: compare(listed, read, error) };
}

function compare({ type, packets }: Listed, read: number, error: CaptureError | undefined): string | undefined {
  if (REFUSED_TYPES.includes(type)) {
    return error?.code === "ERR_CAPTURE_FORMAT" || (error && read === 0) ? undefined : "should have been refused";
  }
  if (read !== packets) return `${read} packets instead of ${packets}`;
  const isCut = type.includes("cut short");
  if (isCut !== (error !== undefined)) return isCut ? "should have been found cut short" : `ended with ${error}`;
  return undefined;
}

async function main(folder: string): Promise<void> {
  const outcomes = await checkCollection(folder);
  const unlisted = (await readdir(folder)).length - 1 - outcomes.length;
  for (const { file, error } of outcomes) if (error) console.log(`${file}: ${error.message}`);
  for (const { file, wrong } of outcomes) if (wrong) console.error(`${file}: ${wrong}`);
  const right = outcomes.filter(({ wrong }) => wrong === undefined).length;
  const packets = outcomes.reduce((sum, { read }) => sum + read, 0);
  console.log(
    `${right}/${outcomes.length} captures as the index says, ${packets} packets; ${unlisted} files not in the index`,
  );
  process.exitCode = right === outcomes.length && unlisted === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv[2] ?? "../shared/captures");
