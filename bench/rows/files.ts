import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FrameWriter, generateCapture, parseNode, replay, type WorkloadOptions } from "../../src/index.ts";
import { FileWriter, openCapture } from "../../src/node/index.ts";
import { type Contender, measure } from "../measure.ts";
import { generatedNode } from "../network.ts";
import type { Comparison, Row } from "../row.ts";

/** Packets a second, and bytes a second in and out. */
const TARGET_NS = 1000 / 12;
const TARGET_BYTES = 1.5e9;
const ROUNDS = 3;

/** W10: from file to file, through the public API. */
export const FILES: readonly Row[] = [
  fileToFile("file to file, frames of 64 bytes", { size: 64 }, 500_000, 4_000_000, (ns) => ({
    what: "ns a packet",
    value: ns,
    limit: TARGET_NS,
  })),
  fileToFile("file to file, IMIX", { size: "imix" }, 200_000, 2_500_000, (ns, bytes) => ({
    what: "GB/s in and out",
    value: (2 * bytes) / ns,
    limit: TARGET_BYTES / 1e9,
    atLeast: true,
  })),
];

function fileToFile(
  name: string,
  shape: Pick<WorkloadOptions, "size">,
  few: number,
  many: number,
  compare: (ns: number, bytesAPacket: number) => Comparison,
): Row {
  return {
    id: "W10",
    name,
    async run({ quick }) {
      const packets = quick ? few : many;
      const folder = mkdtempSync(join(tmpdir(), "hookwalk-bench-"));
      try {
        const [input, output] = [join(folder, "in.pcapng"), join(folder, "out.pcapng")];
        writeCapture(input, { packets, ...shape });
        const node = parseNode(generatedNode());
        const run = async () => {
          const file = new FileWriter(output);
          let frames: FrameWriter | undefined;
          await replay(node, openCapture(input), {
            observe: (emulator) => {
              frames = new FrameWriter(emulator.node.interfaces, (piece) => file.write(piece), {
                isBorrowed: true,
              });
              return [frames];
            },
          });
          frames?.end();
          file.close();
        };
        // To empty the file of the round before takes the system a tenth of the time, and is no part of the job.
        const prepare = () => rmSync(output, { force: true });
        const contenders: Contender[] = [{ name: "core", prepare, run }];
        if (hasTcpdump()) contenders.push({ name: "tcpdump copy", prepare, run: () => copyByTcpdump(input, output) });
        const measurements = await measure(contenders, packets, ROUNDS, 1);
        const bytes = statSync(input).size / packets;
        return { unit: "ns", measurements, comparisons: [compare(measurements[0]!.median, bytes)] };
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

function writeCapture(name: string, options: WorkloadOptions): void {
  const fd = openSync(name, "w");
  for (const piece of generateCapture(options)) writeSync(fd, piece);
  closeSync(fd);
}

function hasTcpdump(): boolean {
  return spawnSync("tcpdump", ["--version"], { stdio: "ignore" }).status === 0;
}

/** @returns CPU time in nanoseconds, by the shell's own account. */
function copyByTcpdump(input: string, output: string): number {
  const answer = spawnSync("bash", [
    "-c",
    'TIMEFORMAT="%U %S"; time tcpdump -r "$0" -w "$1" 2>/dev/null',
    input,
    output,
  ]);
  const [user, system] = `${answer.stderr}`.trim().split(" ").map(Number);
  return (user! + system!) * 1e9;
}
