import {
  CtInfo,
  Direction,
  IPS_CONFIRMED,
  IPS_DST_NAT,
  IPS_HELPER,
  IPS_SEQ_ADJUST,
  IPS_SRC_NAT,
} from "../abi/conntrack";
import { Fate, Reason } from "../abi/fate";
import { Hook, PacketType, Table } from "../abi/netfilter";
import { PROTO_TCP, PROTO_UDP } from "../abi/protocol";
import { RouteResult, RouteType } from "../abi/route";
import { ctMark, ctStatus, Entry, flowHead, setFlowHead } from "../conntrack/entry";
import { hasUntoldEvents } from "../conntrack/event";
import { detach } from "../conntrack/index";
import { Exit } from "../ip/exits";
import { appendFrame, isNeighbourMissing, plainExit } from "../ip/frame";
import { decreaseTtl } from "../ip/header";
import { isPair, memoriesOf, shortcutOf, withShortcut } from "../iptables/flow-head";
import { flowGeneration, forgetMemories, tcpFlags } from "../iptables/flow-memory";
import { isIndexable } from "../iptables/indexable";
import {
  beginLesson,
  endLesson,
  learnedServer,
  learner,
  learnMtu,
  learnsFlags,
  learnsTranslation,
  leastMtu,
} from "../iptables/learning";
import { clearShortcutKey, copyLink, internShortcut, Shortcut, shortcutKey } from "../iptables/shortcut";
import { hookChain, isLoaded } from "../iptables/table";
import { ipvsActive, isIpvsInLane, keepInConnection } from "../ipvs/index";
import { lookups } from "../ipvs/lookups";
import { copyBytes } from "../memory/copy";
import { translate } from "../nat/index";
import { config } from "../packet/config";
import { DEVICE_SINK, DEVICE_UP, device, NO_DEVICE } from "../packet/device";
import { freePacket, Packet } from "../packet/packet";
import { multipathChoices } from "../route/index";
import { endWalkAt } from "../trace/output";
import { PathCount, pathCountOf } from "../trace/path-counts";

/**
 * The shortcut of established connections (idea 2, for the walk as a whole): right after conntrack, which sees every packet,
 * a forwarded packet whose direction went this way before leaves at once: TTL, NAT, counters, frame. Measured: a third of
 * the walk's time at 1,000 flows (bench/NOTES.md).
 *
 * Everything that the walk depended on is keyed, constant for the direction, or has a generation; whatever else there is
 * makes that no shortcut is learned (`learning.ts`, and {@link learn}).
 */
export function takesShortcut(packet: Packet): bool {
  endLesson();
  if (!isPlain(packet)) return false;
  const ct = packet.ct;
  const direction: Direction = packet.isReply ? Direction.Reply : Direction.Original;
  const head = flowHead(ct, direction);
  const shortcut = shortcutOf(head);
  if (shortcut != 0) {
    const known = changetype<Shortcut>(shortcut);
    if (isValid(packet, known)) {
      // Where IPVS has its say, hooks/express alone asks it.
      if (ipvsActive(packet.family)) return false;
      take(packet, known);
      return true;
    }
  }
  if (hookChain(packet.family, Table.Raw, Hook.PreRouting) === null) begin(packet);
  return false;
}

/** Packets whose way needs nothing beyond what a shortcut keeps: established TCP and UDP, whole, with the shortest header. */
function isPlain(packet: Packet): bool {
  const ctinfo: CtInfo = packet.ctinfo;
  if (packet.ct == 0 || (ctinfo != CtInfo.Established && ctinfo != CtInfo.EstablishedReply)) return false;
  if (ctStatus(packet.ct) & (IPS_HELPER | IPS_SEQ_ADJUST)) return false;
  if (hasUntoldEvents(changetype<Entry>(packet.ct)) || !isPlainPacket(packet)) return false;
  return !ipvsActive(packet.family) || (packet.family == 4 && isIpvsInLane());
}

function isPlainPacket(packet: Packet): bool {
  if (!config.pathCache || config.record || packet.routed || packet.mark != 0 || packet.bridgeIn != NO_DEVICE)
    return false;
  if (packet.protocol != PROTO_TCP && packet.protocol != PROTO_UDP) return false;
  if (packet.transportOffset != (packet.family == 4 ? 20 : 40)) return false;
  if (packet.packetType != PacketType.Host || packet.aggregate || packet.partialChecksum) return false;
  if (packet.moreFragments || packet.fragMaxSize != 0 || packet.ttl <= 1) return false;
  return isIndexable(packet);
}

function isValid(packet: Packet, known: Shortcut): bool {
  if (known.generation != flowGeneration()) return false;
  if (known.ctinfo != packet.ctinfo || known.inDevice != packet.inDevice || known.tos != packet.tos) return false;
  if (known.ctStatus != ctStatus(packet.ct) || known.ctMark != ctMark(packet.ct)) return false;
  if (known.flagsKeyed && known.tcpFlags != tcpFlags(packet)) return false;
  return packet.length <= known.mtu && (device(known.outDevice).flags & DEVICE_UP) != 0;
}

