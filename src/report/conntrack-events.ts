import { CtEvent } from "../../assembly/abi/conntrack.ts";
import { EventKind } from "../../assembly/abi/trace.ts";
import type { OutputSink, TraceEvent } from "../engine/outputs.ts";
import { entryParts, labelsText, timesText } from "./conntrack.ts";

/** What `conntrack -E -o` shows beside the usual. */
export interface EventForm {
  /** `[1700000000.123456]` and a tab before each line: the virtual time. Default false. */
  readonly timestamp?: boolean;
  /** The family and its number. Default false. */
  readonly extended?: boolean;
  /** A number for each connection. Default false. */
  readonly id?: boolean;
  /** When an ended connection began and ended, in UTC, where nf_conntrack_timestamp is on. Default false. */
  readonly ktimestamp?: boolean;
  /** Names of labels, by connlabel.conf. Default: not shown. */
  readonly labels?: ReadonlyMap<string, number>;
}

/** Of `[DESTROY]`, the longest word. */
export const TYPE_WIDTH = 9;
const NEW = (1 << CtEvent.New) | (1 << CtEvent.Related);
const has = (bits: number, event: CtEvent) => ((bits >> event) & 1) !== 0;

/**
 * Writes what happens to connections, a line for each event, as `conntrack -E` prints it (conntrack-tools 1.4.7). The run needs
 * `conntrackEvents`.
 *
 * @example replay(node, capture, { conntrackEvents: true, observe: () => [new ConntrackEvents((line) => log(line))] })
 */
export class ConntrackEvents implements OutputSink {
  readonly #write: (line: string) => void;
  readonly #form: EventForm;

  /** @param write takes a line, without its end. */
  constructor(write: (line: string) => void, form: EventForm = {}) {
    this.#write = write;
    this.#form = form;
  }

  /** Writes the line of an event that happened to a connection; others have none. */
  event(event: TraceEvent): void {
    if (event.kind === EventKind.Connection) this.#write(eventLine(event, this.#form));
  }
}

/** Attributes that an event has are those that ctnetlink_conntrack_event() puts into its message. */
function eventLine({ subject: happened, detail, data, timeNs }: TraceEvent, form: EventForm): string {
  const view = new DataView(data.buffer, data.byteOffset);
  const parts = entryParts(view, 0);
  const isEnd = has(happened, CtEvent.Destroy);
  const { original, reply } = parts;
  let line = `${typeWord(happened).padStart(TYPE_WIDTH)} ${form.extended ? parts.layer3 : ""}${parts.protocol}`;
  if (!isEnd || parts.secondsLeft > 0) line += `${parts.secondsLeft} `;
  if (isEnd || has(happened, CtEvent.ProtoInfo)) line += parts.state;
  line += original.tuple + (isEnd ? original.counts : "");
  if (!parts.isReplied) line += "[UNREPLIED] ";
  line += reply.tuple + (isEnd ? reply.counts : "");
  if (parts.isAssured) line += "[ASSURED] ";
  if (parts.mark !== 0 || (!isEnd && has(happened, CtEvent.Mark))) line += `mark=${parts.mark} `;
  line += parts.zone;
  if (isEnd) line += timesText(parts, timeNs, form.ktimestamp);
  if (!isEnd) line += parts.helper;
  line = line.trimEnd();
  if (form.labels && has(happened, CtEvent.Label)) line += labelsText(view, 0, form.labels);
  if (form.id) line += ` id=${parts.id}`;
  // The process is hookwalk's own command, which has no number.
  if (detail === 1) line += " [USERSPACE] portid=0";
  return form.timestamp ? `[${timeWord(timeNs)}]\t${line}` : line;
}

function typeWord(happened: number): string {
  if (has(happened, CtEvent.Destroy)) return "[DESTROY]";
  return happened & NEW ? "[NEW]" : "[UPDATE]";
}

/** Seconds and microseconds, as `-o timestamp` writes them. */
export function timeWord(ns: bigint): string {
  const seconds = (ns / 1_000_000_000n).toString().padStart(8, "0");
  return `${seconds}.${((ns / 1000n) % 1_000_000n).toString().padStart(6, "0")}`;
}
