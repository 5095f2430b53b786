import { expose } from "comlink";
import type { Explanation } from "../../index.ts";
import { type DroppedFile, sortInputs, sortNode } from "./inputs.ts";
import type { OnProgress } from "./run.ts";
import { Session } from "./session.ts";
import type { Opened, OpenOptions, PacketDetail, PacketLine, PageMode, ShownComparison, TablesAt } from "./shown.ts";

interface Open {
  readonly session: Session;
  readonly dropped: readonly DroppedFile[];
  readonly title: string | undefined;
  readonly options: OpenOptions;
}

let open: Open | undefined;

function session(): Session {
  if (!open) throw new Error("Nothing is open yet.");
  return open.session;
}

/** What the page asks of the worker. Everything runs here, in the browser; nothing is sent anywhere. */
const api = {
  /** @throws InputError, ObjectError, ConfigError, InterfaceError, CaptureError */
  async open(
    dropped: readonly DroppedFile[],
    title: string | undefined,
    options: OpenOptions,
    onProgress: OnProgress,
  ): Promise<Opened> {
    const inputs = await sortInputs(dropped, options);
    open = { session: new Session(title ?? inputs.title, inputs, options), dropped, title, options };
    return open.session.open(onProgress);
  },
  /** The same files in another way: kube-proxy's other mode, another Node, other replies. */
  reopen(options: OpenOptions, onProgress: OnProgress): Promise<Opened> {
    if (!open) throw new Error("Nothing is open yet.");
    return api.open(open.dropped, open.title, { ...open.options, ...options }, onProgress);
  },
  cancel: (): void => open?.session.cancel(),
  filter: (expression: string): number => session().filter(expression),
  lines: (start: number, count: number): PacketLine[] => session().lines(start, count),
  rowOf: (number: number): number => session().rowOf(number),
  timeOf: (number: number): number => session().timeOf(number),
  packetAt: (seconds: number): number => session().packetAt(seconds),
  detail: (number: number): Promise<PacketDetail | undefined> => session().detail(number),
  whyNot: (number: number, place: string): Promise<string> => session().whyNot(number, place),
  described: (packet: string, on?: string): Promise<Explanation> => session().described(packet, on),
  whyNotDescribed(packet: string, on: string | undefined, place: string): Promise<string> {
    return session().whyNotDescribed(packet, on, place);
  },
  flow: (packet: string): Promise<Explanation[]> => session().flow(packet),
  tables: (number: number, seconds?: number): Promise<TablesAt | undefined> => session().tables(number, seconds),
  edit(changed: readonly (readonly [string, string])[], leaveOut: boolean, onProgress: OnProgress) {
    return session().edit(new Map(changed), leaveOut, onProgress);
  },
  /** The open capture through another node. */
  async compare(
    dropped: readonly DroppedFile[],
    title: string,
    options: OpenOptions,
    onProgress: OnProgress,
  ): Promise<ShownComparison> {
    const { files } = await sortNode(dropped, options);
    return session().compareWith(files, title, onProgress);
  },
  /** The open capture through the node of the same objects in kube-proxy's other mode. */
  async compareModes(mode: PageMode, title: string, nodeName: string | undefined, onProgress: OnProgress) {
    if (!open) throw new Error("Nothing is open yet.");
    return api.compare(open.dropped, title, { mode, nodeName }, onProgress);
  },
  async bench(packets: number, repetitions: number) {
    return (await import("./bench.ts")).bench(packets, repetitions);
  },
};

export type WorkerApi = typeof api;

expose(api);
