import type { GroupDatabase, GroupMember } from "../../model/node.ts";
import { parseAddress, parseMac } from "../address.ts";
import { type JsonObject, parseJsonArrays } from "./json.ts";

/** Parses `bridge -d -s -j mdb`. Entries of VLANs, and of single sources, which only bridges look at that keep lists of them, are left out. */
export function parseMdb(text: string, file: string): GroupDatabase {
  const listings = parseJsonArrays(text, file).flat();
  return {
    members: listings.flatMap((listing) => listing.objects("mdb").flatMap(memberOf)),
    routers: listings.flatMap((listing) => routersOf(listing.object("router"))),
  };
}

function memberOf(entry: JsonObject): GroupMember[] {
  if (entry.has("src") || entry.has("vid")) return [];
  const text = entry.required("grp", entry.string("grp"));
  const isPermanent = entry.string("state") === "permanent";
  return [
    {
      bridge: entry.required("dev", entry.string("dev")),
      port: entry.required("port", entry.string("port")),
      group: parseMac(text) ?? parseAddress(text) ?? entry.fail(`\`grp' must be an address, not \`${text}'`),
      ...(!isPermanent && { time: timeOf(entry) }),
    },
  ];
}

/** Ports that always are a router's say so in addr.json. */
function routersOf(bridges: JsonObject | undefined): GroupDatabase["routers"][number][] {
  return (bridges?.names() ?? []).flatMap((bridge) =>
    bridges!
      .objects(bridge)
      .filter((router) => router.string("type")?.startsWith("temp"))
      .map((router) => ({ bridge, port: router.required("port", router.string("port")), time: timeOf(router) })),
  );
}

/** Hundredths of a second; who listed without times learns nothing better than the usual membership interval. */
function timeOf(entry: JsonObject): number {
  const text = entry.string("timer");
  return text === undefined ? 26_000 : Math.round(Number(text) * 100);
}
