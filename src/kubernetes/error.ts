import type { ObjectPlace } from "./origin.ts";

/** A Kubernetes object, or kube-proxy's configuration, that cannot be used. */
export class ObjectError extends Error {
  override readonly name = "ObjectError";
  readonly code = "ERR_OBJECT";
  /** Kind, namespace and name: `Service shop/cart`. */
  readonly object: string;
  /** Path of the field: `spec.ports[0].port`; empty when it is the whole object. */
  readonly field: string;
  /** What is wrong, without the place. */
  readonly detail: string;
  /** File, and line and column where they are known. */
  readonly at?: ObjectPlace;

  constructor(object: string, field: string, detail: string, at?: ObjectPlace) {
    super(objectMessage({ object, field, message: detail, at }));
    this.object = object;
    this.field = field;
    this.detail = detail;
    this.at = at;
  }
}

/** Something in an object that was noticed and does not stop the generation. */
export interface ObjectWarning {
  readonly object: string;
  readonly field: string;
  readonly message: string;
  readonly at?: ObjectPlace;
}

/** `FILE:LINE:COLUMN: OBJECT: FIELD: MESSAGE`, as far as they are known. */
export function objectMessage({ object, field, message, at }: ObjectWarning): string {
  const place = at && [at.file, at.line, at.column].filter((part) => part !== undefined).join(":");
  return [place, object, field, message].filter((part) => part).join(": ");
}
