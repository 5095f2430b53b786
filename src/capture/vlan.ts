import type { LinkHeader } from "./link-header.ts";
import { LINKTYPE_LINUX_SLL2 } from "./link-types.ts";
import type { CapturePacket } from "./packet.ts";

const TAG_BYTES = 4;
const VLAN_VID_MASK = 0xfff;
const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;

/** Finds the VLAN device above a device, by the tag's protocol (0x8100, 0x88a8) and VLAN id. */
export type FindVlanDevice<Device> = (below: Device, protocol: number, vlanId: number) => Device | undefined;

/**
 * The device at which a tagged frame arrives, as __netif_receive_skb_core() and vlan_do_receive() find it
 * (net/core/dev.c, net/8021q/vlan_core.c): tag by tag from the outside, the VLAN device above the device so far; a tag
 * of VLAN 0 for which there is none only carries a priority and is dropped.
 *
 * @param device where the frame was captured.
 * @param keepsPriority a bridge takes the frame with such a tag in it.
 * @returns undefined when a tag has no device: the frame then counts as another host's, and IP drops it.
 */
export function vlanDevice<Device>(
  link: LinkHeader,
  device: Device,
  find: FindVlanDevice<Device>,
  keepsPriority = false,
): Device | undefined {
  let current = device;
  for (let i = 0; i < link.tagCount; i++) {
    const protocol = link.tags[i] >>> 16;
    const vlanId = link.tags[i] & VLAN_VID_MASK;
    const above = find(current, protocol, vlanId);
    if (above === undefined && (vlanId !== 0 || keepsPriority)) return undefined;
    current = above ?? current;
  }
  return current;
}

/**
 * A copy of a tagged frame without its tags, as the kernel hands it on (skb_reorder_vlan_header()). Its link header is
 * shorter by four bytes for each tag, and so is its length on the wire.
 *
 * @param link header of the frame, of an IP packet.
 */
export function withoutTags(packet: CapturePacket, link: LinkHeader): Uint8Array {
  const { data, start, length } = packet;
  const tagBytes = link.tagCount * TAG_BYTES;
  const headerBytes = link.macLength - tagBytes;
  const frame = new Uint8Array(length - tagBytes);
  frame.set(data.subarray(start, start + headerBytes));
  frame.set(data.subarray(start + link.macLength, start + length), headerBytes);
  const etherType = link.family === 4 ? ETH_P_IP : ETH_P_IPV6;
  const at = packet.interface.linkType === LINKTYPE_LINUX_SLL2 ? 0 : headerBytes - 2;
  frame[at] = etherType >> 8;
  frame[at + 1] = etherType & 0xff;
  return frame;
}
