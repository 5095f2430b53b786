import type { Neighbour } from "../../model/node.ts";
import { parseMac } from "../address.ts";
import { parseJsonArrays } from "./json.ts";

/** Parses `ip -j neigh`; entries without a link-layer address (FAILED, INCOMPLETE) say nothing and are left out. */
export function parseNeighbours(text: string, file: string): Neighbour[] {
  const neighbours: Neighbour[] = [];
  for (const entry of parseJsonArrays(text, file).flat()) {
    const lladdr = entry.string("lladdr");
    const mac = lladdr === undefined ? undefined : parseMac(lladdr);
    if (!mac || entry.strings("state").some((state) => state === "FAILED" || state === "INCOMPLETE")) continue;
    neighbours.push({
      device: entry.required("dev", entry.string("dev")),
      address: entry.required("dst", entry.address("dst")),
      mac,
    });
  }
  return neighbours;
}
