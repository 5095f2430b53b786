import type { RepliesMode } from "../index.ts";

const REPLIES: readonly RepliesMode[] = ["capture", "retarget", "none"];

/** What the page's address says: `#example=broken-firewall&packet=4&view=tables&filter=fate+dropped`. */
export interface PageAddress {
  readonly example?: string;
  readonly packet?: number;
  readonly view?: string;
  readonly filter?: string;
  readonly replies?: RepliesMode;
}

export function readAddress(hash: string): PageAddress {
  const values = new URLSearchParams(hash.replace(/^#/, ""));
  const packet = Number(values.get("packet"));
  return {
    example: values.get("example") ?? undefined,
    packet: Number.isInteger(packet) && packet > 0 ? packet : undefined,
    view: values.get("view") ?? undefined,
    filter: values.get("filter") ?? undefined,
    replies: REPLIES.find((mode) => mode === values.get("replies")),
  };
}

export function writeAddress(address: PageAddress): string {
  const values = Object.entries(address).filter(([, value]) => value !== undefined && value !== "");
  return values.length === 0 ? "" : `#${new URLSearchParams(values.map(([name, value]) => [name, String(value)]))}`;
}
