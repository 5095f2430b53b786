import { ConfigError } from "./error.ts";

/** Names of connection labels and their numbers, 0 to 127. */
export type LabelNames = ReadonlyMap<string, number>;

export const NO_LABEL_NAMES: LabelNames = new Map();

/** There are as many labels (NF_CT_LABELS_MAX_SIZE). */
export const LABELS = 128;

/** Parses connlabel.conf: a number and a name on each line; `#` begins a comment. */
export function parseConnlabels(text: string, file: string): LabelNames {
  const names = new Map<string, number>();
  for (const [i, line] of text.split("\n").entries()) {
    const words = line.trim();
    if (words === "" || words.startsWith("#")) continue;
    const [, number, name] = /^(\d+)\s+(\S+)$/.exec(words) ?? [];
    const at = { file, line: i + 1, column: 1 };
    if (name === undefined) throw new ConfigError("ERR_SYNTAX", at, `expected \`NUMBER NAME', not \`${words}'`);
    if (Number(number) >= LABELS) throw new ConfigError("ERR_VALUE", at, `there are ${LABELS} labels, from 0`);
    names.set(name, Number(number));
  }
  return names;
}

/** The name of a label; undefined where the file has none for it. */
export function labelName(names: LabelNames, label: number): string | undefined {
  for (const [name, number] of names) if (number === label) return name;
  return undefined;
}
