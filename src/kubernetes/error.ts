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

  constructor(object: string, field: string, detail: string) {
    super(field ? `${object}: ${field}: ${detail}` : `${object}: ${detail}`);
    this.object = object;
    this.field = field;
    this.detail = detail;
  }
}

/** Something in an object that was noticed and does not stop the generation. */
export interface ObjectWarning {
  readonly object: string;
  readonly field: string;
  readonly message: string;
}

export function objectWarningText({ object, field, message }: ObjectWarning): string {
  return field ? `${object}: ${field}: ${message}` : `${object}: ${message}`;
}
