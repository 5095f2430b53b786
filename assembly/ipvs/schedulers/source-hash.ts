import { SVC_F_SCHED1, SVC_F_SCHED2 } from "../../abi/ipvs";
import { allocate, release } from "../../memory/allocate";
import { Packet } from "../../packet/packet";
import { IpvsHeader } from "../header";
import { IpvsServer } from "../server";
import { IpvsService } from "../service";
import { foldAddress, hash32, hashedPort, storeServer, usableEntry } from "./hash";

/** sh (net/netfilter/ipvs/ip_vs_sh.c): a table of 256 entries, shared out by weight; the client's address chooses. */
const TABLE_BITS: u32 = 8;
const TABLE_SIZE: u32 = 1 << TABLE_BITS;

const FALLBACK = SVC_F_SCHED1;
const PORT = SVC_F_SCHED2;

export function initSourceHash(service: IpvsService): void {
  service.schedulerState = allocate(TABLE_SIZE << 2);
  fillSourceHash(service);
}

export function doneSourceHash(service: IpvsService): void {
  for (let i: u32 = 0; i < TABLE_SIZE; i++) storeServer(sourceHashEntry(service, i), 0);
  release(service.schedulerState);
}

/** After each addition, removal and edit. Every server gets at least one entry a turn, even with weight 0. */
export function fillSourceHash(service: IpvsService): void {
  const head = service.head;
  let server = service.first;
  let taken: i32 = 0;
  for (let i: u32 = 0; i < TABLE_SIZE; i++) {
    if (service.first === head) {
      storeServer(sourceHashEntry(service, i), 0);
      continue;
    }
    if (server === head) server = head.next;
    storeServer(sourceHashEntry(service, i), changetype<usize>(server));
    if (++taken >= server.weight) {
      server = server.next;
      taken = 0;
    }
  }
}

export function pickSourceHash(service: IpvsService, packet: Packet, header: IpvsHeader): IpvsServer | null {
  const key = sourceHashIndex(service, packet, header);
  const first = usableEntry(sourceHashEntry(service, key));
  if (first !== null || !(service.flags & FALLBACK) || load<usize>(sourceHashEntry(service, key)) == 0) return first;
  for (let offset: u32 = 0; offset < TABLE_SIZE; offset++) {
    const place = sourceHashEntry(service, offset + key + key);
    if (load<usize>(place) == 0) return null;
    const server = usableEntry(place);
    if (server !== null) return server;
  }
  return null;
}

/** Where in the table a packet's client stands. */
export function sourceHashIndex(service: IpvsService, packet: Packet, header: IpvsHeader): u32 {
  const port = service.flags & PORT ? hashedPort(packet, header) : 0;
  return hash32(port + foldAddress(header.client, service.family), TABLE_BITS);
}

export function sourceHashEntry(service: IpvsService, index: u32): usize {
  return service.schedulerState + ((index & (TABLE_SIZE - 1)) << 2);
}
