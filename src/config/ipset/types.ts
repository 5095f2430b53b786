import type { SetTypeName } from "../../model/ipset.ts";

/** What one dimension of an element holds. */
export type Dimension = "ip" | "net" | "port" | "mac" | "iface" | "mark" | "set";

const TYPES: Readonly<Record<SetTypeName, true>> = {
  "bitmap:ip": true,
  "bitmap:ip,mac": true,
  "bitmap:port": true,
  "hash:ip": true,
  "hash:mac": true,
  "hash:ip,mac": true,
  "hash:ip,mark": true,
  "hash:ip,port": true,
  "hash:ip,port,ip": true,
  "hash:ip,port,net": true,
  "hash:net": true,
  "hash:net,net": true,
  "hash:net,port": true,
  "hash:net,port,net": true,
  "hash:net,iface": true,
  "list:set": true,
};

/** Names that older versions of ipset gave to the types. */
const ALIASES: Readonly<Record<string, SetTypeName>> = {
  iphash: "hash:ip",
  nethash: "hash:net",
  ipmap: "bitmap:ip",
  macipmap: "bitmap:ip,mac",
  portmap: "bitmap:port",
  ipporthash: "hash:ip,port",
  ipportiphash: "hash:ip,port,ip",
  ipportnethash: "hash:ip,port,net",
  netporthash: "hash:net,port",
  netifacehash: "hash:net,iface",
  setlist: "list:set",
};

export const SET_TYPES = Object.keys(TYPES) as readonly SetTypeName[];

export function findSetType(name: string): SetTypeName | undefined {
  if (Object.hasOwn(TYPES, name)) return name as SetTypeName;
  return Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined;
}

export function dimensionsOf(type: SetTypeName): readonly Dimension[] {
  return type.slice(type.indexOf(":") + 1).split(",") as Dimension[];
}

/** bitmap:port, hash:mac and list:set hold nothing that belongs to one family. */
export function hasFamily(type: SetTypeName): boolean {
  return type.startsWith("hash:") && type !== "hash:mac";
}
