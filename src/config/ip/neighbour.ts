import type { Neighbour } from "../../model/node.ts";
import { type NeighbourColumns, neighboursOf } from "../../model/neighbour-columns.ts";
import { parseAddress, parseMac, readIpv4 } from "../address.ts";
import { type JsonObject, parseJsonArrays } from "./json.ts";

/** Parses `ip -j neigh`; entries without a link-layer address (FAILED, INCOMPLETE) say nothing and are left out. */
export function parseNeighbours(text: string, file: string): Neighbour[] {
  const printed = readNeighbours(text);
  if (printed) return neighboursOf(printed);
  return parseJsonArrays(text, file)
    .flat()
    .map(neighbourOf)
    .filter((one) => one !== undefined);
}

function neighbourOf(entry: JsonObject): Neighbour | undefined {
  const lladdr = entry.string("lladdr");
  const mac = lladdr === undefined ? undefined : parseMac(lladdr);
  if (!mac || entry.strings("state").some(isUnresolved)) return undefined;
  return {
    device: entry.required("dev", entry.string("dev")),
    address: entry.required("dst", entry.address("dst")),
    mac,
  };
}

function isUnresolved(state: string): boolean {
  return state === "FAILED" || state === "INCOMPLETE";
}

/** An entry as `ip` prints it, and the comma or the bracket behind it. */
const ENTRY =
  /\{"dst":"([0-9a-f.:]+)","dev":"([\w.-]+)"(?:,"lladdr":"([0-9a-f:]+)")?(?:,"[a-z_]+":null)*,"state":\["([A-Z]+)"\]\}([,\]])/y;

/** Shorter is no entry with a link-layer address. */
const SHORTEST_ENTRY = 60;

/**
 * Reads one array, just as `ip` prints it, without the objects of JSON.parse, which would cost more than all else. undefined for
 * anything else.
 */
export function readNeighbours(text: string): NeighbourColumns | undefined {
  if (text[0] !== "[") return undefined;
  const most = Math.floor(text.length / SHORTEST_ENTRY) + 1;
  const [deviceOf, families] = [new Uint32Array(most), new Uint8Array(most)];
  const [addresses, macs] = [new Uint8Array(16 * most), new Uint8Array(6 * most)];
  const devices: string[] = [];
  let count = 0;
  let lastText = "";
  let lastMac: Uint8Array | undefined;
  ENTRY.lastIndex = 1;
  while (true) {
    const found = ENTRY.exec(text);
    if (!found) return undefined;
    const [, dst = "", device = "", lladdr, state = "", next] = found;
    if (lladdr !== undefined && !isUnresolved(state)) {
      if (lladdr !== lastText) lastMac = parseMac(lladdr);
      lastText = lladdr;
      const family = readAddress(dst, addresses, 16 * count);
      if (lastMac?.length !== 6 || family === 0 || count === most) return undefined;
      macs.set(lastMac, 6 * count);
      families[count] = family;
      deviceOf[count++] = placeIn(devices, device);
    }
    if (next !== "]") continue;
    if (text.slice(ENTRY.lastIndex).trim() !== "") return undefined;
    return { count, devices, deviceOf, families, addresses, macs };
  }
}

/** @returns the family of the address that was written; 0 for none. */
function readAddress(text: string, bytes: Uint8Array, at: number): 0 | 4 | 6 {
  if (!text.includes(":")) return readIpv4(text, bytes, at) ? 4 : 0;
  const address = parseAddress(text);
  if (!address) return 0;
  bytes.set(address, at);
  return 6;
}

/** Mostly it is the device of the one before. */
function placeIn(devices: string[], device: string): number {
  const known = devices.indexOf(device);
  return known < 0 ? devices.push(device) - 1 : known;
}
