import type { Family } from "../../model/address.ts";
import type { NextHop, Route } from "../../model/node.ts";
import { type JsonObject, parseJsonArrays } from "./json.ts";
import { scopeNumber, tableNumber } from "./names.ts";

/** Parses `ip -j route show table all`, IPv4 and IPv6 in one array or behind each other. */
export function parseRoutes(text: string, file: string): Route[] {
  return parseJsonArrays(text, file).flatMap((array, i, arrays) =>
    array.map((entry) => routeOf(entry, arrays.length > 1 && i === 1 ? 6 : undefined)),
  );
}

export function routeOf(entry: JsonObject, family: Family | undefined): Route {
  const nextHops = nextHopsOf(entry);
  const destination = entry.prefix("dst");
  const source = entry.prefix("from");
  const prefSource = entry.address("prefsrc");
  const inet = destination ?? source;
  const found = inet?.address ?? prefSource ?? nextHops.find(({ gateway }) => gateway)?.gateway;
  // A default route over a device alone tells its family only by what IPv6 routes alone have.
  const guessed = found ? familyOf(found) : (family ?? (entry.has("pref") ? 6 : 4));
  const table = entry.string("table") ?? "main";
  const scope = entry.string("scope") ?? "global";
  return {
    family: inet ? familyOf(inet.address) : guessed,
    type: entry.string("type") ?? "unicast",
    table: tableNumber(table) ?? entry.fail(`unknown routing table \`${table}': give its number`),
    destination: destination?.address ?? new Uint8Array(guessed === 4 ? 4 : 16),
    prefixLength: destination?.prefixLength ?? 0,
    source: source?.address,
    sourcePrefixLength: source?.prefixLength,
    tos: entry.number("tos") ?? 0,
    metric: entry.number("metric") ?? 0,
    scope: scopeNumber(scope) ?? entry.fail(`unknown scope \`${scope}'`),
    prefSource,
    mtu: mtuOf(entry),
    encapsulation: encapsulationOf(entry),
    nextHops,
  };
}

function familyOf(address: Uint8Array): Family {
  return address.length === 4 ? 4 : 6;
}

function encapsulationOf(entry: JsonObject): string | undefined {
  return [entry, ...entry.objects("nexthops")].map((hop) => hop.string("encap")).find((encap) => encap !== undefined);
}

function mtuOf(entry: JsonObject): number | undefined {
  return entry.number("mtu") ?? entry.objects("metrics")[0]?.number("mtu");
}

function nextHopsOf(entry: JsonObject): NextHop[] {
  const several = entry.objects("nexthops");
  if (several.length) return several.map(nextHopOf);
  return entry.has("dev") || entry.has("gateway") || entry.has("via") ? [nextHopOf(entry)] : [];
}

function nextHopOf(entry: JsonObject): NextHop {
  const flags = entry.strings("flags");
  return {
    device: entry.string("dev"),
    gateway: entry.address("gateway") ?? entry.object("via")?.address("host"),
    weight: entry.number("weight") ?? 1,
    onlink: flags.includes("onlink"),
    flags: flags.length ? flags : undefined,
  };
}
