import { ObjectError } from "./error.ts";
import { Fields } from "./fields.ts";
import { Origin, Source } from "./origin.ts";

/** One object of a file, not yet looked into. */
export interface Document {
  readonly kind: string;
  readonly apiVersion: string;
  readonly fields: Fields;
}

/**
 * The objects of a text: JSON or YAML, one or several documents, Lists taken apart.
 *
 * @param file name that errors give.
 * @throws ObjectError when it cannot be read, or holds something that is no object.
 */
export function parseDocuments(text: string, file: string): Document[] {
  const source = new Source(file, text);
  return parseTexts(text, source).flatMap((value, i) => {
    if (value === null || value === undefined) return [];
    return flatten(value, `document ${i + 1}`, new Origin(source, i));
  });
}

function parseTexts(text: string, source: Source): unknown[] {
  if (/^\s*[[{]/.test(text)) {
    try {
      // Far faster than YAML, and kubectl writes large files so.
      return [JSON.parse(text)];
    } catch {
      // Flow-style YAML, or several JSON documents: the YAML reader says what is wrong, if anything is.
    }
  }
  return source.documents().map((document) => {
    const error = document.errors[0];
    if (error) {
      const detail = error.message.split("\n")[0]!.replace(/ at line \d+, column \d+:?$/, "");
      throw new ObjectError("YAML", "", detail, source.placeOf(error.pos[0]));
    }
    return document.toJS({ maxAliasCount: 1000 }) as unknown;
  });
}

function flatten(value: unknown, where: string, origin: Origin): Document[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => flatten(item, `${where}, entry ${i + 1}`, origin.at(i)));
  const unnamed = new Fields(value, where, origin);
  const kind = unnamed.required("kind", unnamed.string("kind"));
  const apiVersion = unnamed.required("apiVersion", unnamed.string("apiVersion"));
  if (unnamed.has("items") && kind.endsWith("List")) {
    const items = (value as { items: unknown }).items;
    if (!Array.isArray(items)) return unnamed.fail("items", "expected a list");
    const itemKind = kind.slice(0, -"List".length);
    return items.flatMap((item, i) =>
      flatten(withKind(item, itemKind, apiVersion), `${where}, item ${i + 1}`, origin.at("items", i)),
    );
  }
  return [{ kind, apiVersion, fields: new Fields(value, objectName(kind, unnamed), origin) }];
}

/** Items of a typed list (`ServiceList`) need not say what they are. */
function withKind(item: unknown, kind: string, apiVersion: string): unknown {
  if (kind === "" || typeof item !== "object" || item === null) return item;
  return { kind, apiVersion, ...item };
}

function objectName(kind: string, fields: Fields): string {
  // A configuration is no object of the API.
  if (kind.endsWith("Configuration")) return kind;
  const metadata = fields.fields("metadata");
  const [namespace, name] = [metadata.string("namespace"), metadata.string("name")];
  if (name === undefined) return `${kind} without a name (${fields.object})`;
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}
