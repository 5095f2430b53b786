import type { Frames } from "./frames.ts";
import { anyPort, CLIENTS, SERVER, type Stream } from "./hostile.ts";

/** Virtual addresses of the node: masqueraded and persistent, reached directly, in a tunnel. */
export const WEB = 0x0a600001;
export const DIRECT = 0x0a600002;
export const TUNNEL = 0x0a600003;
const REAL_PORT = 8080;

const SYN = 0x02;
const ACK = 0x10;
const PUSH_ACK = 0x18;

/** Few clients of virtual services, any flags: connections of IPVS open, are used again and end in every way. */
function anyServiceTcp(frames: Frames): void {
  const client = CLIENTS + frames.below(200);
  const port = 1024 + frames.below(20);
  const virtual = WEB + frames.below(3);
  if (frames.below(3) > 0) frames.tcp(0, client, virtual, [port, 80], frames.below(64));
  else frames.tcp(1, SERVER + frames.below(3), client, [REAL_PORT, port], frames.below(64));
}

/** More clients than there is room for. */
function serviceFlood(frames: Frames): void {
  const client = CLIENTS + frames.below(1 << 18);
  if (frames.below(3) > 0) frames.tcp(0, client, WEB + frames.below(3), [anyPort(frames), 80], SYN);
  else frames.udp(0, client, WEB, [anyPort(frames), 53]);
}

/** FTP: somebody logs in, or says that he has, and announces ports that nobody, or anybody, then connects to. */
function ftp(frames: Frames): void {
  const client = CLIENTS + frames.below(400);
  const control = [anyPort(frames), 21] as const;
  const back = [control[1], control[0]] as const;
  frames.segment(0, client, SERVER, control, { flags: SYN, sequence: 1000 });
  frames.segment(1, SERVER, client, back, { flags: SYN | ACK, sequence: 5000, acknowledge: 1001 });
  frames.segment(0, client, SERVER, control, { flags: ACK, sequence: 1001, acknowledge: 5001 });
  let sequence = 1001;
  for (let i = frames.below(4); i >= 0; i--) {
    const port = anyPort(frames);
    const bytes = [client >>> 24, (client >>> 16) & 255, (client >>> 8) & 255, client & 255, port >> 8, port & 255];
    const text = frames.below(8) > 0 ? `PORT ${bytes.join(",")}\r\n` : "PORT 1,2,3\r\n";
    frames.segment(0, client, SERVER, control, { flags: PUSH_ACK, sequence, acknowledge: 5001, text });
    sequence += text.length;
    if (frames.below(2) > 0) frames.segment(1, SERVER, client, [20, port], { flags: SYN, sequence: 9000 });
  }
  if (frames.below(3) === 0) frames.segment(0, client, SERVER, control, { flags: 0x04, sequence });
}

/** TFTP: requests, and answers from ports that may have been expected. */
function tftp(frames: Frames): void {
  const client = CLIENTS + frames.below(2_000);
  const port = 1024 + frames.below(30);
  if (frames.below(3) > 0) frames.udp(0, client, SERVER, [port, 69], "\0\x01file\0octet\0");
  else frames.udp(1, SERVER, client, [anyPort(frames), port]);
}

export const SERVICE_STREAMS: ReadonlyMap<string, Stream> = new Map<string, Stream>([
  ["TCP of any flags to services", anyServiceTcp],
  ["flood of services", serviceFlood],
  ["FTP", ftp],
  ["TFTP", tftp],
]);
