import { allocate, release } from "../../memory/allocate";
import { IpvsHeader } from "../header";
import { IpvsServer } from "../server";
import { IpvsService } from "../service";
import { foldAddress, hash32, storeServer, usableEntry } from "./hash";

/** dh (net/netfilter/ipvs/ip_vs_dh.c): 256 entries, servers in turn, weights ignored; the destination address chooses. */
const TABLE_BITS: u32 = 8;
const TABLE_SIZE: u32 = 1 << TABLE_BITS;

export function initDestinationHash(service: IpvsService): void {
  service.schedulerState = allocate(TABLE_SIZE << 2);
  fillDestinationHash(service);
}

export function doneDestinationHash(service: IpvsService): void {
  for (let i: u32 = 0; i < TABLE_SIZE; i++) storeServer(service.schedulerState + (i << 2), 0);
  release(service.schedulerState);
}

/** After each addition and removal. */
export function fillDestinationHash(service: IpvsService): void {
  const head = service.head;
  let server = service.first;
  for (let i: u32 = 0; i < TABLE_SIZE; i++) {
    if (server === head) server = head.next;
    storeServer(service.schedulerState + (i << 2), server === head ? 0 : changetype<usize>(server));
    server = server.next;
  }
}

export function pickDestinationHash(service: IpvsService, header: IpvsHeader): IpvsServer | null {
  return usableEntry(destinationHashEntry(service, destinationHashIndex(service, header)));
}

/** Where in the table a packet's destination stands. */
export function destinationHashIndex(service: IpvsService, header: IpvsHeader): u32 {
  return hash32(foldAddress(header.destination, service.family), TABLE_BITS);
}

export function destinationHashEntry(service: IpvsService, index: u32): usize {
  return service.schedulerState + (index << 2);
}
