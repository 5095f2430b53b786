import { ObjectError } from "./error.ts";
import type { Origin } from "./origin.ts";

/** The fields of an object, read with a check of their types. A field that is null counts as absent, as in the API. */
export class Fields {
  /** The object that errors name. */
  readonly object: string;
  readonly #value: Readonly<Record<string, unknown>>;
  /** What holds it, or where the whole object comes from. */
  readonly #parent: Fields | Origin | undefined;
  /** Field of the parent, and the place in its list or -1: paths are put together only where one is asked for. */
  readonly #name: string;
  readonly #index: number;

  /** @throws ObjectError when `value` is no object. */
  constructor(value: unknown, object: string, parent?: Fields | Origin, name = "", index = -1) {
    this.object = object;
    this.#value = value as Readonly<Record<string, unknown>>;
    this.#parent = parent;
    this.#name = name;
    this.#index = index;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new ObjectError(object, this.path, "expected an object", this.origin?.place(this.path));
    }
  }

  /** Path inside the object, empty for the object itself. */
  get path(): string {
    if (!(this.#parent instanceof Fields)) return "";
    const own = this.#parent.pathOf(this.#name);
    return this.#index < 0 ? own : `${own}[${this.#index}]`;
  }

  /** Where the object comes from, if from a file. */
  get origin(): Origin | undefined {
    return this.#parent instanceof Fields ? this.#parent.origin : this.#parent;
  }

  /** Path of one of its fields. */
  pathOf(name: string): string {
    const { path } = this;
    return path && name ? `${path}.${name}` : path + name;
  }

  /** @param name a field of it; empty for all of it. */
  fail(name: string, detail: string): never {
    const field = this.pathOf(name);
    throw new ObjectError(this.object, field, detail, this.origin?.place(field));
  }

  string(name: string): string | undefined {
    return this.#typed(name, "string", "a string");
  }

  boolean(name: string): boolean | undefined {
    return this.#typed(name, "boolean", "true or false");
  }

  /** A whole number between two limits, both allowed. */
  integer(name: string, from: number, to: number): number | undefined {
    const number = this.#typed<number>(name, "number", "a number");
    if (number !== undefined && (!Number.isInteger(number) || number < from || number > to)) {
      this.fail(name, `expected a whole number from ${from} to ${to}, not ${number}`);
    }
    return number;
  }

  required<T>(name: string, value: T | undefined): T {
    return value ?? this.fail(name, "missing");
  }

  /** One of some words. */
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.string(name);
    if (text === undefined || text === "") return undefined;
    return choices.find((choice) => choice === text) ?? this.fail(name, `\`${text}' is none of ${choices.join(", ")}`);
  }

  /** Its fields, null ones included. */
  get names(): readonly string[] {
    return Object.keys(this.#value);
  }

  has(name: string): boolean {
    return this.#value[name] !== undefined && this.#value[name] !== null;
  }

  /** An object below; absent ones read as empty. */
  fields(name: string): Fields {
    return new Fields(this.#value[name] ?? {}, this.object, this, name);
  }

  list(name: string): readonly Fields[] {
    return this.#array(name).map((entry, i) => new Fields(entry, this.object, this, name, i));
  }

  strings(name: string): readonly string[] {
    return this.#array(name).map((entry, i) => {
      if (typeof entry === "string") return entry;
      return this.fail(`${name}[${i}]`, "expected a string");
    });
  }

  /** Names and values, as of labels. */
  entries(name: string): ReadonlyMap<string, unknown> {
    return new Map(Object.entries(this.fields(name).#value));
  }

  #array(name: string): readonly unknown[] {
    const value = this.#value[name] ?? [];
    return Array.isArray(value) ? value : this.fail(name, "expected a list");
  }

  #typed<T>(name: string, type: "string" | "boolean" | "number", words: string): T | undefined {
    const value = this.#value[name];
    if (value === undefined || value === null) return undefined;
    return typeof value === type ? (value as T) : this.fail(name, `expected ${words}`);
  }
}
