import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Opened, PacketLine } from "../session/shown.ts";
import { worker } from "../worker-client.ts";
import { PacketDetailView } from "./packet-detail.tsx";
import { ReportLine } from "./report-line.tsx";
import { VirtualList } from "./virtual-list.tsx";

interface Props {
  readonly opened: Opened;
  readonly run: number;
  readonly selected: number;
  readonly onSelect: (number: number) => void;
  readonly filter: string;
  readonly onFilter: (filter: string) => void;
}

/** Rows that are fetched at a time. */
const PAGE = 100;

/** The list of packets, what became of each, and the chosen one in detail. */
export function PacketsView({ opened, run, selected, onSelect, filter, onFilter }: Props) {
  const [count, setCount] = useState(opened.records);
  const [problem, setProblem] = useState<string>();
  const [lines, setLines] = useState<ReadonlyMap<number, PacketLine>>(new Map());
  const [activeRow, setActiveRow] = useState(-1);
  /** Counts lists, of which every filter and run makes one: lines fetched for an older one are dropped. */
  const [list, setList] = useState(0);
  const newest = useRef(0);

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
  }, [selected]);

  const onRange = useCallback(
    (start: number, length: number) => {
      const from = Math.floor(start / PAGE) * PAGE;
      void worker.lines(from, Math.ceil((start + length - from) / PAGE) * PAGE).then((fetched) => {
        if (list === newest.current) setLines(new Map(fetched.map((line, i) => [from + i, line])));
      });
    },
    [list],
  );

  const activate = (row: number) => {
    setActiveRow(row);
    void worker.lines(row, 1).then(([line]) => line && onSelect(line.number));
  };

  return (
    <div class="packets">
      <section class="list" aria-label="Packets">
        <ReportLine opened={opened} onFilter={onFilter} />
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
          <span id="filter-problem" class="problem">
            {problem ?? `${count.toLocaleString("en")} of ${opened.records.toLocaleString("en")}`}
          </span>
        </label>
        <div class="row heading" aria-hidden="true">
          <span>No.</span>
          <span>Time</span>
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
      <section class="detail" aria-label={`Packet ${selected}`}>
        <PacketDetailView number={selected} run={run} opened={opened} />
      </section>
    </div>
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
      <span class={`fate ${fate ?? "none"}`}>
        {fate ?? "no input"} {fate === "sent" ? out : ""} {reason && <span class="info">{reason}</span>}
        {before !== undefined && <span class="before"> was: {before}</span>}
      </span>
    </>
  );
}
