import { CONN_F_NO_CPORT, CONN_F_TEMPLATE, ForwardMethod } from "../abi/ipvs";
import { giveShortcut, Shortcut } from "../iptables/shortcut";
import { release } from "../memory/allocate";
import { Pool } from "../memory/pool";
import { CALL_ID_HEADER, CallId, CONNECTION_SIZE, IpvsConnection } from "./connection";
import { bucketOf, hashCallId, hashClient, link, unlink } from "./connection-buckets";
import { countLookup } from "./lookups";

/** Those that wait for the client to choose its port (ip_vs_conn_no_cport_cnt). */
let portless: u32 = 0;

const connections = Pool.create(<u32>CONNECTION_SIZE);

export function allocateConnection(): IpvsConnection {
  return changetype<IpvsConnection>(connections.take());
}

export function releaseConnection(connection: IpvsConnection): void {
  release(connection.callId);
  if (connection.requestShortcut != 0) giveShortcut(changetype<Shortcut>(connection.requestShortcut));
  if (connection.replyShortcut != 0) giveShortcut(changetype<Shortcut>(connection.replyShortcut));
  connections.give(changetype<usize>(connection));
}

/** Connections alive, templates included. */
export function connectionCount(): u32 {
  return connections.live;
}

export function hashConnection(connection: IpvsConnection): void {
  link(connection);
  if (connection.flags & CONN_F_NO_CPORT) portless += 1;
}

export function unhashConnection(connection: IpvsConnection): void {
  if (connection.link == 0) return;
  unlink(connection);
  if (connection.flags & CONN_F_NO_CPORT) portless -= 1;
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
  let at = load<usize>(clientBucket(client, family, clientPort, protocol));
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
  let at = load<usize>(clientBucket(destination, family, destinationPort, protocol));
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
  let at = load<usize>(clientBucket(client, family, 0, protocol));
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
  let at = load<usize>(bucketOf(hashCallId(data, length)));
  while (at != 0) {
    const connection = changetype<IpvsConnection>(at);
    if (
      connection.virtualPort == virtualPort &&
      connection.flags & CONN_F_TEMPLATE &&
      connection.protocol == protocol &&
      connection.family == family &&
      connection.callId != 0 &&
      equals(connection.clientField, client, 6) &&
      equals(connection.virtualField, virtual, 6) &&
      isCallId(changetype<CallId>(connection.callId), data, length)
    ) {
      return connection;
    }
    at = connection.next;
  }
  return null;
}

function isCallId(callId: CallId, data: usize, length: u32): bool {
  return callId.length == length && memory.compare(changetype<usize>(callId) + CALL_ID_HEADER, data, length) == 0;
}

/** Is the address of a packet the one in the field? */
function equals(field: usize, address: usize, family: u32): bool {
  if (family == 4) return load<u32>(field) == load<u32>(address);
  return load<u64>(field) == load<u64>(address) && load<u64>(field, 8) == load<u64>(address, 8);
}

/** The bucket in which a client's connections are. */
export function clientBucket(client: usize, family: u32, clientPort: u32, protocol: u32): usize {
  return bucketOf(hashClient(client, family, clientPort, protocol));
}

/** Looking ahead: fetches the lines of the newest connection in a bucket. */
export function touchNewest(bucket: usize): void {
  const at = load<usize>(bucket);
  if (at == 0) return;
  store<u8>(at, 1, offsetof<IpvsConnection>("touched"));
  store<u8>(at, 1, offsetof<IpvsConnection>("touchedLast"));
}
