import { FRAGMENT, type Frames, ICMP, ICMPV6, TCP, UDP } from "./frames.ts";

/** A packet, or a few, of somebody who means harm. */
export type Stream = (frames: Frames) => void;

export const SERVER = 0x0a010009;
const NODE = 0x0a000001;
const NODE_OUTSIDE = 0x0a010001;
export const CLIENTS = 0x0b000000;
const SERVER6 = 9;
const CLIENTS6 = 0x1000;

/** An opening from an address and port that may be anybody's. */
function syn(frames: Frames): void {
  frames.tcp(0, CLIENTS + frames.below(1 << 20), SERVER, [anyPort(frames), 80], 0x02);
}

function syn6(frames: Frames): void {
  frames.tcp6(0, CLIENTS6 + frames.below(1 << 20), SERVER6, [anyPort(frames), 80], 0x02);
}

/** Any flags, between few ends: connections open and close in every way. */
function anyTcp(frames: Frames): void {
  const client = CLIENTS + frames.below(50);
  const port = 1024 + frames.below(40);
  if (frames.below(2) === 0) frames.tcp(0, client, SERVER, [port, 80], frames.below(64));
  else frames.tcp(1, SERVER, client, [80, port], frames.below(64));
}

/** Clients with so many ports each, and answers that may be of none. */
function udp(frames: Frames, clients: number, ports: number): void {
  const client = CLIENTS + frames.below(clients);
  const port = 1024 + frames.below(ports);
  if (frames.below(4) > 0) frames.udp(0, client, SERVER, [port, 53]);
  else frames.udp(1, SERVER, client, [53, port]);
}

function udp6(frames: Frames): void {
  const client = CLIENTS6 + frames.below(5_000);
  const port = 1024 + frames.below(20);
  if (frames.below(4) > 0) frames.udp6(0, client, SERVER6, [port, 53]);
  else frames.udp6(1, SERVER6, client, [53, port]);
}

/** A piece of a datagram whose other pieces may never come, or come over it. */
function fragment(frames: Frames): void {
  const more = frames.below(3) > 0 ? 0x2000 : 0;
  const at = frames.begin4(0, CLIENTS + frames.below(300), SERVER, UDP, 20 + 64, more | (frames.below(6) * 4));
  frames.view.setUint16(at - 16, frames.below(40));
  frames.writeUdp(at, [5000, 53], "");
  frames.send(0, 4, at, 64);
}

function fragment6(frames: Frames): void {
  const at = frames.begin6(0, CLIENTS6 + frames.below(300), SERVER6, FRAGMENT, 8 + 64);
  frames.view.setUint16(at, UDP << 8);
  frames.view.setUint16(at + 2, ((frames.below(6) * 4) << 3) | (frames.below(3) > 0 ? 1 : 0));
  frames.view.setUint32(at + 4, frames.below(40));
  frames.writeUdp(at + 8, [5000, 53], "");
  frames.send(0, 6, at, 8 + 64);
}

/** An error about a connection that may exist. */
function icmpError(frames: Frames): void {
  const at = frames.begin4(1, SERVER + frames.below(3), NODE, ICMP, 20 + 36);
  const { view } = frames;
  view.setUint16(at, 0x0300 | frames.below(5));
  const quoted = at + 8;
  view.setUint32(quoted, 0x4500003c);
  view.setUint16(quoted + 8, 0x4000 | (frames.below(2) > 0 ? UDP : TCP));
  view.setUint32(quoted + 12, frames.below(2) > 0 ? NODE_OUTSIDE : CLIENTS + frames.below(64));
  view.setUint32(quoted + 16, SERVER);
  view.setUint16(quoted + 20, anyPort(frames));
  view.setUint16(quoted + 22, frames.below(2) > 0 ? 53 : 80);
  frames.send(1, 4, at, 36);
}

function icmpError6(frames: Frames): void {
  const at = frames.begin6(1, SERVER6 + frames.below(3), CLIENTS6 + frames.below(64), ICMPV6, 8 + 40 + 8);
  const { view } = frames;
  view.setUint8(at, 1 + frames.below(4));
  view.setUint8(at + 1, frames.below(5));
  const quoted = at + 8;
  view.setUint32(quoted, 0x60000000);
  view.setUint16(quoted + 4, 16);
  view.setUint16(quoted + 6, ((frames.below(2) > 0 ? UDP : TCP) << 8) | 63);
  frames.writeAddress6(quoted + 8, 0, CLIENTS6 + frames.below(64));
  frames.writeAddress6(quoted + 24, 1, SERVER6);
  view.setUint16(quoted + 40, anyPort(frames));
  view.setUint16(quoted + 42, frames.below(2) > 0 ? 53 : 80);
  frames.send(1, 6, at, 8 + 40 + 8);
}

function echo(frames: Frames): void {
  const at = frames.begin4(0, CLIENTS + frames.below(1 << 16), SERVER, ICMP, 20 + 16);
  frames.view.setUint16(at, frames.below(8) > 0 ? 0x0800 : 0);
  frames.view.setUint16(at + 4, frames.below(1 << 16));
  frames.send(0, 4, at, 16);
}

/** Bytes without meaning behind an IP header that has some. */
function garbage(frames: Frames): void {
  const size = frames.below(60);
  const isIpv6 = frames.below(2) > 0;
  const at = isIpv6
    ? frames.begin6(0, CLIENTS6 + frames.below(1000), SERVER6 + frames.below(2), frames.below(256), size)
    : frames.begin4(0, CLIENTS + frames.below(1000), SERVER + frames.below(2), frames.below(256), 20 + size);
  for (let i = 0; i < size; i++) frames.view.setUint8(at + i, frames.below(256));
  frames.send(0, isIpv6 ? 6 : 4, at, size);
}

export function anyPort(frames: Frames): number {
  return 1024 + frames.below(60_000);
}

/** By name. */
export const STREAMS: ReadonlyMap<string, Stream> = new Map<string, Stream>([
  ["SYN flood", syn],
  ["SYN flood over IPv6", syn6],
  ["full table", (frames) => udp(frames, 100_000, 50)],
  ["port exhaustion", (frames) => udp(frames, 2_000, 4)],
  ["UDP over IPv6", udp6],
  ["overlapping fragments", (frames) => (frames.below(2) > 0 ? fragment(frames) : fragment6(frames))],
  ["spoofed ICMP errors", (frames) => (frames.below(4) > 0 ? icmpError(frames) : udp(frames, 64, 60_000))],
  ["spoofed ICMPv6 errors", (frames) => (frames.below(4) > 0 ? icmpError6(frames) : udp6(frames))],
  ["TCP of any flags", anyTcp],
  ["pings and garbage", (frames) => (frames.below(2) > 0 ? echo(frames) : garbage(frames))],
]);
