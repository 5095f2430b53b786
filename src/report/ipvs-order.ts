import type { Address } from "../model/address.ts";
import type { IpvsService, IpvsServiceKey } from "../model/ipvs.ts";
import type { ListedService } from "./ipvs-list.ts";

/**
 * The order in which ipvsadm 1.31 lists services (libipvs.c: ipvs_cmp_services). Differences are taken as signed 32-bit
 * numbers, so that addresses more than half the address space apart compare the wrong way round.
 */
export function compareServices(a: IpvsServiceKey, b: IpvsServiceKey): number {
  const byMark = ((a.fwmark ?? 0) - (b.fwmark ?? 0)) | 0;
  if (byMark !== 0) return byMark;
  if (a.family !== b.family) return a.family - b.family;
  if (a.fwmark !== undefined || b.fwmark !== undefined) return 0;
  if (a.protocol !== b.protocol) return a.protocol - b.protocol;
  return compareAddresses(a.address, b.address) || a.port - b.port;
}

interface Endpoint {
  readonly address: Address;
  readonly port: number;
}

/** The same for servers (ipvs_cmp_dests). */
export function compareServers(a: Endpoint, b: Endpoint): number {
  return compareAddresses(a.address, b.address) || a.port - b.port;
}

function compareAddresses(a: Address, b: Address): number {
  for (let at = 0; at < a.length; at += 4) {
    const difference = (wordAt(a, at) - wordAt(b, at)) | 0;
    if (difference !== 0) return difference;
  }
  return 0;
}

function wordAt(address: Address, at: number): number {
  let word = 0;
  for (let i = at; i < at + 4; i++) word = ((word << 8) | (address[i] ?? 0)) >>> 0;
  return word;
}

/** glibc's qsort() before 2.37: a merge sort. Which one it is matters, because the orders above are not transitive. */
export function mergeSort<T>(items: readonly T[], compare: (a: T, b: T) => number): T[] {
  if (items.length < 2) return [...items];
  const middle = Math.floor(items.length / 2);
  const left = mergeSort(items.slice(0, middle), compare);
  const right = mergeSort(items.slice(middle), compare);
  const merged: T[] = [];
  let l = 0;
  let r = 0;
  while (l < left.length && r < right.length) {
    merged.push(compare(left[l]!, right[r]!) <= 0 ? left[l++]! : right[r++]!);
  }
  return [...merged, ...left.slice(l), ...right.slice(r)];
}

/** Services as ipvsadm sorts them, their servers too. */
export function sortedServices(services: readonly ListedService[]): ListedService[] {
  return mergeSort(services, (a, b) => compareServices(a.service.key, b.service.key)).map((listed) => ({
    ...listed,
    servers: mergeSort(listed.servers, compareServers),
  }));
}

/** Services in the order in which `ipvsadm -S` writes them, given in the order in which they were entered. */
export function inSavedOrder(services: readonly IpvsService[]): IpvsService[] {
  const newestFirst = [...services].reverse();
  return mergeSort(newestFirst, (a, b) => compareServices(a.key, b.key)).map((service) => ({
    ...service,
    servers: mergeSort([...service.servers].reverse(), compareServers),
  }));
}
