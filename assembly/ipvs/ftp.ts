import { CONN_F_NFCT, CONN_F_NO_CPORT, ForwardMethod, IpvsTcpState } from "../abi/ipvs";
import { PROTO_TCP } from "../abi/protocol";
import { RouteResult } from "../abi/route";
import { isChecksumKnown, isChecksumRight } from "../conntrack/checksum";
import { Entry } from "../conntrack/entry";
import {
  Expect,
  Expectation,
  expectRelated,
  giveExpectation,
  newExpectation,
  OnArrival,
} from "../conntrack/expectation";
import { beginsWith } from "../conntrack/helper/text";
import { loadTuple, newTuple, storeTuple, Tuple } from "../conntrack/tuple";
import { ensureWritable } from "../ip/fragment-sizes";
import { mangleTcp } from "../nat/mangle";
import { copyAddress } from "../packet/bytes";
import { fold, sumBytes } from "../packet/checksum";
import { Packet } from "../packet/packet";
import { addControl, IpvsConnection } from "./connection";
import { findIn, findOut } from "./connection-table";
import { newConnection, putConnection, startConnection } from "./connections";
import { FtpMode } from "./ftp-mode";
import { announcedAddress, announcedEnd, announcedFrom, announcedPort, readExtended, readSix } from "./ftp-text";
import { IpvsHeader, noteMissing, readHeader } from "./header";
import { tcpTimeout } from "./protocols/timeouts";
import { IpvsServer } from "./server";
import { checksFtpWell } from "./versions";

const PORT_WORD = memory.data<u8>([0x50, 0x4f, 0x52, 0x54]);
const EPRT_WORD = memory.data<u8>([0x45, 0x50, 0x52, 0x54]);
const PASV_LINE = memory.data<u8>([0x50, 0x41, 0x53, 0x56, 0x0d, 0x0a]);
const PASV_LENGTH: u32 = 6;
const EPSV_WORD = memory.data<u8>([0x45, 0x50, 0x53, 0x56]);
const PASV_ANSWER = memory.data<u8>([0x32, 0x32, 0x37, 0x20]);
const EPSV_ANSWER = memory.data<u8>([0x32, 0x32, 0x39, 0x20]);
const SPACE: u32 = 0x20;
const RETURN: u32 = 0x0d;
const COMMA: u32 = 0x2c;
const BAR: u32 = 0x7c;

/**
 * Reads a packet of a control connection, and may change it, before it is translated (net/netfilter/ipvs/ip_vs_ftp.c): makes
 * the data connections that commands and answers announce, and gives clients the service's address to connect to.
 *
 * @returns false when it must be dropped.
 */
export function handleFtp(packet: Packet, connection: IpvsConnection, header: IpvsHeader, reply: bool): bool {
  if (packet.family == 6 && header.fragmentOffset != 0) return true;
  if (packet.length - header.transport < TCP_SIZE) return false;
  if (!isChecksumAccepted(packet)) return false;
  if (connection.state != IpvsTcpState.Established) return true;
  ensureWritable(packet, packet.length);
  if (packet.captured < packet.length) {
    noteMissing(packet);
    return true;
  }
  const start = packet.data + header.transport;
  const headerSize: usize = (<u32>load<u8>(start, 12) >> 4) << 2;
  const text = start + headerSize;
  const end = packet.data + packet.length;
  if (headerSize < TCP_SIZE || text >= end) return true;
  if (!reply) {
    readCommand(packet, connection, text, end);
    return true;
  }
  const isKept = readAnswer(packet, connection, text, end);
  // The packet may lie elsewhere now.
  readHeader(packet, header);
  return isKept;
}

const TCP_SIZE: u32 = 20;

/**
 * tcp_csum_check(). Conntrack, where it has looked at the checksum before, leaves the sum of the whole packet behind. That of
 * an IPv4 header is nothing; that of an IPv6 header is not, so that older kernels drop nearly everything.
 */
