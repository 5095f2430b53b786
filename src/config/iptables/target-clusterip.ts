import type { ClusteripTarget } from "../../model/target.ts";
import { type Given, hookLimits, type Options, option, optionTable, type TargetExtension } from "./extension.ts";
import { parseNumber } from "./values.ts";

/** -j CLUSTERIP: ipt_CLUSTERIP. */

const HASH_MODES = ["sourceip", "sourceip-sourceport", "sourceip-sourceport-destport"] as const;
const MAX_NODES = 16;

export const clusterip: TargetExtension = {
  name: "CLUSTERIP",
  family: 4,
  hooks: hookLimits("filter: IN FWD; nat: PRE IN; mangle: PRE IN FWD; raw: PRE; security: IN FWD"),
  options: optionTable("new:0 hashmode:1 clustermac:1 total-nodes:1 local-node:1 hash-init:1"),
  parse(options): ClusteripTarget {
    const [mode, mac, total, local] = ["hashmode", "clustermac", "total-nodes", "local-node"].map((name) =>
      options.get(name),
    );
    if (options.given.length === 0)
      options.reader.fail(undefined, "Invalid argument. Run `dmesg' for more information.");
    const hashMode = mode && parseHashMode(options, mode);
    const clusterMac = mac && parseMulticastMac(options, mac);
    if (!options.has("new") || !hashMode || !clusterMac || !total || !local) {
      return options.reader.fail(undefined, "CLUSTERIP target: Invalid parameter combination");
    }
    const seed = options.get("hash-init");
    return {
      kind: "CLUSTERIP",
      hashMode,
      mac: clusterMac,
      totalNodes: parseNumber(options, total, MAX_NODES, 1),
      localNode: parseNumber(options, local, MAX_NODES, 1),
      seed: seed ? parseNumber(options, seed, 0xffffffff) : 0,
    };
  },
  print(target) {
    const m = target as ClusteripTarget;
    const mac = [...m.mac].map((byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(":");
    return (
      ` --new${option("hashmode", m.hashMode)}${option("clustermac", mac)}${option("total-nodes", m.totalNodes)}` +
      option("local-node", m.localNode) +
      option("hash-init", m.seed)
    );
  },
};

function parseHashMode(options: Options, given: Given): ClusteripTarget["hashMode"] {
  const word = given.values[0]!;
  const mode = HASH_MODES.find((name) => name === word.text);
  return mode ?? options.reader.fail(word, `Unknown hashmode "${word.text}"`);
}

function parseMulticastMac(options: Options, given: Given): Uint8Array {
  const word = given.values[0]!;
  const bytes = word.text.split(":").map((part) => (/^[0-9a-f]{1,2}$/i.test(part) ? Number.parseInt(part, 16) : -1));
  if (bytes.length !== 6 || bytes.includes(-1)) options.reader.fail(word, `Bad mac address "${word.text}"`);
  if ((bytes[0]! & 1) === 0) options.reader.fail(word, "MAC has to be a multicast ethernet address");
  return Uint8Array.from(bytes);
}