function take(packet: Packet, known: Shortcut): void {
  packet.outDevice = known.outDevice;
  if (known.isTranslated) translate(packet, Hook.PreRouting);
  decreaseTtl(packet);
  if (known.isTranslated) translate(packet, Hook.PostRouting);
  const count = changetype<PathCount>(known.count);
  count.packets += 1;
  count.bytes += packet.length;
  const at = appendFrame(packet, known.outDevice, known.linkLength, packet.length, packet.captured);
  copyLink(at, known);
  copyBytes(at + known.linkLength, packet.data, packet.captured);
  packet.path = known.path;
  endWalkAt(packet, Fate.Sent, Reason.None);
  detach(packet);
  freePacket(packet);
}

/** Where nothing is tracked, shortcuts hang on IPVS' connections (hooks/express-untracked). */
export function beginUntracked(packet: Packet): void {
  endLesson();
  if (packet.family != 4 || !ipvsActive(4) || !isIpvsInLane() || !isPlainPacket(packet)) return;
  if (hookChain(4, Table.Raw, Hook.PreRouting) === null) note(packet, 0, 0);
}

const TCP_SYN: u8 = 2;

/** What was true when the lesson began. */
let statusBefore: u32 = 0;
let markBefore: u32 = 0;
let lengthBefore: u32 = 0;
let tosBefore: u32 = 0;
let flagsBefore: u8 = 0;
let choicesBefore: u32 = 0;
let ctBefore: usize = 0;

function begin(packet: Packet): void {
  // The packet after a SYN-ACK finds the connection in another state (ASSURED): nothing to be learned here.
  if (packet.protocol == PROTO_TCP && tcpFlags(packet) & TCP_SYN) return;
  const status = ctStatus(packet.ct);
  if (status & IPS_CONFIRMED) note(packet, status, ctMark(packet.ct));
}

function note(packet: Packet, status: u32, mark: u32): void {
  beginLesson(packet);
  ctBefore = packet.ct;
  statusBefore = status;
  markBefore = mark;
  lengthBefore = packet.length;
  tosBefore = packet.tos;
  flagsBefore = tcpFlags(packet);
  choicesBefore = multipathChoices;
}

/** The packet left in one piece, and its walk has ended: the next one of its direction goes this way at once. */
export function learn(packet: Packet): void {
  if (learner != changetype<usize>(packet)) return;
  endLesson();
  const ct = packet.ct;
  if (ct != ctBefore) return;
  if (ct == 0 ? learnedServer == 0 : ctStatus(ct) != statusBefore || ctMark(ct) != markBefore) return;
  if (packet.routeResult != RouteResult.Forward || packet.routeType != RouteType.Unicast) return;
  if (packet.doRedirect || packet.inDevice == packet.outDevice || multipathChoices != choicesBefore) return;
  // What is both DNAT's and IPVS' to rewrite goes ways of its own.
  if (learnedServer != 0 && statusBefore & IPS_DST_NAT) return;
  if (lookups > <u32>u8.MAX_VALUE) return;
  if (packet.length != lengthBefore || packet.tos != tosBefore || isNeighbourMissing) return;
  if (packet.fragMaxSize != 0 || device(packet.outDevice).flags & DEVICE_SINK) return;
  const exit = plainExit(packet);
  if (exit === null) return;
  keep(packet, exit);
}

function keep(packet: Packet, exit: Exit): void {
  writeKey(packet, exit);
  const shortcut = internShortcut();
  if (shortcut.count == 0) shortcut.count = changetype<usize>(pathCountOf(packet.path));
  if (packet.ct == 0) return keepInConnection(shortcut);
  const direction: Direction = packet.isReply ? Direction.Reply : Direction.Original;
  const head = flowHead(packet.ct, direction);
  if (!isPair(head)) forgetMemories(memoriesOf(head));
  setFlowHead(packet.ct, direction, withShortcut(head, shortcut));
}

function writeKey(packet: Packet, exit: Exit): void {
  clearShortcutKey();
  const to = shortcutKey;
  to.generation = flowGeneration();
  to.path = packet.path;
  to.ctMark = markBefore;
  learnMtu(packet.routeMtu);
  to.mtu = leastMtu;
  to.inDevice = <u16>packet.inDevice;
  to.outDevice = <u16>packet.outDevice;
  to.ctStatus = <u16>statusBefore;
  to.ctinfo = packet.ctinfo;
  to.tos = <u8>tosBefore;
  if (learnsFlags) to.tcpFlags = flagsBefore;
  to.flagsKeyed = learnsFlags;
  to.isTranslated =
    learnedServer != 0
      ? learnsTranslation
      : isLoaded(packet.family, Table.Nat) && (statusBefore & (IPS_SRC_NAT | IPS_DST_NAT)) != 0;
  to.server = learnedServer;
  to.lookups = <u8>lookups;
  to.linkLength = <u8>exit.headerLength;
  to.family = packet.family;
  memory.copy(
    changetype<usize>(to) + offsetof<Shortcut>("link0"),
    changetype<usize>(exit) + offsetof<Exit>("header"),
    exit.headerLength,
  );
}
