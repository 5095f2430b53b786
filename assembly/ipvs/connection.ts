import { CONN_F_FWD_MASK, CONN_F_INACTIVE, CONN_F_TEMPLATE, ForwardMethod } from "../abi/ipvs";
import { loadChanged } from "./schedulers/tournament";
import { IpvsServer, noteBound, noteUnbound } from "./server";

/**
 * A connection or template (struct ip_vs_conn), {@link CONNECTION_SIZE} bytes: two cache lines, the first of which tells whose packet it
 * is. Addresses in network byte order, ports in host order.
 */
@unmanaged
export class IpvsConnection {
  client0: u64;
  client1: u64;
  virtual0: u64;
  virtual1: u64;
  server0: u64;
  server1: u64;
  clientPort: u16;
  virtualPort: u16;
  serverPort: u16;
  family: u8;
  /** Family of the server: a tunnel may lead to the other one. */
  serverFamily: u8;
  /** IP protocol; 0 for templates of firewall-mark services, whose virtual address is the mark. */
  protocol: u8;
  /** State of its protocol, or `TEMPLATE_ASSURED`. */
  state: u8;
  /** Nobody reads it, nor `touchedLast`: written to fetch the two lines ahead. */
  touched: u8;
  /** Of the timer wheel where its timer runs: how wide the slot is (packet/timer-wheel). */
  level: u8;
  /** `CONN_F_*` bits; the low three are the forwarding method. */
  flags: u32;
  inPackets: u32;
  /** Ticks that it lives after each packet. */
  timeout: u32;
  /** Tick of its end; the kernel ends it with the slot of the timer wheel that this lies in. */
  expires: u64;
  /** When its timer came into that slot, as `connection-timer.ts` orders them. */
  turn: u32;
  /** Place in the timer heap, from 1; 0: no timer runs. */
  heapIndex: u32;
  /** The server (an `IpvsServer`), 0 for bypassing connections. */
  server: usize;
  /** The template (or control connection) that it hangs on, 0 for none. */
  control: usize;
  /** Connections that this one controls. */
  controlled: u32;
  fwmark: u32;
  /** Next in its bucket, and the word that points here; `link` 0: not hashed. */
  next: usize;
  link: usize;
  /** Of a template that a persistence engine made: a {@link CallId}, 0 for none. */
  callId: usize;
  /** Of a control connection of FTP: an `FtpMode`. */
  ftp: u8;
  touchedLast: u8;
  /** What packets of the client and of the server do where nothing tracks them, a `Shortcut` each; 0 for none. */
  requestShortcut: usize;
  replyShortcut: usize;

  get method(): ForwardMethod {
    return this.flags & CONN_F_FWD_MASK;
  }

  get isTemplate(): bool {
    return (this.flags & CONN_F_TEMPLATE) != 0;
  }

  get clientField(): usize {
    return changetype<usize>(this);
  }

  get virtualField(): usize {
    return changetype<usize>(this) + offsetof<IpvsConnection>("virtual0");
  }

  get serverField(): usize {
    return changetype<usize>(this) + offsetof<IpvsConnection>("server0");
  }
}

export const CONNECTION_SIZE: usize = 128;

/** The Call-ID that names a template; its bytes lie behind. */
@unmanaged
export class CallId {
  length: u32;
}

export const CALL_ID_HEADER: usize = offsetof<CallId>();

/** Bit of a template's state: one of its connections was established (IP_VS_CTPL_S_ASSURED). */
export const TEMPLATE_ASSURED: u8 = 1;

/** Counts the connection at its server (ip_vs_bind_dest). */
export function bindServer(connection: IpvsConnection, server: IpvsServer): void {
  connection.server = changetype<usize>(server);
  connection.flags |= server.connectionFlags;
  server.references += 1;
  if (connection.isTemplate) server.persistent += 1;
  else if (connection.flags & CONN_F_INACTIVE) server.inactive += 1;
  else server.active += 1;
  noteBound(server);
  loadChanged(server);
}

export function unbindServer(connection: IpvsConnection): void {
  if (connection.server == 0) return;
  const server = changetype<IpvsServer>(connection.server);
  if (connection.isTemplate) server.persistent -= 1;
  else if (connection.flags & CONN_F_INACTIVE) server.inactive -= 1;
  else server.active -= 1;
  noteUnbound(server);
  loadChanged(server);
  server.references -= 1;
  connection.server = 0;
}

/** Moves the connection between the server's active and inactive ones when its new state says so. */
export function setActive(connection: IpvsConnection, active: bool): void {
  if (connection.server == 0) return;
  const server = changetype<IpvsServer>(connection.server);
  const wasActive = (connection.flags & CONN_F_INACTIVE) == 0;
  if (wasActive == active) return;
  if (active) {
    server.active += 1;
    server.inactive -= 1;
    connection.flags &= ~CONN_F_INACTIVE;
  } else {
    server.active -= 1;
    server.inactive += 1;
    connection.flags |= CONN_F_INACTIVE;
  }
  loadChanged(server);
}

/** Hangs a connection on its template (ip_vs_control_add). */
export function addControl(connection: IpvsConnection, template: IpvsConnection): void {
  connection.control = changetype<usize>(template);
  template.controlled += 1;
}

export function removeControl(connection: IpvsConnection): void {
  if (connection.control == 0) return;
  changetype<IpvsConnection>(connection.control).controlled -= 1;
  connection.control = 0;
}

/** One of the template's connections was answered or established (ip_vs_control_assure_ct). */
export function assureTemplate(connection: IpvsConnection): void {
  if (connection.control == 0) return;
  const template = changetype<IpvsConnection>(connection.control);
  if (template.isTemplate) template.state |= TEMPLATE_ASSURED;
}

// What a packet of the client or the server is compared with lies in the first line.
assert(offsetof<IpvsConnection>("flags") + sizeof<u32>() <= 64);
assert(offsetof<IpvsConnection>() == CONNECTION_SIZE);
