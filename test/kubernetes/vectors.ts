import { parseAddress } from "../../src/config/address.ts";
import { printMember } from "../../src/config/ipset/save.ts";
import { parseNetwork } from "../../src/kubernetes/addresses.ts";
import { oneOf } from "../../src/kubernetes/iptables-service.ts";
import { KubeSets } from "../../src/kubernetes/ipvs-sets.ts";
import { endpointChain, nftablesBase, serviceHash, setName } from "../../src/kubernetes/names.ts";
import type { SetMember, SetTypeName } from "../../src/model/ipset.ts";

/** Names and numbers of kube-proxy, one by one. */
export interface Vectors {
  readonly iptablesChainSuffix: readonly {
    readonly servicePortName: string;
    readonly protocol: string;
    readonly endpoint?: string;
    readonly suffix: string;
  }[];
  readonly nftablesChainBase: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly protocol: string;
    readonly port: string;
    readonly endpoint?: string;
    readonly base: string;
  }[];
  readonly statisticProbability: readonly {
    readonly endpointsLeft: number;
    readonly savedText: string;
  }[];
  readonly ipsetNames: readonly { readonly ipv4: string; readonly ipv6: string; readonly type: string }[];
  readonly ipsetEntries: readonly {
    readonly type: SetTypeName;
    readonly ip?: string;
    readonly proto?: "tcp" | "udp" | "sctp";
    readonly port?: number;
    readonly net?: string;
    readonly text: string;
  }[];
}

/** Every vector with what is made of it, where that is something else. */
export function checkVectors(vectors: Vectors): { readonly total: number; readonly problems: readonly string[] } {
  const types = new Map(new KubeSets(4).build().map(({ name, type }) => [name, type as string]));
  const checks = [
    ...vectors.iptablesChainSuffix.map(({ servicePortName, protocol, endpoint, suffix }) => [
      endpoint ? endpointChain(servicePortName, protocol, endpoint) : serviceHash(servicePortName, protocol),
      endpoint ? `KUBE-SEP-${suffix}` : suffix,
    ]),
    ...vectors.nftablesChainBase.map((of) => [
      nftablesBase({ ...of, portName: of.port, endpoint: endpointOf(of.endpoint) }),
      of.base,
    ]),
    ...vectors.statisticProbability.map(({ endpointsLeft, savedText }) => [
      oneOf(endpointsLeft).matches,
      ` -m statistic --mode random --probability ${savedText}`,
    ]),
    ...vectors.ipsetNames.map(({ ipv4, ipv6, type }) => [`${setName(ipv4, 6)} ${types.get(ipv4)}`, `${ipv6} ${type}`]),
    ...vectors.ipsetEntries.map((entry) => [printMember(memberOf(entry), "x", entry.type), `add x ${entry.text}`]),
  ];
  const problems = checks.flatMap(([made, wanted]) => (made === wanted ? [] : [`${made} instead of ${wanted}`]));
  return { total: checks.length, problems };
}

function endpointOf(text: string | undefined): { address: string; port: number } | undefined {
  if (text === undefined) return undefined;
  const colon = text.lastIndexOf(":");
  return { address: text.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(text.slice(colon + 1)) };
}

const PROTOCOLS = { tcp: 6, udp: 17, sctp: 132 } as const;

function memberOf({ ip, proto, port, net }: Vectors["ipsetEntries"][number]): SetMember {
  const network = net === undefined ? undefined : parseNetwork(net)!;
  return {
    ...(ip === undefined ? {} : { address: parseAddress(ip)!, prefix: 32 }),
    ...(proto === undefined ? {} : { protocol: PROTOCOLS[proto] }),
    port,
    ...(network === undefined ? {} : { address2: network.prefix.address, prefix2: network.prefixLength }),
  };
}
