/** How words are set off; on a terminal by colours, elsewhere not at all. */
export interface Style {
  /** Headings. */
  readonly strong: (text: string) => string;
  /** Particulars. */
  readonly quiet: (text: string) => string;
  /** What went wrong. */
  readonly bad: (text: string) => string;
  /** Warnings. */
  readonly odd: (text: string) => string;
}

const asIs = (text: string) => text;

/** Words as they are, for files and pipes. */
export const UNSTYLED: Style = { strong: asIs, quiet: asIs, bad: asIs, odd: asIs };

/** ECMA-48 sequences: bold, faint, red, yellow. */
export const TERMINAL: Style = {
  strong: (text) => `\x1b[1m${text}\x1b[22m`,
  quiet: (text) => `\x1b[2m${text}\x1b[22m`,
  bad: (text) => `\x1b[31m${text}\x1b[39m`,
  odd: (text) => `\x1b[33m${text}\x1b[39m`,
};
