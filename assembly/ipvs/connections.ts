import { CONN_F_NFCT, CONN_F_ONE_PACKET } from "../abi/ipvs";
import { killEntryOf } from "../conntrack/ipvs";
import { copyAddress } from "../packet/bytes";
import { nowTicks, seconds } from "../packet/clock";
import { config } from "../packet/config";
import { bindServer, IpvsConnection, removeControl, TEMPLATE_ASSURED, unbindServer } from "./connection";
import { connectionAfter } from "./connection-buckets";
import { allocateConnection, hashConnection, releaseConnection, unhashConnection } from "./connection-table";
import { setTimer, setTimerSoon, stopTimer } from "./connection-timer";
import { bindFtp } from "./ftp-mode";
import { IpvsServer } from "./server";

/**
 * Birth and death of connections (net/netfilter/ipvs/ip_vs_conn.c).
 */

/** Seconds that a connection waits before it tries again to end, because others hang on it. */
const RETRY_SECONDS: u32 = 60;
/** Seconds that a connection lives before its first state. */
const FIRST_SECONDS: u32 = 3;

/**
 * A new connection or template, not yet hashed: the caller fills in ports and protocol, then calls
 * {@link startConnection}.
 *
 * @param client @param virtual addresses of the family, as in packets.
 * @param server null for a bypassing connection.
 */
export function newConnection(
  family: u32,
  client: usize,
  virtual: usize,
  server: IpvsServer | null,
  flags: u32,
): IpvsConnection {
  const connection = allocateConnection();
  connection.family = <u8>family;
  connection.flags = flags;
  copyAddress(connection.clientField, client, family);
  copyAddress(connection.virtualField, virtual, family);
  connection.serverFamily = <u8>family;
  if (server !== null) {
    connection.serverFamily = server.family;
    copyAddress(connection.serverField, server.addressField, 6);
  }
  return connection;
}

/** Binds the connection to its server and puts it into the table (the second half of ip_vs_conn_new). */
export function startConnection(connection: IpvsConnection, server: IpvsServer | null): void {
  if (server !== null) bindServer(connection, server);
  connection.timeout = <u32>seconds(FIRST_SECONDS);
  bindFtp(connection);
  if (config.vsConntrack) connection.flags |= CONN_F_NFCT;
  if (!(connection.flags & CONN_F_ONE_PACKET)) hashConnection(connection);
}

/** A packet is done with the connection: its timer starts anew; a one-packet connection ends (ip_vs_conn_put). */
export function putConnection(connection: IpvsConnection): void {
  if (connection.flags & CONN_F_ONE_PACKET) expireConnection(connection, nowTicks);
  else setTimer(connection, nowTicks, connection.timeout);
}

/** Lets the connection end before the next packet (ip_vs_conn_expire_now). */
export function expireSoon(connection: IpvsConnection): void {
  if (connection.heapIndex != 0 && connection.expires > nowTicks) setTimerSoon(connection);
}

/** The connection's timer ran out at `now` (ip_vs_conn_expire): it ends, unless it controls others. */
export function expireConnection(connection: IpvsConnection, now: u64): void {
  if (connection.controlled != 0) {
    connection.timeout = <u32>seconds(RETRY_SECONDS);
    setTimer(connection, now, connection.timeout);
    return;
  }
  unhashConnection(connection);
  stopTimer(connection);
  const control = connection.control;
  removeControl(connection);
  if (control != 0 && connection.timeout == 0) dropControl(changetype<IpvsConnection>(control), now);
  if ((connection.flags & (CONN_F_NFCT | CONN_F_ONE_PACKET)) == CONN_F_NFCT) killEntry(connection);
  unbindServer(connection);
  releaseConnection(connection);
}

/** Ends a connection before its time (ip_vs_conn_del); a timeout of 0 lets its template go, too. */
export function dropConnection(connection: IpvsConnection, now: u64): void {
  if (!stopTimer(connection)) return;
  if (connection.control != 0) connection.timeout = 0;
  expireConnection(connection, now);
}

/** A template that nobody uses any more goes with its last connection, unless it was assured. */
function dropControl(control: IpvsConnection, now: u64): void {
  if (control.controlled != 0) return;
  if (control.isTemplate && control.state & TEMPLATE_ASSURED) return;
  dropConnection(control, now);
}

/** The conntrack entry of a connection that kept it goes at once (ip_vs_conn_drop_conntrack). */
function killEntry(connection: IpvsConnection): void {
  if (connection.clientPort == 0) return;
  killEntryOf(
    connection.family,
    connection.protocol,
    connection.clientField,
    connection.clientPort,
    connection.virtualField,
    connection.virtualPort,
  );
}

/** Ends all connections whose server was removed (ip_vs_expire_nodest_conn_flush). */
export function dropServerless(now: u64): void {
  let at = connectionAfter(0);
  while (at != 0) {
    const connection = changetype<IpvsConnection>(at);
    // The connection, and its template behind it, may go: both are looked past first.
    let following = connectionAfter(at);
    if (following != 0 && following == connection.control) following = connectionAfter(following);
    at = following;
    const server = connection.server;
    if (server == 0 || changetype<IpvsServer>(server).available || connection.controlled != 0) continue;
    if (connection.control != 0) {
      const control = changetype<IpvsConnection>(connection.control);
      // The last connection takes its template along, even an assured one.
      if (control.controlled == 1) control.state = 0;
    }
    dropConnection(connection, now);
  }
}

/** Makes a template unfindable (ip_vs_check_template): it lives on under ports that no packet has. */
export function invalidateTemplate(template: IpvsConnection): void {
  if (template.virtualPort == 0xffff) return;
  unhashConnection(template);
  template.serverPort = 0xffff;
  template.virtualPort = 0xffff;
  template.clientPort = 0;
  hashConnection(template);
}
