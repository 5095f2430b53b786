import type { FdbEntry } from "../../model/node.ts";
import { parseMac } from "../address.ts";
import { parseJsonArrays } from "./json.ts";

/**
 * Parses `bridge -j fdb show`. Entries that are no bridge's (`self`), and a port's own address (`permanent`), which the node
 * has anyway, are left out.
 */
export function parseFdb(text: string, file: string): FdbEntry[] {
  const entries: FdbEntry[] = [];
  for (const entry of parseJsonArrays(text, file).flat()) {
    const bridge = entry.string("master");
    const state = entry.string("state");
    const mac = parseMac(entry.required("mac", entry.string("mac")));
    if (bridge === undefined || state === "permanent" || !mac || entry.has("vlan")) continue;
    entries.push({
      mac,
      bridge,
      port: entry.required("ifname", entry.string("ifname")),
      isStatic: state === "static",
      isSticky: entry.strings("flags").includes("sticky"),
    });
  }
  return entries;
}
