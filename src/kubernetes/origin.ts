import { isNode, LineCounter, parseAllDocuments, type Document as YamlDocument } from "yaml";

/** A place in a file; without line where that would cost too much to find. */
export interface ObjectPlace {
  readonly file: string;
  /** From 1, as the column. */
  readonly line?: number;
  readonly column?: number;
}

/** JSON that is longer is not read once more only to say where in it something stands. */
const MAX_LOCATED_JSON = 4_000_000;

/** A file's text; where things stand in it is looked up when somebody asks. */
export class Source {
  readonly file: string;
  readonly #text: string;
  readonly #lines = new LineCounter();
  #documents: readonly YamlDocument[] | undefined;

  constructor(file: string, text: string) {
    this.file = file;
    this.#text = text;
  }

  /** The documents as YAML, which JSON is too. */
  documents(): readonly YamlDocument[] {
    this.#documents ??= parseAllDocuments(this.#text, { lineCounter: this.#lines });
    return this.#documents;
  }

  /** The place of a part of a document: of the deepest that is there. */
  place(document: number, path: readonly (string | number)[]): ObjectPlace {
    const { file } = this;
    if (!this.#documents && this.#text.length > MAX_LOCATED_JSON) return { file };
    const root = this.documents()[document];
    for (let depth = path.length; root && depth >= 0; depth--) {
      const node = depth === 0 ? root.contents : root.getIn(path.slice(0, depth), true);
      if (isNode(node) && node.range) return { file, ...this.#position(node.range[0]) };
    }
    return { file };
  }

  /** Line and column of an offset. */
  placeOf(offset: number): ObjectPlace {
    return { file: this.file, ...this.#position(offset) };
  }

  #position(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }
}

/** Where an object comes from. */
export class Origin {
  readonly #source: Source;
  readonly #document: number;
  readonly #path: readonly (string | number)[];

  /** @param document its number in the source, from 0. */
  constructor(source: Source, document: number, path: readonly (string | number)[] = []) {
    this.#source = source;
    this.#document = document;
    this.#path = path;
  }

  /** An entry below. */
  at(...path: readonly (string | number)[]): Origin {
    return new Origin(this.#source, this.#document, [...this.#path, ...path]);
  }

  /** The place of a field, as `spec.ports[0].port`; of what holds it, where it is not there. */
  place(field: string): ObjectPlace {
    const keys = field === "" ? [] : field.replace(/\[(\d+)\]/g, ".$1").split(".");
    const path = keys.map((key) => (/^\d+$/.test(key) ? Number(key) : key));
    return this.#source.place(this.#document, [...this.#path, ...path]);
  }
}
