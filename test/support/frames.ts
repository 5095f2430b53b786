import { PcapngWriter, PcapWriter } from "../../src/capture/index.ts";
import { parseMac } from "../../src/config/address.ts";
import { buildPacket, withEthernet } from "../../src/engine/build-packet.ts";
import { parseDescription } from "../../src/engine/described-packet.ts";

const PEER = "02:09:00:00:00:09";

/** A frame to a MAC address with a packet in words: `tcp 10.0.0.9:1 > 10.1.0.9:80 S`. */
export function frameTo(mac: string, packet: string, from = PEER): Uint8Array {
  return withEthernet(packetOf(packet), parseMac(mac)!, parseMac(from)!);
}

export function packetOf(words: string): Uint8Array {
  return buildPacket(parseDescription(words));
}

export interface Captured {
  readonly bytes: Uint8Array;
  /** Interface, by its place in the list; default the first. */
  readonly on?: number;
  readonly seconds?: number;
}

const ETHERNET = 1;
const RAW = 101;
const NFLOG = 239;
const LINK_TYPES: Readonly<Record<string, number>> = { local: RAW, nflog: NFLOG };

/** A pcapng of these frames; the interface called `local` holds bare IP packets, `nflog` the records of an NFLOG rule. */
export function pcapngOf(interfaces: readonly string[], packets: readonly Captured[]): Uint8Array {
  const writer = new PcapngWriter(interfaces.map((name) => ({ name, linkType: LINK_TYPES[name] ?? ETHERNET })));
  for (const packet of packets) writer.write(record(packet));
  return writer.take();
}

/** A classic pcap, which names no interface. */
export function pcapOf(packets: readonly Captured[]): Uint8Array {
  const writer = new PcapWriter(ETHERNET);
  for (const packet of packets) writer.write(record(packet));
  return writer.take();
}

function record({ bytes, on = 0, seconds = 0 }: Captured) {
  const ns = BigInt(Math.round(seconds * 1e9));
  return {
    interface: on,
    timeHigh: Number(ns >> 32n),
    timeLow: Number(ns & 0xffffffffn),
    bytes,
    wireLength: bytes.length,
  };
}
