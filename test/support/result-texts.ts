import { type Emulator, type OutputSink, parseNode, type ReplayOptions, Results, replay } from "../../src/index.ts";

/** Adds to what a result file has. */
export type Append = (file: string, text: string) => void;

/**
 * Replays a capture: what `--results` writes, by file name; bytes in hexadecimal.
 *
 * @param watch makes a sink that adds files of its own.
 */
export async function resultTexts(
  files: ReadonlyMap<string, Uint8Array>,
  capture: Uint8Array,
  options: ReplayOptions,
  watch?: (emulator: Emulator, append: Append) => OutputSink,
): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const append: Append = (file, text) => texts.set(file, `${texts.get(file) ?? ""}${text}`);
  let results: Results | undefined;
  const { records } = await replay(parseNode(files), capture, {
    ...options,
    observe: (emulator) => {
      results = new Results(emulator, (file, piece) => {
        append(file, typeof piece === "string" ? piece : Buffer.from(piece).toString("hex"));
      });
      return watch ? [results, watch(emulator, append)] : [results];
    },
  });
  results!.finish(records);
  return texts;
}
