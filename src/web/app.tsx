import { useCallback, useEffect, useState } from "preact/hooks";
import type { RepliesMode } from "../index.ts";
import { readAddress, writeAddress } from "./address.ts";
import { readDropped } from "./dropped-files.ts";
import { EXAMPLES, type Example, fetchExample, inMode } from "./examples.ts";
import type { DroppedFile } from "./session/inputs.ts";
import type { OnProgress } from "./session/run.ts";
import type { Opened, OpenOptions, Progress } from "./session/shown.ts";
import { AskView } from "./views/ask.tsx";
import { BenchView } from "./views/bench.tsx";
import { CompareView } from "./views/compare.tsx";
import { EditView } from "./views/edit.tsx";
import { OpenPanel } from "./views/open-panel.tsx";
import { PacketsView } from "./views/packets.tsx";
import { PathsView } from "./views/paths.tsx";
import { StatusLine } from "./views/status-line.tsx";
import { TablesView } from "./views/tables.tsx";
import { proxy, worker } from "./worker-client.ts";

const VIEWS = [
  ["packets", "Packets"],
  ["tables", "Tables over time"],
  ["paths", "Paths"],
  ["ask", "Ask"],
  ["edit", "Edit"],
  ["compare", "Compare"],
  ["bench", "Bench"],
] as const;
type View = (typeof VIEWS)[number][0];

function viewOf(name: string | undefined): View {
  return VIEWS.find(([each]) => each === name)?.[0] ?? "packets";
}

function exampleOf(name: string | undefined): Example | undefined {
  return EXAMPLES.find((each) => each.name === name);
}

export function App() {
  const [start] = useState(() => readAddress(location.hash));
  const [opened, setOpened] = useState<Opened>();
  const [example, setExample] = useState<Example>();
  const [view, setView] = useState<View>(viewOf(start.view));
  const [packet, setPacket] = useState(start.packet ?? 1);
  /** Seconds since the first packet, where somebody scrubbed to; undefined: right after the chosen packet. */
  const [time, setTime] = useState<number>();
  const [filter, setFilter] = useState(start.filter ?? "");
  const [progress, setProgress] = useState<Progress>();
  const [problem, setProblem] = useState<string>();
  /** Counts runs, so that views ask anew. */
  const [run, setRun] = useState(0);

  /** Runs something long: progress and errors are shown. @returns undefined where it failed. */
  const working = useCallback(async <T,>(work: (onProgress: OnProgress) => Promise<T>): Promise<T | undefined> => {
    setProblem(undefined);
    setProgress({ records: 0, share: 0 });
    let isOver = false;
    try {
      // Progress that was sent before the end may arrive after it.
      return await work(proxy((now: Progress) => isOver || setProgress(now)) as OnProgress);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      return undefined;
    } finally {
      isOver = true;
      setProgress(undefined);
    }
  }, []);

  /** Shows what a run makes. */
  const showRun = useCallback(
    async (work: (onProgress: OnProgress) => Promise<Opened>) => {
      const made = await working(work);
      if (!made) return;
      setOpened(made);
      setTime(undefined);
      setRun((count) => count + 1);
    },
    [working],
  );

  const openExample = useCallback(
    (wanted: Example, replies?: RepliesMode) =>
      showRun(async (onProgress) => {
        const files = await fetchExample(wanted.name);
        const made = await worker.open(files, wanted.title, { mode: wanted.mode, replies }, onProgress);
        setExample(wanted);
        return made;
      }),
    [showRun],
  );

  useEffect(() => {
    const wanted = exampleOf(start.example);
    if (wanted) void openExample(wanted, start.replies);
    else if (start.example !== undefined) setProblem(`There is no example called ${start.example}.`);
  }, [start, openExample]);

  useEffect(() => {
    const onHashChange = () => {
      const address = readAddress(location.hash);
      const wanted = exampleOf(address.example);
      if (!wanted) return;
      setPacket(address.packet ?? 1);
      setFilter(address.filter ?? "");
      setView(viewOf(address.view));
      void openExample(wanted, address.replies);
    };
    addEventListener("hashchange", onHashChange);
    return () => removeEventListener("hashchange", onHashChange);
  }, [openExample]);

  const usual = example?.mode === undefined ? "capture" : "retarget";
  const replies = opened?.replies === usual ? undefined : opened?.replies;
  useEffect(() => {
    if (example === undefined) return;
    const shown = view === "packets" ? undefined : view;
    history.replaceState(null, "", writeAddress({ example: example.name, packet, view: shown, filter, replies }));
  }, [example, packet, view, filter, replies]);

  const openFiles = useCallback(
    (files: readonly DroppedFile[], options: OpenOptions = {}) => {
      setExample(undefined);
      setPacket(1);
      setFilter("");
      history.replaceState(null, "", location.pathname);
      return showRun((onProgress) => worker.open(files, undefined, options, onProgress));
    },
    [showRun],
  );

  const reopen = (options: OpenOptions) => {
    const other = example && options.mode && inMode(example, options.mode);
    return other ? openExample(other, opened?.replies) : showRun((onProgress) => worker.reopen(options, onProgress));
  };

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

  const select = (number: number) => {
    setPacket(number);
    setTime(undefined);
  };
  const scrub = (seconds: number) => {
    setTime(seconds);
    void worker.packetAt(seconds).then(setPacket);
  };
  const showPacket = (number: number) => {
    select(number);
    setView("packets");
  };
  const chooseFilter = (text: string) => {
    setFilter(text);
    if (view !== "tables") setView("packets");
  };

  const list = opened && {
    opened,
    run,
    selected: packet,
    onSelect: select,
    time,
    onTime: scrub,
    filter,
    onFilter: chooseFilter,
    onReopen: (options: OpenOptions) => void reopen(options),
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
      <StatusLine progress={progress} problem={problem} onDismiss={() => setProblem(undefined)} />
      <main>
        {!list && (
          <OpenPanel
            onFiles={openFiles}
            onExample={(wanted) => {
              select(1);
              setFilter("");
              void openExample(wanted);
            }}
          />
        )}
        {list && view === "packets" && <PacketsView {...list} />}
        {list && view === "tables" && <TablesView {...list} />}
        {list && view === "paths" && <PathsView opened={list.opened} onPacket={showPacket} onFilter={chooseFilter} />}
        {list && view === "ask" && <AskView opened={list.opened} onPacket={showPacket} />}
        {list && view === "edit" && (
          <EditView
            opened={list.opened}
            onEdit={(files, leaveOut) => showRun((onProgress) => worker.edit(files, leaveOut, onProgress))}
            onPacket={showPacket}
          />
        )}
        {list && view === "compare" && <CompareView opened={list.opened} onPacket={showPacket} working={working} />}
        {list && view === "bench" && <BenchView />}
      </main>
    </div>
  );
}
