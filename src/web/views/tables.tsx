import { useEffect, useState } from "preact/hooks";
import type { Opened } from "../session/shown.ts";
import { worker } from "../worker-client.ts";
import { ScrollText } from "./scroll-text.tsx";

interface Props {
  readonly opened: Opened;
  readonly run: number;
  readonly packet: number;
  readonly onPacket: (number: number) => void;
}

/** Milliseconds without a move of the slider before the tables are worked out. */
const QUIET_MS = 150;

/** The node's tables as they were after any packet, in the words of the tools. */
export function TablesView({ opened, run, packet, onPacket }: Props) {
  const [tables, setTables] = useState<readonly (readonly [string, string])[]>([]);
  const [name, setName] = useState("conntrack.txt");

  useEffect(() => {
    let isWanted = true;
    const timer = setTimeout(() => {
      void worker.tables(packet).then((found) => isWanted && setTables(found));
    }, QUIET_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [packet, run]);

  const shown = tables.find(([each]) => each === name) ?? tables[0];
  return (
    <div class="tables">
      <label class="time">
        After packet{" "}
        <input
          type="range"
          min={1}
          max={opened.records}
          value={packet}
          onInput={(event) => onPacket(event.currentTarget.valueAsNumber)}
        />
        <input
          type="number"
          aria-label="Packet"
          min={1}
          max={opened.records}
          value={packet}
          onChange={(event) => onPacket(Math.min(opened.records, Math.max(1, event.currentTarget.valueAsNumber || 1)))}
        />{" "}
        of {opened.records.toLocaleString("en")}
      </label>
      <div class="tabs" role="tablist" aria-label="Tables">
        {tables.map(([each]) => (
          <button type="button" role="tab" aria-selected={each === shown?.[0]} onClick={() => setName(each)}>
            {each}
          </button>
        ))}
      </div>
      <ScrollText label={shown?.[0] ?? ""} text={shown?.[1] || "(empty)"} />
    </div>
  );
}
