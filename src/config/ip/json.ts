import { parseAddress } from "../address.ts";
import { ConfigError } from "../error.ts";

/** What `ip -j` prints: one array of objects, or several behind each other (one a family). */

export function parseJsonArrays(text: string, file: string): JsonObject[][] {
  return parseValues(text, file).map((value, number) => {
    if (!Array.isArray(value)) return fail(file, "expected an array, as `ip -j` prints it");
    // `ip -j` prints {} for entries that a filter removed.
    const objects = value.filter((item) => !isEmpty(item));
    return objects.map((item, i) => new JsonObject(item, file, `array ${number + 1}, entry ${i + 1}`));
  });
}

/** The values of a text: mostly one. */
function parseValues(text: string, file: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return Array.from(topLevelValues(text), ([start, end]) => parseJson(text.slice(start, end), file));
  }
}

export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return fail(file, `not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function isEmpty(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  for (const _ in value) return false;
  return true;
}

/** Where the values of a text begin and end: brackets are counted, strings skipped. Anything else runs to the end. */
function* topLevelValues(text: string): Generator<[start: number, end: number]> {
  let depth = 0;
  let start = -1;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (depth === 0) {
      if (c.trim() === "") continue;
      start = i;
      if (c !== "[" && c !== "{") break;
    }
    if (c === '"') i = endOfString(text, i);
    else if (c === "[" || c === "{") depth++;
    else if (c === "]" || c === "}") depth--;
    if (depth > 0) continue;
    yield [start, i + 1];
    start = -1;
  }
  if (start >= 0) yield [start, text.length];
}

function endOfString(text: string, from: number): number {
  for (let i = from + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === '"') return i;
  }
  return text.length;
}

function fail(file: string, detail: string): never {
  throw new ConfigError("ERR_SYNTAX", { file, line: 1, column: 1 }, detail);
}

/** One object of the output, read field by field with a complaint that names field and entry. */
export class JsonObject {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #file: string;
  readonly #where: string;
  readonly #line: number;

  /** @param where names the object in complaints. */
  constructor(value: unknown, file: string, where: string, line = 1) {
    this.#file = file;
    this.#where = where;
    this.#line = line;
    if (typeof value !== "object" || value === null || Array.isArray(value)) this.fail("expected an object");
    this.#fields = value as Record<string, unknown>;
  }

  fail(detail: string): never {
    throw new ConfigError("ERR_VALUE", { file: this.#file, line: this.#line, column: 1 }, `${this.#where}: ${detail}`);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#fields, name);
  }

  /** Names of its fields. */
  names(): string[] {
    return Object.keys(this.#fields);
  }

  string(name: string): string | undefined {
    const value = this.#field(name);
    if (value === undefined || value === null) return undefined;
    if (typeof value === "number") return String(value);
    return typeof value === "string" ? value : this.fail(`\`${name}' must be a string`);
  }

  /** A number, or a string that holds one (0x too). */
  number(name: string): number | undefined {
    const value = this.#field(name);
    if (value === undefined || value === null) return undefined;
    const number = typeof value === "string" && value !== "" ? Number(value) : value;
    if (typeof number === "number" && Number.isInteger(number) && number >= 0 && number <= 0xffffffff) return number;
    return this.fail(`\`${name}' must be a whole number, not ${JSON.stringify(value)}`);
  }

  required<T>(name: string, value: T | undefined): T {
    return value ?? this.fail(`\`${name}' is missing`);
  }

  flag(name: string): boolean {
    return this.#field(name) === true;
  }

  strings(name: string): string[] {
    const value = this.#field(name);
    return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
  }

  objects(name: string): JsonObject[] {
    const value = this.#field(name);
    if (!Array.isArray(value)) return [];
    return value
      .filter((item) => !isEmpty(item))
      .map((item) => new JsonObject(item, this.#file, `${this.#where}, ${name}`, this.#line));
  }

  object(name: string): JsonObject | undefined {
    const value = this.#field(name);
    if (typeof value !== "object" || value === null) return undefined;
    return new JsonObject(value, this.#file, `${this.#where}, ${name}`, this.#line);
  }

  address(name: string): Uint8Array | undefined {
    const text = this.string(name);
    if (text === undefined) return undefined;
    return parseAddress(text) ?? this.fail(`\`${name}' must be an address, not \`${text}'`);
  }

  /** `A` or `A/len`; `default` and `all` are undefined. */
  prefix(name: string): { address: Uint8Array; prefixLength: number } | undefined {
    const text = this.string(name);
    if (text === undefined || text === "default" || text === "all" || text === "any") return undefined;
    const [host = "", length] = text.split("/");
    const address = parseAddress(host);
    const prefixLength = length === undefined ? (address?.length ?? 0) * 8 : Number(length);
    if (!address || !Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > address.length * 8) {
      return this.fail(`\`${name}' must be a prefix, not \`${text}'`);
    }
    return { address, prefixLength };
  }

  #field(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
  }
}
