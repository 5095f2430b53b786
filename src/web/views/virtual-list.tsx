import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

const ROW_HEIGHT = 24;
/** Browsers lay out no more than some 16 million pixels; longer lists scroll proportionally. */
const MOST_PIXELS = 8_000_000;
const OVERSCAN = 12;

interface Props {
  readonly count: number;
  readonly label: string;
  /** Row that is marked, and kept in sight when it changes; -1: none. */
  readonly active: number;
  readonly onActivate: (row: number) => void;
  /** Fetches rows; those that are not there yet are drawn empty. */
  readonly onRange: (start: number, count: number) => void;
  readonly row: (row: number) => ComponentChildren;
}

/** A list of any length of which only the rows in sight exist. Arrow keys, Page Up and Down, Home and End move. */
export function VirtualList({ count, label, active, onActivate, onRange, row }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 400 });
  const pixels = Math.min(count * ROW_HEIGHT, MOST_PIXELS);
  const rowsInSight = Math.ceil(view.height / ROW_HEIGHT);
  const furthest = Math.max(0, pixels - view.height);
  const share = furthest === 0 ? 0 : Math.min(1, view.top / furthest);
  const first = Math.round(share * Math.max(0, count - Math.floor(view.height / ROW_HEIGHT)));
  const start = Math.max(0, first - OVERSCAN);
  const end = Math.min(count, first + rowsInSight + OVERSCAN);
  const offset = view.top - (first - start) * ROW_HEIGHT - (pixels === count * ROW_HEIGHT ? view.top % ROW_HEIGHT : 0);

  useLayoutEffect(() => {
    const element = scroller.current!;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);

  useEffect(() => onRange(start, end - start), [start, end, onRange]);

  useEffect(() => {
    const element = scroller.current!;
    if (active < 0 || (active >= first && active < first + rowsInSight - 1)) return;
    const rows = Math.max(1, count - Math.floor(element.clientHeight / ROW_HEIGHT));
    const wanted = Math.max(0, active - Math.floor(rowsInSight / 2));
    element.scrollTop = (wanted / rows) * Math.max(0, pixels - element.clientHeight);
    // Only when the active row or the list changes: scrolling by hand may leave it.
  }, [active, count]);

  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: rowsInSight - 1,
      PageUp: 1 - rowsInSight,
      Home: -count,
      End: count,
    };
    const step = steps[event.key];
    if (step === undefined || count === 0) return;
    event.preventDefault();
    onActivate(Math.min(count - 1, Math.max(0, active + step)));
  };

  return (
    <div
      ref={scroller}
      class="virtual-list"
      role="listbox"
      tabIndex={0}
      aria-label={label}
      aria-activedescendant={active >= start && active < end ? `row-${active}` : undefined}
      onScroll={(event) => setView({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })}
      onKeyDown={onKeyDown}
    >
      <div style={{ height: `${pixels}px`, position: "relative" }}>
        <div style={{ position: "absolute", insetInline: 0, top: `${Math.max(0, offset)}px` }}>
          {Array.from({ length: end - start }, (_, i) => (
            // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus and names the active row
            // biome-ignore lint/a11y/useKeyWithClickEvents: the list takes the keys
            <div
              key={start + i}
              id={`row-${start + i}`}
              class="row"
              role="option"
              aria-selected={start + i === active}
              aria-posinset={start + i + 1}
              aria-setsize={count}
              style={{ height: `${ROW_HEIGHT}px` }}
              onClick={() => onActivate(start + i)}
            >
              {row(start + i)}
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}
