import { CONN_F_NO_CPORT, CONN_F_TEMPLATE, ForwardMethod } from "../abi/ipvs";
import { giveShortcut, Shortcut } from "../iptables/shortcut";
import { allocate, release } from "../memory/allocate";
import { Pool } from "../memory/pool";
import { IpvsConnection } from "./connection";
import { countLookup } from "./lookups";

/**
 * Connections by (protocol, client address, client port), newest first in a bucket (net/netfilter/ipvs/ip_vs_conn.c).
 * The kernel's table has 4096 buckets and a random seed; ours grows, and the order of a listing is arbitrary in both.
 */
let buckets: usize = allocate(4096 * sizeof<usize>());
let bucketMask: u32 = 4095;
let hashed: u32 = 0;
/** Those that wait for the client to choose its port (ip_vs_conn_no_cport_cnt). */
let portless: u32 = 0;

const connections = Pool.create(offsetof<IpvsConnection>());

export function allocateConnection(): IpvsConnection {
  return changetype<IpvsConnection>(connections.take());
}

export function releaseConnection(connection: IpvsConnection): void {
  release(connection.data);
  if (connection.requestShortcut != 0) giveShortcut(changetype<Shortcut>(connection.requestShortcut));
  if (connection.replyShortcut != 0) giveShortcut(changetype<Shortcut>(connection.replyShortcut));
  connections.give(changetype<usize>(connection));
}

/** Connections alive, templates included. */
export function connectionCount(): u32 {
  return connections.live;
}

export function hashConnection(connection: IpvsConnection): void {
  if (hashed > bucketMask) growBuckets();
  pushFront(slotOf(connection), connection);
  hashed += 1;
  if (connection.flags & CONN_F_NO_CPORT) portless += 1;
}

export function unhashConnection(connection: IpvsConnection): void {
  if (connection.link == 0) return;
  store<usize>(connection.link, connection.next);
  if (connection.next != 0) changetype<IpvsConnection>(connection.next).link = connection.link;
  connection.link = 0;
  hashed -= 1;
  if (connection.flags & CONN_F_NO_CPORT) portless -= 1;
}

/** First connection of the table, and the one after another: for listings. 0 at the end. */
export function connectionAfter(address: usize): usize {
  let bucket: u32 = 0;
  if (address != 0) {
    const connection = changetype<IpvsConnection>(address);
    if (connection.next != 0) return connection.next;
    bucket = <u32>((slotOf(connection) - buckets) >> 2) + 1;
  }
  for (; bucket <= bucketMask; bucket++) {
    const first = load<usize>(buckets + (bucket << 2));
    if (first != 0) return first;
  }
  return 0;
}

/** First connection of a bucket, by a number of which only the low bits count. */
export function bucketHead(hash: u32): usize {
  return load<usize>(buckets + ((hash & bucketMask) << 2));
}

export function bucketCount(): u32 {
  return bucketMask + 1;
}

/** The client's first packet says which port it has (ip_vs_conn_fill_cport). */
export function fillClientPort(connection: IpvsConnection, port: u32): void {
  unhashConnection(connection);
  connection.flags &= ~CONN_F_NO_CPORT;
  connection.clientPort = <u16>port;
  hashConnection(connection);
}

/**
 * The connection of a client's packet (ip_vs_conn_in_get).
 *
 * @param client @param virtual addresses as in packets.
 */
export function findIn(
  family: u32,
  protocol: u32,
  client: usize,
  clientPort: u32,
  virtual: usize,
  virtualPort: u32,
): IpvsConnection | null {
  countLookup();
  const found = findFrom(family, protocol, client, clientPort, virtual, virtualPort);
  if (found !== null || portless == 0) return found;
  return findFrom(family, protocol, client, 0, virtual, virtualPort);
}

function findFrom(
  family: u32,
  protocol: u32,
  client: usize,
  clientPort: u32,
  virtual: usize,
  virtualPort: u32,
): IpvsConnection | null {
  let at = load<usize>(bucketOf(client, family, clientPort, protocol));
  while (at != 0) {
    const connection = changetype<IpvsConnection>(at);
    if (
      connection.clientPort == clientPort &&
      connection.virtualPort == virtualPort &&
      connection.protocol == protocol &&
      connection.family == family &&
      equals(connection.clientField, client, family) &&
      equals(connection.virtualField, virtual, family) &&
      (clientPort == 0) == ((connection.flags & CONN_F_NO_CPORT) != 0)
    ) {
      return connection;
    }
    at = connection.next;
  }
  return null;
}

/**
 * The connection of a server's packet (ip_vs_conn_out_get): a masqueraded server answers with its own address, all others
 * with the virtual one.
 *
 * @param source @param destination the packet's addresses.
 */
export function findOut(
  family: u32,
  protocol: u32,
  source: usize,
  sourcePort: u32,
  destination: usize,
  destinationPort: u32,
): IpvsConnection | null {
  countLookup();
  let at = load<usize>(bucketOf(destination, family, destinationPort, protocol));
  while (at != 0) {
    const connection = changetype<IpvsConnection>(at);
    if (
      connection.clientPort == destinationPort &&
      connection.protocol == protocol &&
      connection.family == family &&
      equals(connection.clientField, destination, family)
    ) {
      const isMasq = connection.method == ForwardMethod.Masq;
      const port = isMasq ? connection.serverPort : connection.virtualPort;
      const address = isMasq ? connection.serverField : connection.virtualField;
      if (port == sourcePort && equals(address, source, family)) return connection;
    }
    at = connection.next;
  }
  return null;
}

