/** Names that iproute2 prints for numbers (/etc/iproute2). */

const TABLES = new Map([
  ["local", 255],
  ["main", 254],
  ["default", 253],
  ["unspec", 0],
]);

const SCOPES = new Map([
  ["global", 0],
  ["universe", 0],
  ["site", 200],
  ["link", 253],
  ["host", 254],
  ["nowhere", 255],
]);

/** A table by name or number; undefined when it is neither: then /etc/iproute2/rt_tables of the node named it. */
export function tableNumber(text: string): number | undefined {
  return TABLES.get(text) ?? numberOf(text);
}

export function scopeNumber(text: string): number | undefined {
  return SCOPES.get(text) ?? numberOf(text);
}

function numberOf(text: string): number | undefined {
  return /^(0x[0-9a-f]+|[0-9]+)$/i.test(text) ? Number(text) : undefined;
}
