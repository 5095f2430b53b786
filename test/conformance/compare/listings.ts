import type { Masks } from "./mask-names.ts";
import { linesOf, wordsOf } from "./results.ts";
import type { Row } from "./rows.ts";

/** `conntrack -L -o extended`: everything but use count, id, and marks and zones of zero. */
export function conntrackRows(file: Uint8Array, masks: Masks): Row[] {
  const ignored = new Set(["id"]);
  if (masks.has("counters")) addAll(ignored, ["packets", "bytes"]);
  if (masks.has("snat-port")) addAll(ignored, ["sport", "dport"]);
  if (masks.has("endpoint-choice")) addAll(ignored, ["src", "dst", "sport", "dport"]);
  return linesOf(file)
    .map(wordsOf)
    .filter((words) => words.length > 0)
    .map((words) => {
      const hasTimeout = /^\d+$/.test(words[4] ?? "");
      const rest = words.slice(hasTimeout ? 5 : 4);
      const kept = rest.filter((word) => {
        const [key] = word.split("=", 1);
        return !word.includes("=") || !(ignored.has(key!) || word === "mark=0" || word === "zone=0");
      });
      // State words and flags may stand anywhere between the pairs; the pairs keep their order.
      const flags = kept.filter((word) => !word.includes("="));
      const pairs = kept.filter((word) => word.includes("="));
      const text = [words[0], words[2], ...flags, ...pairs].join(" ");
      return { text, seconds: hasTimeout ? Number(words[4]) : undefined };
    });
}

/** `conntrack -L expect`: the time left stands first. */
export function expectationRows(file: Uint8Array): Row[] {
  return linesOf(file)
    .map(wordsOf)
    .map(([seconds, ...words]) => ({ text: words.join(" "), seconds: Number(seconds) }));
}

/** `ipset save`: headers without what the hash was sized to, members with the seconds they have left. */
export function ipsetRows(file: Uint8Array, masks: Masks): Row[] {
  return linesOf(file).map((line) => {
    const words = wordsOf(line);
    const isHeader = words[0] === "create";
    const kept: string[] = [];
    let seconds: number | undefined;
    for (let i = 0; i < words.length; i++) {
      const word = words[i]!;
      if (isHeader && ["initval", "bucketsize", "hashsize"].includes(word)) i++;
      else if (!isHeader && word === "timeout") seconds = Number(words[++i]);
      else if (["packets", "bytes"].includes(word) && masks.has("counters")) i++;
      else kept.push(word);
    }
    return { text: kept.join(" "), seconds };
  });
}

/** `ipvsadm -Ln`, with or without `--stats --exact`: a server's line stands behind its service's name. */
export function ipvsRows(file: Uint8Array, masks: Masks): Row[] {
  const rows: Row[] = [];
  let service = "";
  for (const line of linesOf(file).slice(1)) {
    const text = wordsOf(line).join(" ");
    if (text === "" || text.startsWith("Prot ") || text.startsWith("-> RemoteAddress")) continue;
    if (text.startsWith("->")) {
      rows.push({ text: `${service} ${text}` });
    } else {
      service = wordsOf(text).slice(0, 2).join(" ");
      rows.push({ text });
    }
  }
  return masks.has("endpoint-choice") ? rows.filter((row) => !row.text.includes("->")) : rows;
}

/** `ipvsadm -Lnc`: the time left is `minutes:seconds`. */
export function connectionRows(file: Uint8Array, masks: Masks): Row[] {
  const rows: Row[] = [];
  for (const words of linesOf(file).slice(2).map(wordsOf)) {
    if (words.length < 6) continue;
    const [minutes, seconds] = words[1]!.split(":").map(Number);
    const kept = masks.has("endpoint-choice") ? words.slice(0, 5) : words;
    rows.push({ text: [kept[0], ...kept.slice(2)].join(" "), seconds: minutes! * 60 + seconds! });
  }
  return rows;
}

function addAll(set: Set<string>, values: readonly string[]): void {
  for (const value of values) set.add(value);
}
