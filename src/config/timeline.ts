import type { SourcePosition } from "../model/address.ts";
import { ConfigError } from "./error.ts";

/** A command that runs on the node at a time of the capture. */
export interface TimedCommand {
  /** Seconds after the first packet. */
  readonly seconds: number;
  readonly command: string;
  readonly at: SourcePosition;
}

const LINE = /^\+?([0-9]+(?:\.[0-9]+)?)s?\s+(\S.*)$/;

/**
 * Parses a timeline: on each line the seconds after the first packet, and a command. Empty lines and lines that begin with
 * `#` say nothing; times may stand in any order.
 *
 * @throws ConfigError for a line of another form.
 * @example parseTimeline("2.5 ipvsadm -d -t 10.96.0.1:443 -r 10.0.0.5:8443", "timeline.txt")
 */
export function parseTimeline(text: string, file: string): TimedCommand[] {
  const commands: TimedCommand[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const at = { file, line: index + 1, column: 1 };
    const [, seconds, command] = LINE.exec(trimmed) ?? [];
    if (command === undefined) {
      throw new ConfigError("ERR_SYNTAX", at, `expected SECONDS COMMAND, not \`${trimmed}'`);
    }
    commands.push({ seconds: Number(seconds), command, at });
  }
  return commands.sort((a, b) => a.seconds - b.seconds);
}
