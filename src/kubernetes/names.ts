import { sha256Base32 } from "./sha256.ts";

/** Names of chains that kube-proxy makes from what they stand for (pkg/proxy/iptables/proxier.go, portProtoHash). */

const HASH_DIGITS = 16;

/** What all chains of a service port end with: its hash. */
export function serviceHash(servicePort: string, protocol: string): string {
  return sha256Base32(servicePort + protocol.toLowerCase(), HASH_DIGITS);
}

/** `KUBE-SEP-...` of an endpoint (`ip:port`, `[ip]:port`) of a service port. */
export function endpointChain(servicePort: string, protocol: string, endpoint: string): string {
  return `KUBE-SEP-${sha256Base32(servicePort + protocol.toLowerCase() + endpoint, HASH_DIGITS)}`;
}

const NFT_HASH_DIGITS = 8;
/** nft's limit is 255; room is left for the longest prefix. */
const NFT_MAX_LENGTH = 240;

/** What all nftables chains of a service port, or of one of its endpoints, end with. */
export function nftablesBase(of: {
  readonly namespace: string;
  readonly name: string;
  readonly protocol: string;
  readonly portName: string;
  readonly endpoint?: { readonly address: string; readonly port: number };
}): string {
  const service = `${of.namespace}/${of.name}/${of.protocol.toLowerCase()}/${of.portName}`;
  const endpoint = of.endpoint && `__${of.endpoint.address.replaceAll(":", ".")}/${of.endpoint.port}`;
  const text = service + (endpoint ?? "");
  const name = `${sha256Base32(text, NFT_HASH_DIGITS)}-${text}`;
  return name.length > NFT_MAX_LENGTH ? `${name.slice(0, NFT_MAX_LENGTH - 3)}...` : name;
}

/** Longest name that ipset takes. */
const SET_NAME_LENGTH = 31;

/** A set's name in a family: IPv6 sets have their own, cut to what ipset takes. */
export function setName(name: string, family: 4 | 6): string {
  return family === 4 ? name : name.replace("KUBE-", "KUBE-6-").slice(0, SET_NAME_LENGTH);
}
