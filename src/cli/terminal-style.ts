import { type Style, TERMINAL, UNSTYLED } from "../index.ts";

/** Colours on a terminal only, and not where NO_COLOR (no-color.org) is set. */
export function terminalStyle(): Style {
  return process.stdout.isTTY && !process.env.NO_COLOR ? TERMINAL : UNSTYLED;
}