/**
 * The template of a client network (ip_vs_ct_in_get).
 *
 * @param client @param virtual 16-byte fields.
 */
export function findTemplate(
  family: u32,
  protocol: u32,
  client: usize,
  virtual: usize,
  virtualPort: u32,
): IpvsConnection | null {
  countLookup();
  let at = load<usize>(bucketOf(client, family, 0, protocol));
  while (at != 0) {
    const connection = changetype<IpvsConnection>(at);
    if (
      connection.clientPort == 0 &&
      connection.virtualPort == virtualPort &&
      connection.flags & CONN_F_TEMPLATE &&
      connection.protocol == protocol &&
      connection.family == family &&
      equals(connection.clientField, client, 6) &&
      equals(connection.virtualField, virtual, 6)
    ) {
      return connection;
    }
    at = connection.next;
  }
  return null;
}

/**
 * The template of a client network's call (ip_vs_sip_ct_match).
 *
 * @param client @param virtual 16-byte fields. @param data its Call-ID, `length` bytes.
 */
export function findTemplateOf(
  family: u32,
  protocol: u32,
  client: usize,
  virtual: usize,
  virtualPort: u32,
  data: usize,
  length: u32,
): IpvsConnection | null {
  let at = load<usize>(bucketOfData(data, length));
  while (at != 0) {
    const connection = changetype<IpvsConnection>(at);
    if (
      connection.virtualPort == virtualPort &&
      connection.flags & CONN_F_TEMPLATE &&
      connection.protocol == protocol &&
      connection.family == family &&
      connection.dataLength == length &&
      equals(connection.clientField, client, 6) &&
      equals(connection.virtualField, virtual, 6) &&
      memory.compare(connection.data, data, length) == 0
    ) {
      return connection;
    }
    at = connection.next;
  }
  return null;
}

/** Is the address of a packet the one in the field? */
function equals(field: usize, address: usize, family: u32): bool {
  if (family == 4) return load<u32>(field) == load<u32>(address);
  return load<u64>(field) == load<u64>(address) && load<u64>(field, 8) == load<u64>(address, 8);
}

/** Fetches the lines of the newest connection in the bucket of a client: looking ahead, nothing is decided. */
export function touchClient(client: usize, family: u32, clientPort: u32, protocol: u32): void {
  const at = load<usize>(bucketOf(client, family, clientPort, protocol));
  if (at == 0) return;
  store<u8>(at, 1, offsetof<IpvsConnection>("touched"));
  store<u8>(at, 1, offsetof<IpvsConnection>("touchedLast"));
}

function bucketOf(address: usize, family: u32, port: u32, protocol: u32): usize {
  let hash: u64 = load<u32>(address);
  if (family == 6) hash = load<u64>(address) ^ rotl<u64>(load<u64>(address, 8), 29);
  hash = (hash ^ (hash >> 32)) * 0x9e3779b97f4a7c15;
  hash = (hash ^ (hash >> 32) ^ ((port << 8) | protocol)) * 0xd6e8feb86659fd93;
  return buckets + ((<u32>(hash >> 32) & bucketMask) << 2);
}

/** Templates of a persistence engine stand where their data says. */
function slotOf(connection: IpvsConnection): usize {
  if (connection.dataLength != 0) return bucketOfData(connection.data, connection.dataLength);
  return bucketOf(connection.clientField, connection.family, connection.clientPort, connection.protocol);
}

function bucketOfData(data: usize, length: u32): usize {
  let hash: u64 = length;
  for (let i: u32 = 0; i < length; i++) hash = (hash ^ load<u8>(data + i)) * 0x9e3779b97f4a7c15;
  return buckets + ((<u32>(hash >> 32) & bucketMask) << 2);
}

function pushFront(slot: usize, connection: IpvsConnection): void {
  const first = load<usize>(slot);
  connection.next = first;
  connection.link = slot;
  if (first != 0) changetype<IpvsConnection>(first).link = changetype<usize>(connection) + NEXT;
  store<usize>(slot, changetype<usize>(connection));
}

const NEXT: usize = offsetof<IpvsConnection>("next");

/** Doubles the table. Buckets are rebuilt from their ends, so that the newest stays first. */
function growBuckets(): void {
  const old = buckets;
  const oldCount = bucketMask + 1;
  bucketMask = bucketMask * 2 + 1;
  buckets = allocate((<usize>bucketMask + 1) * sizeof<usize>());
  for (let i: u32 = 0; i < oldCount; i++) {
    let at = reversed(load<usize>(old + (i << 2)));
    while (at != 0) {
      const connection = changetype<IpvsConnection>(at);
      at = connection.next;
      pushFront(slotOf(connection), connection);
    }
  }
  release(old);
}

function reversed(first: usize): usize {
  let done: usize = 0;
  while (first != 0) {
    const connection = changetype<IpvsConnection>(first);
    first = connection.next;
    connection.next = done;
    done = changetype<usize>(connection);
  }
  return done;
}