function isChecksumAccepted(packet: Packet): bool {
  if (packet.family == 4 || checksFtpWell() || !isChecksumKnown(packet) || packet.checksumValid == 0) {
    return isChecksumRight(packet, PROTO_TCP, packet.transportLength);
  }
  // The hop limit was one more then.
  const passed: u32 = packet.routeResult == RouteResult.Local ? 0 : 1;
  return fold(sumBytes(packet.data, IPV6_HEADER) + passed) == 0xffff;
}

const IPV6_HEADER: u32 = 40;

/** ip_vs_ftp_in(): nothing is changed. */
function readCommand(packet: Packet, connection: IpvsConnection, text: usize, end: usize): void {
  const family: u32 = connection.family;
  for (let at = text; at + PASV_LENGTH <= end; at++) {
    if (family == 4 && beginsWith(at, PASV_LINE, PASV_LENGTH)) {
      connection.ftp = <u8>FtpMode.Passive;
      return;
    }
    if (!beginsWith(at, EPSV_WORD, 4)) continue;
    const next: u32 = load<u8>(at, 4);
    if (next != RETURN && next != SPACE) continue;
    if (next == SPACE && !namesFamily(at, end, family)) return;
    connection.ftp = <u8>FtpMode.ExtendedPassive;
    return;
  }
  if (!(family == 4 && readSix(text, end, PORT_WORD, false)) && !readExtended(text, end, EPRT_WORD, false, family))
    return;
  connection.ftp = <u8>FtpMode.Active;
  expectFromServer(packet, connection);
}

/** `EPSV 1` or `EPSV 2`, for the connection's own family. */
function namesFamily(at: usize, end: usize, family: u32): bool {
  return at + 7 <= end && load<u8>(at, 6) == RETURN && load<u8>(at, 5) == (family == 6 ? 0x32 : 0x31);
}

/** Active mode: the server will connect to the port, from the one below its own. */
function expectFromServer(packet: Packet, connection: IpvsConnection): void {
  const family: u32 = connection.family;
  const port = (<u32>connection.virtualPort - 1) & 0xffff;
  let data = findIn(family, PROTO_TCP, announcedAddress, announcedPort, connection.virtualField, port);
  if (data === null) {
    const server = changetype<IpvsServer>(connection.server);
    data = newConnection(family, announcedAddress, connection.virtualField, server, CONN_F_NFCT);
    copyAddress(data.serverField, connection.serverField, family);
    data.clientPort = <u16>announcedPort;
    data.virtualPort = <u16>port;
    data.serverPort = <u16>(<u32>connection.serverPort - 1);
    start(data, packet, connection, server);
  }
  listen(data);
}

/** ip_vs_ftp_out(). @returns false where the packet must be dropped: without conntrack it cannot be changed. */
function readAnswer(packet: Packet, connection: IpvsConnection, text: usize, end: usize): bool {
  const mode: FtpMode = connection.ftp;
  const family: u32 = connection.family;
  if (mode == FtpMode.Passive) {
    if (!readSix(text, end, PASV_ANSWER, true)) return true;
  } else if (mode == FtpMode.ExtendedPassive) {
    copyAddress(announcedAddress, connection.serverField, family);
    if (!readExtended(text, end, EPSV_ANSWER, true, family)) return true;
  } else {
    return true;
  }
  const data = expectFromClient(packet, connection);
  connection.ftp = <u8>FtpMode.Active;
  write(mode, data);
  const entry = packet.ct;
  const from = <u32>(announcedFrom - text);
  const length = <u32>(announcedEnd - announcedFrom);
  const isKept = entry != 0 && mangleTcp(packet, changetype<Entry>(entry), from, length, written, writtenLength);
  if (isKept) tellConntrack(changetype<Entry>(entry), data);
  listen(data);
  return isKept;
}

