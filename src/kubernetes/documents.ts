import { parseAllDocuments } from "yaml";
import { ObjectError } from "./error.ts";
import { Fields } from "./fields.ts";

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
  return parseTexts(text, file).flatMap((value, i) => flatten(value, `${file}, document ${i + 1}`));
}

function parseTexts(text: string, file: string): unknown[] {
  if (/^\s*[[{]/.test(text)) {
    try {
      // Far faster than YAML, and kubectl writes large files so.
      return [JSON.parse(text)];
    } catch {
      // Flow-style YAML, or several JSON documents: the YAML reader says what is wrong, if anything is.
    }
  }
  return parseAllDocuments(text)
    .map((document) => {
      const error = document.errors[0];
      if (error) throw new ObjectError(file, "", error.message.split("\n")[0]!);
      return document.toJS({ maxAliasCount: 1000 }) as unknown;
    })
    .filter((value) => value !== null && value !== undefined);
}

function flatten(value: unknown, where: string): Document[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => flatten(item, `${where}, entry ${i + 1}`));
  const unnamed = new Fields(value, where);
  const kind = unnamed.required("kind", unnamed.string("kind"));
  const apiVersion = unnamed.required("apiVersion", unnamed.string("apiVersion"));
  if (unnamed.has("items") && kind.endsWith("List")) {
    const items = (value as { items: unknown }).items;
    if (!Array.isArray(items)) return unnamed.fail("items", "expected a list");
    const itemKind = kind.slice(0, -"List".length);
    return items.flatMap((item, i) => flatten(withKind(item, itemKind, apiVersion), `${where}, item ${i + 1}`));
  }
  return [{ kind, apiVersion, fields: new Fields(value, objectName(kind, unnamed)) }];
}

/** Items of a typed list (`ServiceList`) need not say what they are. */
function withKind(item: unknown, kind: string, apiVersion: string): unknown {
  if (kind === "" || typeof item !== "object" || item === null) return item;
  return { kind, apiVersion, ...item };
}

function objectName(kind: string, fields: Fields): string {
  const metadata = fields.fields("metadata");
  const [namespace, name] = [metadata.string("namespace"), metadata.string("name")];
  if (name === undefined) return `${kind} without a name (${fields.object})`;
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}
