import { useCallback, useEffect, useState } from "preact/hooks";
import { readAddress, writeAddress } from "./address.ts";
import { readDropped } from "./dropped-files.ts";
import { EXAMPLES, fetchExample } from "./examples.ts";
import type { DroppedFile } from "./session/inputs.ts";
import type { Opened, OpenOptions } from "./session/shown.ts";
import { BenchView } from "./views/bench.tsx";
import { CompareView } from "./views/compare.tsx";
import { EditView } from "./views/edit.tsx";
import { OpenPanel } from "./views/open-panel.tsx";
import { PacketsView } from "./views/packets.tsx";
import { PathsView } from "./views/paths.tsx";
import { TablesView } from "./views/tables.tsx";
import { proxy, worker } from "./worker-client.ts";

const VIEWS = [
  ["packets", "Packets"],
  ["paths", "Paths"],
  ["tables", "Tables over time"],
  ["edit", "Edit"],
  ["compare", "Compare"],
  ["bench", "Bench"],
] as const;
type View = (typeof VIEWS)[number][0];

/** What goes on: nothing, a run with its progress, or an error in words. */
type Status = { readonly records: number } | { readonly error: string } | undefined;

export function App() {
  const [start] = useState(() => readAddress(location.hash));
  const [opened, setOpened] = useState<Opened>();
  const [example, setExample] = useState<string>();
  const [view, setView] = useState<View>(() => VIEWS.find(([name]) => name === start.view)?.[0] ?? "packets");
  const [packet, setPacket] = useState(start.packet ?? 1);
  const [filter, setFilter] = useState(start.filter ?? "");
  const [status, setStatus] = useState<Status>();
  /** Counts runs, so that views ask anew. */
  const [run, setRun] = useState(0);

  const working = useCallback(async (work: (onProgress: (records: number) => void) => Promise<Opened>) => {
    setStatus({ records: 0 });
    let isOver = false;
    try {
      // Progress that was sent before the end may arrive after it.
      setOpened(await work(proxy((records: number) => isOver || setStatus({ records }))));
      isOver = true;
      setRun((count) => count + 1);
      setStatus(undefined);
    } catch (error) {
      isOver = true;
      setStatus({ error: error instanceof Error ? error.message : String(error) });
    }
  }, []);

  const open = useCallback(
    (files: readonly DroppedFile[], title: string | undefined, options: OpenOptions = {}) =>
      working((onProgress) => worker.open(files, title, options, onProgress)),
    [working],
  );

  const openExample = useCallback(
    async (name: string) => {
      try {
        const files = await fetchExample(name);
        setExample(name);
        await open(files, EXAMPLES.find((each) => each.name === name)?.title);
      } catch (error) {
        setStatus({ error: error instanceof Error ? error.message : String(error) });
      }
    },
    [open],
  );

  useEffect(() => {
    if (start.example !== undefined) void openExample(start.example);
  }, [start, openExample]);

  useEffect(() => {
    const onHashChange = () => {
      const wanted = readAddress(location.hash);
      if (wanted.example === undefined) return;
      setPacket(wanted.packet ?? 1);
      setFilter(wanted.filter ?? "");
      setView(VIEWS.find(([name]) => name === wanted.view)?.[0] ?? "packets");
      void openExample(wanted.example);
    };
    addEventListener("hashchange", onHashChange);
    return () => removeEventListener("hashchange", onHashChange);
  }, [openExample]);

  useEffect(() => {
    if (example === undefined) return;
    const hash = writeAddress({ example, packet, view: view === "packets" ? undefined : view, filter });
    history.replaceState(null, "", hash);
  }, [example, packet, view, filter]);

  const openFiles = useCallback(
    (files: readonly DroppedFile[], options?: OpenOptions) => {
      setExample(undefined);
      setPacket(1);
      history.replaceState(null, "", location.pathname);
      return open(files, undefined, options);
    },
    [open],
  );

  useEffect(() => {
    const onDragOver = (event: DragEvent) => event.preventDefault();
    const onDrop = async (event: DragEvent) => {
      event.preventDefault();
      if (event.dataTransfer) await openFiles(await readDropped(event.dataTransfer));
    };
    document.addEventListener("dragover", onDragOver);
    document.addEventListener("drop", onDrop);
    return () => {
      document.removeEventListener("dragover", onDragOver);
      document.removeEventListener("drop", onDrop);
    };
  }, [openFiles]);

  const showPacket = (number: number) => {
    setPacket(number);
    setView("packets");
  };
  const chooseFilter = (text: string) => {
    setFilter(text);
    setView("packets");
  };

  return (
    <div class="page">
      <header class="top">
        <h1>
          hookwalk <small>what would this Linux node do with these packets, and why?</small>
        </h1>
        {opened && (
          <nav aria-label="Views" class="tabs">
            {VIEWS.map(([name, title]) => (
              <button type="button" aria-current={view === name ? "page" : undefined} onClick={() => setView(name)}>
                {title}
              </button>
            ))}
            <button type="button" class="quiet" onClick={() => setOpened(undefined)}>
              Open…
            </button>
          </nav>
        )}
      </header>
      <StatusLine status={status} />
      <main>
        {!opened && <OpenPanel onFiles={openFiles} onExample={(name) => void openExample(name)} />}
        {opened && view === "packets" && (
          <PacketsView
            opened={opened}
            run={run}
            selected={packet}
            onSelect={setPacket}
            filter={filter}
            onFilter={setFilter}
          />
        )}
        {opened && view === "paths" && <PathsView opened={opened} onPacket={showPacket} onFilter={chooseFilter} />}
        {opened && view === "tables" && <TablesView opened={opened} run={run} packet={packet} onPacket={setPacket} />}
        {opened && view === "edit" && (
          <EditView
            opened={opened}
            onEdit={(files, leaveOut) => working((onProgress) => worker.edit(files, leaveOut, onProgress))}
            onPacket={showPacket}
          />
        )}
        {opened && view === "compare" && <CompareView opened={opened} onPacket={showPacket} />}
        {opened && view === "bench" && <BenchView />}
      </main>
    </div>
  );
}

function StatusLine({ status }: { status: Status }) {
  const isRunning = status !== undefined && "records" in status;
  return (
    <div class="status" role="status" aria-live="polite">
      {isRunning && (
        <>
          <progress aria-label="Replaying" /> {status.records.toLocaleString("en")} packets…{" "}
          <button type="button" onClick={() => void worker.cancel()}>
            Stop
          </button>
        </>
      )}
      {status !== undefined && "error" in status && <p class="error">{status.error}</p>}
    </div>
  );
}
