import { InvalidArgumentError } from "commander";
import type { WorkloadService } from "../index.ts";

export function positiveInteger(text: string): number {
  if (!/^[0-9]+$/.test(text) || Number(text) < 1) throw new InvalidArgumentError("expected a number from 1 on");
  return Number(text);
}

export function seed(text: string): number {
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(Number(text)))
    throw new InvalidArgumentError("expected a number");
  return Number(text);
}

/** A user, a group or a class: 32 bits, decimal or hexadecimal. */
export function id(text: string): number {
  const number = /^(?:[0-9]+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : Number.NaN;
  if (!(number <= 0xffffffff)) throw new InvalidArgumentError("expected a number of up to 32 bits");
  return number;
}

export function idList(text: string): readonly number[] {
  return text.split(",").map(id);
}

export function seconds(text: string): number {
  if (!/^[0-9]+(?:\.[0-9]+)?$/.test(text)) throw new InvalidArgumentError("expected seconds");
  return Number(text);
}

export function share(text: string): number {
  if (!/^(?:0(?:\.[0-9]+)?|1(?:\.0+)?)$/.test(text)) throw new InvalidArgumentError("expected a share from 0 to 1");
  return Number(text);
}

export function frameSize(text: string): number | "imix" {
  if (text === "imix") return text;
  if (!/^[0-9]+$/.test(text) || Number(text) < 60 || Number(text) > 9014)
    throw new InvalidArgumentError("expected imix, or bytes from 60 to 9014");
  return Number(text);
}

/** Where a capture's packets belong: `NODE_IF` for all, `FILE_IF=NODE_IF` for those of one interface of the file. */
export interface InterfaceChoice {
  /** undefined: every interface without one of its own. */
  readonly from?: string;
  readonly to: string;
}

export function interfaceMap(text: string, before: readonly InterfaceChoice[]): readonly InterfaceChoice[] {
  const equals = text.indexOf("=");
  const choice = equals < 0 ? { to: text } : { from: text.slice(0, equals), to: text.slice(equals + 1) };
  if (!choice.to || choice.from === "") throw new InvalidArgumentError("expected NODE_IF or FILE_IF=NODE_IF");
  return [...before, choice];
}

/** A service that clients talk to: `tcp:10.96.0.10:80`. */
export function service(text: string, before: readonly WorkloadService[] = []): readonly WorkloadService[] {
  const [, protocol, address, port] = /^(tcp|udp):([0-9.]+):([0-9]+)$/.exec(text) ?? [];
  const bytes = address?.split(".").map(Number);
  if (!protocol || bytes?.length !== 4 || bytes.some((byte) => byte > 255) || Number(port) > 0xffff)
    throw new InvalidArgumentError("expected tcp:ADDRESS:PORT or udp:ADDRESS:PORT, IPv4");
  return [...before, { protocol: protocol as "tcp" | "udp", address: Uint8Array.from(bytes), port: Number(port) }];
}

export function macAddress(text: string): Uint8Array {
  if (!/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(text)) throw new InvalidArgumentError("expected a MAC address");
  return Uint8Array.from(text.split(":"), (byte) => Number.parseInt(byte, 16));
}

const EVENT_WORDS = ["timestamp", "extended", "id", "ktimestamp", "labels"];

/** `timestamp,extended,id,labels`, or some of them. */
export function eventWords(text: string): readonly string[] {
  const words = text.split(",");
  const unknown = words.find((word) => !EVENT_WORDS.includes(word));
  if (unknown !== undefined) throw new InvalidArgumentError(`expected ${EVENT_WORDS.join(", ")}, not ${unknown}`);
  return words;
}
