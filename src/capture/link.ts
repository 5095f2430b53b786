import { readEthernet, readSll, readSll2 } from "./link-ethernet.ts";
import type { LinkHeader } from "./link-header.ts";
import { readFamilyLoop, readNflog, readRaw } from "./link-raw.ts";
import {
  DLT_RAW,
  DLT_RAW_OPENBSD,
  LINKTYPE_ETHERNET,
  LINKTYPE_IPV4,
  LINKTYPE_IPV6,
  LINKTYPE_LINUX_SLL,
  LINKTYPE_LINUX_SLL2,
  LINKTYPE_LOOP,
  LINKTYPE_NFLOG,
  LINKTYPE_NULL,
  LINKTYPE_RAW,
  unreadLinkType,
} from "./link-types.ts";
import type { CapturePacket } from "./packet.ts";

/**
 * Reads the link header of a packet into `link`.
 *
 * @returns whether it is an IP packet; if not, `link.reason` says what it is.
 */
export function readLink(packet: CapturePacket, link: LinkHeader): boolean {
  link.reset();
  const { data, start, length } = packet;
  const end = start + length;
  switch (packet.interface.linkType) {
    case LINKTYPE_ETHERNET:
      readEthernet(data, start, end, link);
      break;
    case LINKTYPE_LINUX_SLL:
      readSll(data, start, end, link);
      break;
    case LINKTYPE_LINUX_SLL2:
      readSll2(data, start, end, link);
      break;
    case LINKTYPE_IPV4:
      link.family = 4;
      break;
    case LINKTYPE_IPV6:
      link.family = 6;
      break;
    case LINKTYPE_RAW:
    case DLT_RAW:
    case DLT_RAW_OPENBSD:
      readRaw(data, start, end, link);
      break;
    case LINKTYPE_NULL:
    case LINKTYPE_LOOP:
      readFamilyLoop(data, start, end, link);
      break;
    case LINKTYPE_NFLOG:
      readNflog(data, start, end, packet.interface.littleEndian, link);
      break;
    default:
      link.reason = reasonFor(packet.interface.linkType);
  }
  return link.family !== 0;
}

const reasons = new Map<number, string>();

function reasonFor(linkType: number): string {
  let reason = reasons.get(linkType);
  if (reason === undefined) {
    reason = unreadLinkType(linkType);
    reasons.set(linkType, reason);
  }
  return reason;
}
