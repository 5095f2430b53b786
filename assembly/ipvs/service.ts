import { SVC_F_PERSISTENT } from "../abi/ipvs";
import { PROTO_TCP } from "../abi/protocol";
import { forgetFlows } from "../iptables/flow-memory";
import { allocate, release } from "../memory/allocate";
import { Pool } from "../memory/pool";
import { copyAddress } from "../packet/bytes";
import { config } from "../packet/config";
import { countLookup } from "./lookups";
import { IpvsServer } from "./server";
import { IpvsStats, newStats } from "./statistics";

/** A virtual service (struct ip_vs_service). Its first two fields make it the head of the ring of its servers. */
@unmanaged
export class IpvsService {
  /** Head of the ring: the server added last. */
  first: IpvsServer;
  last: IpvsServer;
  address0: u64;
  address1: u64;
  fwmark: u32;
  /** Host order. */
  port: u16;
  family: u8;
  protocol: u8;
  /** `SVC_F_*` bits. */
  flags: u32;
  /** A `Scheduler`. */
  scheduler: u32;
  /** The scheduler's own record, 0 for none. */
  schedulerState: usize;
  /** Its `Tournament`, 0 for none. */
  tournament: usize;
  /** Persistence timeout in ticks. */
  timeout: u64;
  /** IPv4: mask as in packets; IPv6: prefix length. */
  netmask: u32;
  serverCount: u32;
  /** Number over all services that ever were, from 1. */
  number: u32;
  /** Does a persistence engine (sip) tell calls apart? */
  engine: bool;
  /** Not deleted. */
  hashed: bool;
  stats: IpvsStats;
  /** Next in its bucket. */
  next: usize;
  /** Neighbours in the list of all services, newest first. */
  listNext: usize;
  listPrevious: usize;

  get addressField(): usize {
    return changetype<usize>(this) + offsetof<IpvsService>("address0");
  }

  /** The ring's head, as a server's link. */
  get head(): IpvsServer {
    return changetype<IpvsServer>(changetype<usize>(this));
  }

  get isPersistent(): bool {
    return (this.flags & SVC_F_PERSISTENT) != 0;
  }
}

export const FTP_PORT: u32 = 21;
export const FTP_DATA_PORT: u32 = 20;

const services = Pool.create(offsetof<IpvsService>());
let lastNumber: u32 = 0;

/** Services by (protocol, address, port), and by firewall mark. Hosts with many services get longer tables. */
let buckets: usize = allocate(256 * sizeof<usize>());
let bucketMask: u32 = 255;
let hashedCount: u32 = 0;
let newest: usize = 0;

let count4: u32 = 0;
let count6: u32 = 0;
/** Services on port 21, and on port 0 (which includes those of firewall marks). */
let ftpCount: u32 = 0;
let portZeroCount: u32 = 0;

export function newService(family: u32): IpvsService {
  const service = changetype<IpvsService>(services.take());
  service.family = <u8>family;
  service.number = ++lastNumber;
  service.stats = newStats();
  service.first = service.head;
  service.last = service.head;
  return service;
}

/** Services with a persistence engine: their servers may begin connections themselves. */
export let engineCount: u32 = 0;

export function countEngine(added: bool): void {
  engineCount += added ? 1 : -1;
}

/** Services of a family: its hooks exist only while there are some. */
export function serviceCount(family: u32): u32 {
  return family == 4 ? count4 : count6;
}

/** The newest service; the others follow through `listNext`. */
export function newestService(): usize {
  return newest;
}

export function hashService(service: IpvsService): void {
  if (hashedCount > bucketMask) growBuckets();
  const slot = slotOf(service);
  service.next = load<usize>(slot);
  store<usize>(slot, changetype<usize>(service));
  service.listNext = newest;
  if (newest != 0) changetype<IpvsService>(newest).listPrevious = changetype<usize>(service);
  newest = changetype<usize>(service);
  service.hashed = true;
  adjustCounts(service, 1);
}

