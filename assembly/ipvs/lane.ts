import { CONN_F_FWD_MASK, CONN_F_NFCT, CONN_F_NO_CPORT, CONN_F_ONE_PACKET, ForwardMethod } from "../abi/ipvs";
import { PROTO_UDP } from "../abi/protocol";
import { endLesson, learnServer } from "../iptables/learning";
import { giveShortcut, Shortcut } from "../iptables/shortcut";
import { allocate } from "../memory/allocate";
import { load16, store16 } from "../packet/bytes";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { IpvsConnection } from "./connection";
import { findIn, findOut } from "./connection-table";
import { putConnection } from "./connections";
import { countReply, countRequest } from "./count";
import { IpvsHeader } from "./header";
import { moveState } from "./protocols/index";
import { IpvsServer } from "./server";
import { engineCount } from "./service";
import { hasPathMtus } from "./transmit/path-mtu";

/**
 * IPVS in the express lane: whole IPv4 packets of TCP and UDP connections to masqueraded servers that conntrack keeps, too
 * (hooks/express), and where nothing is tracked, those to servers on the link as well (hooks/express-untracked). The connection is
 * looked up as in the walk, its state, timer and counters move with every packet; the routes and tables of its way are
 * those that the shortcut was learned with.
 */

/** May packets take the lane where there are virtual services? What decides by more than a packet's connection keeps it shut. */
export function isIpvsInLane(): bool {
  return engineCount == 0 && !config.vsBackupOnly && !config.vsNatIcmpSend && !hasPathMtus();
}

const SPECIAL: u32 = CONN_F_ONE_PACKET | CONN_F_NO_CPORT;

/** Is the connection one whose packets may take the lane? */
function fitsLane(connection: IpvsConnection): bool {
  if ((connection.flags & (CONN_F_FWD_MASK | CONN_F_NFCT | SPECIAL)) != (<u32>ForwardMethod.Masq | CONN_F_NFCT)) {
    return false;
  }
  return hasPlainServer(connection);
}

/** The same where nothing is tracked. */
function fitsUntracked(connection: IpvsConnection): bool {
  const method = connection.method;
  if (method != ForwardMethod.Masq && method != ForwardMethod.DirectRoute) return false;
  return !(connection.flags & SPECIAL) && hasPlainServer(connection);
}

function hasPlainServer(connection: IpvsConnection): bool {
  if (connection.ftp != 0 || connection.server == 0) return false;
  return changetype<IpvsServer>(connection.server).available;
}

/** Connection and direction of the packet that a shortcut is learned of. */
let taught: IpvsConnection | null = null;
let isTaughtReply: bool = false;

/** IPVS handles the packet that a shortcut is learned of. */
export function teachLane(packet: Packet, connection: IpvsConnection, isReply: bool): void {
  if (packet.ct != 0 ? !fitsLane(connection) : !fitsUntracked(connection)) return endLesson();
  taught = connection;
  isTaughtReply = isReply;
  learnServer(changetype<IpvsServer>(connection.server).number, connection.method == ForwardMethod.Masq);
}

/** Hangs a shortcut, whose reference it takes, on the connection that was taught. */
export function keepInConnection(shortcut: Shortcut): void {
  const connection = taught!;
  const old = isTaughtReply ? connection.replyShortcut : connection.requestShortcut;
  if (old != 0) giveShortcut(changetype<Shortcut>(old));
  if (isTaughtReply) connection.replyShortcut = changetype<usize>(shortcut);
  else connection.requestShortcut = changetype<usize>(shortcut);
}

/** The connection of the packet that {@link agreesInLane} was asked for last. */
let found: IpvsConnection | null = null;

/**
 * Would IPVS treat the packet as when the shortcut was learned?
 *
 * @param data its header of 20 bytes, with a TCP or UDP header behind it.
 * @param direction that of its conntrack entry, of whose opposite direction `other` is the tuple, as on the wire.
 */
export function agreesInLane(known: Shortcut, data: usize, direction: u32, other: usize): bool {
  const protocol: u32 = load<u8>(data, 9);
  // Servers' answers are looked for in FORWARD, when the destination is the one it will leave with; requests before.
  const isRequest = known.server != 0 && direction == 0;
  const isMoved = known.isTranslated && !isRequest;
  const to = isMoved ? other : data + 16;
  const toPort = load16(isMoved ? other + 8 : data + 22);
  const answer = findOut(4, protocol, data + 12, load16(data + 20), to, toPort);
  if (known.server == 0) return answer === null;
  // A datagram without checksum gets one (translate.ts).
  if (protocol == PROTO_UDP && load<u16>(data, 26) == 0) return false;
  if (!isRequest) {
    found = answer;
  } else {
    if (answer !== null) return false;
    found = findIn(4, protocol, data + 12, load16(data + 20), data + 16, toPort);
  }
  const connection = found;
  if (connection === null || !fitsLane(connection)) return false;
  if (changetype<IpvsServer>(connection.server).number != known.server) return false;
  // The entry may be that of the same client's connection past the service, whose answers look alike.
  if (isRequest) {
    return load<u32>(other) == load<u32>(connection.serverField) && load16(other + 8) == connection.serverPort;
  }
  return load<u32>(other, 4) == load<u32>(connection.virtualField) && load16(other + 10) == connection.virtualPort;
}

/** Is the packet that {@link findInLane} was asked for last one from the server? */
export let isAnswerInLane: bool = false;

/**
 * The shortcut of the packet's connection, 0 where there is none that it may take; for packets that nothing tracks.
 *
 * @param data as for {@link agreesInLane}.
 */
export function findInLane(data: usize): usize {
  const protocol: u32 = load<u8>(data, 9);
  const fromPort = load16(data + 20);
  const toPort = load16(data + 22);
  found = findOut(4, protocol, data + 12, fromPort, data + 16, toPort);
  isAnswerInLane = found !== null;
  if (found === null) found = findIn(4, protocol, data + 12, fromPort, data + 16, toPort);
  const connection = found;
  if (connection === null || !fitsUntracked(connection)) return 0;
  if (protocol == PROTO_UDP && load<u16>(data, 26) == 0 && connection.method == ForwardMethod.Masq) return 0;
  return isAnswerInLane ? connection.replyShortcut : connection.requestShortcut;
}

/** Writes what an answer to the packet would look like once it is translated: a tuple as on the wire, 12 bytes. */
export function fillInverse(to: usize): void {
  const connection = found!;
  const source = isAnswerInLane ? connection.clientField : connection.serverField;
  const destination = isAnswerInLane ? connection.virtualField : connection.clientField;
  store<u32>(to, load<u32>(source));
  store<u32>(to, load<u32>(destination), 4);
  store16(to + 8, isAnswerInLane ? connection.clientPort : connection.serverPort);
  store16(to + 10, isAnswerInLane ? connection.virtualPort : connection.clientPort);
}

const header = changetype<IpvsHeader>(allocate(offsetof<IpvsHeader>()));
header.transport = 20;

/** What IPVS does for a packet of the connection that was found: forwardRequest() and answer() without the way. */
export function countInLane(packet: Packet, direction: u32): void {
  const connection = found!;
  header.protocol = packet.protocol;
  if (direction == 0) {
    countRequest(packet, connection);
    moveState(packet, connection, header, false);
    connection.inPackets += 1;
  } else {
    countReply(packet, connection);
    moveState(packet, connection, header, true);
  }
  putConnection(connection);
}