/** Passive mode: the client will connect to that port of the service, from any of its own. */
function expectFromClient(packet: Packet, connection: IpvsConnection): IpvsConnection {
  const family: u32 = connection.family;
  const known = findOut(family, PROTO_TCP, announcedAddress, announcedPort, connection.clientField, 0);
  if (known !== null) return known;
  const server = changetype<IpvsServer>(connection.server);
  const flags = CONN_F_NO_CPORT | CONN_F_NFCT;
  const data = newConnection(family, connection.clientField, connection.virtualField, server, flags);
  copyAddress(data.serverField, announcedAddress, family);
  data.virtualPort = <u16>announcedPort;
  data.serverPort = <u16>announcedPort;
  start(data, packet, connection, server);
  return data;
}

function start(data: IpvsConnection, packet: Packet, control: IpvsConnection, server: IpvsServer): void {
  data.protocol = <u8>PROTO_TCP;
  data.fwmark = packet.mark;
  startConnection(data, server);
  addControl(data, control);
}

/** The data connection waits for its first packet (ip_vs_tcp_conn_listen). */
function listen(data: IpvsConnection): void {
  data.state = <u8>IpvsTcpState.Listen;
  data.timeout = <u32>tcpTimeout(IpvsTcpState.Listen);
  putConnection(data);
}

/** In connections that have a helper conntrack expects the data connection, too (ip_vs_nfct_expect_related). */
function tellConntrack(entry: Entry, data: IpvsConnection): void {
  const expectation = newExpectation(entry);
  expectation.from(data.clientField, data.family, 0);
  expectation.to(data.virtualField, data.family, bswap<u16>(data.virtualPort), PROTO_TCP);
  expectation.onArrival = <u8>OnArrival.Ipvs;
  if (expectRelated(expectation) != Expect.Ok) giveExpectation(expectation);
}

const tuple = newTuple();

/** A connection that conntrack expected for IPVS: its answers will come from, or go to, the service (ip_vs_nfct_expect_callback). */
export function arriveForIpvs(entry: Entry, expectation: Expectation): void {
  const family: u32 = expectation.family;
  loadTuple(entry, 0, tuple);
  const source = changetype<usize>(tuple);
  const destination = source + offsetof<Tuple>("destination0");
  const sourcePort = tuple.sourcePort;
  const destinationPort = tuple.destinationPort;
  let data = findOut(family, tuple.protocol, source, sourcePort, destination, destinationPort);
  const isOut = data !== null;
  if (data === null) data = findIn(family, tuple.protocol, source, sourcePort, destination, destinationPort);
  if (data === null || data.method != ForwardMethod.Masq) return;
  loadTuple(entry, 1, tuple);
  if (isOut) {
    copyAddress(destination, data.virtualField, family);
    tuple.destinationPort = data.virtualPort;
  } else {
    copyAddress(source, data.serverField, family);
    tuple.sourcePort = data.serverPort;
  }
  storeTuple(entry, 1, tuple);
}

const written = memory.data(24);
let writtenLength: u32 = 0;

/** The service's address and port, or of EPSV its port. */
function write(mode: FtpMode, data: IpvsConnection): void {
  writtenLength = 0;
  const port: u32 = data.virtualPort;
  if (mode == FtpMode.ExtendedPassive) {
    for (let i = 0; i < 3; i++) put(BAR);
    putNumber(port);
    put(BAR);
    return;
  }
  for (let i: u32 = 0; i < 4; i++) {
    putNumber(load<u8>(data.virtualField + i));
    put(COMMA);
  }
  putNumber(port >> 8);
  put(COMMA);
  putNumber(port & 255);
}

function put(byte: u32): void {
  store<u8>(written + writtenLength, byte);
  writtenLength += 1;
}

function putNumber(value: u32): void {
  let divisor: u32 = 10000;
  while (divisor > value && divisor > 1) divisor /= 10;
  for (; divisor != 0; divisor /= 10) put(0x30 + ((value / divisor) % 10));
}