export function unhashService(service: IpvsService): void {
  let slot = slotOf(service);
  while (load<usize>(slot) != changetype<usize>(service)) {
    slot = load<usize>(slot) + offsetof<IpvsService>("next");
  }
  store<usize>(slot, service.next);
  if (service.listPrevious != 0) changetype<IpvsService>(service.listPrevious).listNext = service.listNext;
  else newest = service.listNext;
  if (service.listNext != 0) changetype<IpvsService>(service.listNext).listPrevious = service.listPrevious;
  service.hashed = false;
  adjustCounts(service, -1);
}

function adjustCounts(service: IpvsService, by: i32): void {
  // Hooks come and go, so the ways of packets are others now.
  forgetFlows();
  hashedCount += by;
  if (service.family == 4) count4 += by;
  else count6 += by;
  if (service.port == FTP_PORT) ftpCount += by;
  else if (service.port == 0) portZeroCount += by;
}

/**
 * The service for a packet (ip_vs_service_find): by mark, by port, then a service on port 21 that may own data ports, then
 * one on port 0.
 *
 * @param address as in packets.
 */
export function findService(family: u32, mark: u32, protocol: u32, address: usize, port: u32): IpvsService | null {
  if (mark != 0) {
    const marked = findByMark(family, mark);
    if (marked !== null) return marked;
  }
  copyAddress(wanted, address, family);
  let found = findExact(family, protocol, wanted, port);
  if (found === null && protocol == PROTO_TCP && ftpCount != 0) {
    const mayBeData = port == FTP_DATA_PORT || port >= config.ipUnprivilegedPortStart;
    if (mayBeData) found = findExact(family, protocol, wanted, FTP_PORT);
  }
  if (found === null && portZeroCount != 0) found = findExact(family, protocol, wanted, 0);
  return found;
}

const wanted = allocate(16);

/** @param address a 16-byte field. */
export function findExact(family: u32, protocol: u32, address: usize, port: u32): IpvsService | null {
  const address0 = load<u64>(address);
  const address1 = load<u64>(address, 8);
  countLookup();
  let at = load<usize>(slotAt(hashKey(address0, address1, (protocol << 16) | port)));
  while (at != 0) {
    const service = changetype<IpvsService>(at);
    if (
      service.port == port &&
      service.address0 == address0 &&
      service.address1 == address1 &&
      service.protocol == protocol &&
      service.family == family &&
      service.fwmark == 0
    ) {
      return service;
    }
    at = service.next;
  }
  return null;
}

export function findByMark(family: u32, mark: u32): IpvsService | null {
  countLookup();
  let at = load<usize>(slotAt(hashKey(mark, 0, MARK_KEY)));
  while (at != 0) {
    const service = changetype<IpvsService>(at);
    if (service.fwmark == mark && service.family == family) return service;
    at = service.next;
  }
  return null;
}

const MARK_KEY: u32 = 0xffffffff;

function slotOf(service: IpvsService): usize {
  if (service.fwmark != 0) return slotAt(hashKey(service.fwmark, 0, MARK_KEY));
  return slotAt(hashKey(service.address0, service.address1, ((<u32>service.protocol) << 16) | service.port));
}

function slotAt(hash: u32): usize {
  return buckets + ((hash & bucketMask) << 2);
}

function hashKey(address0: u64, address1: u64, key: u32): u32 {
  let hash = (address0 ^ rotl<u64>(address1, 29)) * 0x9e3779b97f4a7c15;
  hash = (hash ^ (hash >> 32) ^ key) * 0xd6e8feb86659fd93;
  return <u32>(hash >> 32);
}

/** Doubles the table; entries of one bucket keep their order. */
function growBuckets(): void {
  const old = buckets;
  const oldCount = bucketMask + 1;
  bucketMask = bucketMask * 2 + 1;
  buckets = allocate((<usize>bucketMask + 1) * sizeof<usize>());
  for (let i: u32 = 0; i < oldCount; i++) {
    let at = load<usize>(old + (i << 2));
    while (at != 0) {
      const service = changetype<IpvsService>(at);
      at = service.next;
      appendTo(slotOf(service), service);
    }
  }
  release(old);
}

function appendTo(slot: usize, service: IpvsService): void {
  while (load<usize>(slot) != 0) slot = load<usize>(slot) + offsetof<IpvsService>("next");
  store<usize>(slot, changetype<usize>(service));
  service.next = 0;
}
