import { EventKind } from "../../assembly/abi/trace.ts";
import type { OutputSink, TraceEvent } from "../engine/outputs.ts";
import { TYPE_WIDTH, timeWord } from "./conntrack-events.ts";
import { expectationLine } from "./expectations.ts";

/**
 * Writes which connections helpers begin and cease to expect, a line for each, as `conntrack -E expect` prints it
 * (conntrack-tools 1.4.7). The run needs `conntrackEvents`.
 */
export class ExpectationEvents implements OutputSink {
  readonly #write: (line: string) => void;
  readonly #timestamp: boolean;

  /** @param write takes a line, without its end. */
  constructor(write: (line: string) => void, { timestamp = false }: { readonly timestamp?: boolean } = {}) {
    this.#write = write;
    this.#timestamp = timestamp;
  }

  /** Writes the line of an event that happened to an expectation; others have none. */
  event({ kind, subject, data, timeNs }: TraceEvent): void {
    if (kind !== EventKind.Expectation) return;
    const type = subject === 1 ? "[NEW]" : "[DESTROY]";
    const line = `${type.padStart(TYPE_WIDTH)} ${expectationLine(new DataView(data.buffer, data.byteOffset), 0)}`;
    this.#write(this.#timestamp ? `[${timeWord(timeNs)}]\t${line}` : line);
  }
}
