import { useEffect, useRef, useState } from "preact/hooks";

/** Lines that are drawn at most: a table may have millions. */
const MOST_LINES = 2000;

/** A table as its tool prints it; lines that were not there the last time are marked. */
export function TableText({ label, text }: { label: string; text: string }) {
  const former = useRef<ReadonlySet<string> | undefined>(undefined);
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());
  const lines = text.trimEnd().split("\n");

  useEffect(() => {
    const known = former.current;
    setFresh(new Set(known ? lines.filter((line) => !known.has(line)) : []));
    former.current = new Set(lines);
  }, [text]);

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section class="scroll-text" aria-label={label} tabIndex={0}>
      <pre>
        {text === "" && "(empty)"}
        {lines.slice(0, MOST_LINES).map((line, i) => (
          <span key={i} class={fresh.has(line) ? "fresh" : undefined}>
            {line}
            {"\n"}
          </span>
        ))}
        {lines.length > MOST_LINES && `… ${(lines.length - MOST_LINES).toLocaleString("en")} more lines`}
      </pre>
    </section>
  );
}
