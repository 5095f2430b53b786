import type { OutputFrame } from "../engine/outputs.ts";
import type { Interface } from "../model/node.ts";
import { hasEthernetHeader } from "./frames.ts";

const ETHERNET_HEADER_BYTES = 14;
const TAG_BYTES = 4;
const ETH_P_8021Q = 0x8100;
const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;

/** Finds the IP packets in frames that leave the node's devices, or are delivered to it. */
export class FrameIp {
  /** By device number. */
  readonly #isEthernet: readonly boolean[];

  constructor(interfaces: readonly Interface[]) {
    this.#isEthernet = [false, ...interfaces.map(hasEthernetHeader)];
  }

  /** Where the IP header begins; undefined for frames that are not IP. */
  startOf({ device, bytes }: Pick<OutputFrame, "device" | "bytes">): number | undefined {
    return this.#isEthernet[device] ? startBehindTags(bytes) : 0;
  }
}

function startBehindTags(frame: Uint8Array): number | undefined {
  let at = ETHERNET_HEADER_BYTES;
  while (etherType(frame, at) === ETH_P_8021Q) at += TAG_BYTES;
  const type = etherType(frame, at);
  return type === ETH_P_IP || type === ETH_P_IPV6 ? at : undefined;
}

function etherType(frame: Uint8Array, end: number): number {
  return ((frame[end - 2] ?? 0) << 8) | (frame[end - 1] ?? 0);
}
