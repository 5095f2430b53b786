import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Opened, OpenOptions, PacketLine } from "../session/shown.ts";
import { worker } from "../worker-client.ts";
import { Fate } from "./fate.tsx";
import { ReportLine } from "./report-line.tsx";
import { TimeBar } from "./time-bar.tsx";
import { VirtualList } from "./virtual-list.tsx";

export interface PacketListProps {
  readonly opened: Opened;
  readonly run: number;
  readonly selected: number;
  readonly onSelect: (number: number) => void;
  /** Seconds since the first packet that tables are shown at; undefined: right after the chosen packet. */
  readonly time: number | undefined;
  readonly onTime: (seconds: number) => void;
  readonly filter: string;
  readonly onFilter: (filter: string) => void;
  readonly onReopen: (options: OpenOptions) => void;
}

/** Rows that are fetched at a time. */
const PAGE = 100;

/** What became of the packets: the run in a few words, a filter, the time, and the list. */
export function PacketList(props: PacketListProps) {
  const { opened, run, selected, onSelect, time, onTime, filter, onFilter, onReopen } = props;
  const [count, setCount] = useState(opened.records);
  const [problem, setProblem] = useState<string>();
  const [lines, setLines] = useState<ReadonlyMap<number, PacketLine>>(new Map());
  const [activeRow, setActiveRow] = useState(-1);
  const [activeTime, setActiveTime] = useState(0);
  /** Counts lists, of which every filter and run makes one: lines fetched for an older one are dropped. */
  const [list, setList] = useState(0);
  const newest = useRef(0);
  const newestRange = useRef(0);

  useEffect(() => {
    let isWanted = true;
    worker.filter(filter).then(
      async (found) => {
        if (!isWanted) return;
        setProblem(undefined);
        setCount(found);
        setLines(new Map());
        setList(++newest.current);
        setActiveRow(await worker.rowOf(selected));
      },
      (error: Error) => isWanted && setProblem(error.message),
    );
    return () => {
      isWanted = false;
    };
    // The chosen packet moves with its own effect.
  }, [filter, run]);

  useEffect(() => {
    void worker.rowOf(selected).then(setActiveRow);
    void worker.timeOf(selected).then(setActiveTime);
  }, [selected, run]);

  const onRange = useCallback(
    (start: number, length: number) => {
      const asked = ++newestRange.current;
      const from = Math.floor(start / PAGE) * PAGE;
      void worker.lines(from, Math.ceil((start + length - from) / PAGE) * PAGE).then((fetched) => {
        if (list !== newest.current || asked !== newestRange.current) return;
        setLines(new Map(fetched.map((line, i) => [from + i, line])));
      });
    },
    [list],
  );

  const activate = (row: number) => {
    setActiveRow(row);
    void worker.lines(row, 1).then(([line]) => line && onSelect(line.number));
  };

  return (
    <section class="list" aria-label="Packets">
      <ReportLine opened={opened} onFilter={onFilter} onReopen={onReopen} />
      <label class="filter">
        <span>Filter</span>
        <input
          type="search"
          value={filter}
          placeholder="tcp port 443 and fate dropped"
          aria-invalid={problem !== undefined}
          aria-describedby="filter-problem"
          onInput={(event) => onFilter(event.currentTarget.value)}
        />
        <span id="filter-problem" class="problem" role="status">
          {problem ?? `${count.toLocaleString("en")} of ${opened.records.toLocaleString("en")}`}
        </span>
      </label>
      <TimeBar seconds={time ?? activeTime} last={opened.seconds} onTime={onTime} />
      <div class="row heading" aria-hidden="true">
        <span class="number">No.</span>
        <span class="number">Time</span>
        <span>In</span>
        <span>Packet</span>
        <span>Fate</span>
      </div>
      <VirtualList
        count={count}
        label="Packets"
        active={activeRow}
        onActivate={activate}
        onRange={onRange}
        row={(row) => <Line line={lines.get(row)} />}
      />
    </section>
  );
}

function Line({ line }: { line: PacketLine | undefined }) {
  if (!line) return <span class="waiting">…</span>;
  const { number, time, interface: on, protocol, source, destination, info, fate, out, reason, before } = line;
  return (
    <>
      <span class="number">{number}</span>
      <span class="number">{time.toFixed(6)}</span>
      <span>{on}</span>
      <span class="what">
        {protocol} {source} {destination && "→"} {destination} <span class="info">{info}</span>
      </span>
      <span>
        <Fate fate={fate} /> {fate === "sent" ? out : ""} {reason && <span class="info">{reason}</span>}
        {before !== undefined && <span class="before"> was: {before}</span>}
      </span>
    </>
  );
}
