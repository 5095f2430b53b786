import { PROTO_GRE } from "../../assembly/abi/protocol.ts";
import { helperName } from "../compile/helper.ts";
import { formatAddress } from "../config/address.ts";
import type { Core } from "../core/core.ts";
import { EntryRecordLayout, ExpectationRecordLayout } from "../core/layout.generated.ts";
import { type Field, getNumber } from "../core/record.ts";
import { entryParts } from "./conntrack.ts";
import { expectationFlags } from "./expectations.ts";

const NS_PER_SECOND = 1_000_000_000n;

/**
 * /proc/net/nf_conntrack (ct_seq_show(), net/netfilter/nf_conntrack_standalone.c) of a kernel with marks and zones, both
 * families, one line an entry.
 */
export function procConntrack(core: Core): string {
  const nowNs = core.now();
  let text = "";
  core.firstEntry();
  for (let record = core.nextEntry(); record !== 0; record = core.nextEntry()) {
    text += `${entryLine(new DataView(core.memory.buffer), record, nowNs)}\n`;
  }
  return text;
}

function entryLine(view: DataView, record: number, nowNs: bigint): string {
  const parts = entryParts(view, record, formatWhole);
  const { original, reply, times } = parts;
  let line = `${parts.layer3}${parts.protocol}${parts.secondsLeft} ${parts.state}${greTimeouts(view, record)}`;
  line += original.tuple + original.counts;
  if (!parts.isReplied) line += "[UNREPLIED] ";
  line += reply.tuple + reply.counts;
  if (parts.isAssured) line += "[ASSURED] ";
  line += `mark=${parts.mark} ${zoneWord(view, record, parts.zone)}`;
  if (times) line += `delta-time=${nowNs > times.startNs ? (nowNs - times.startNs) / NS_PER_SECOND : 0n} `;
  // Whoever reads holds it too.
  return `${line}use=${parts.uses + 1}`;
}

/** Unlike `conntrack`, the kernel names the default zone too, where it holds in both directions. */
function zoneWord(view: DataView, record: number, zone: string): string {
  return getNumber(view, record, EntryRecordLayout.zone) === 0 ? "zone=0 " : zone;
}

function greTimeouts(view: DataView, record: number): string {
  if (getNumber(view, record, EntryRecordLayout.protocol) !== PROTO_GRE) return "";
  const seconds = (field: Field) => getNumber(view, record, field);
  return `timeout=${seconds(EntryRecordLayout.greTimeout)}, stream_timeout=${seconds(EntryRecordLayout.greStreamTimeout)} `;
}

/** An address with all its digits: IPv6 as eight groups of four. */
function formatWhole(address: Uint8Array): string {
  if (address.length === 4) return formatAddress(address);
  const digits = Array.from(address, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.match(/.{4}/g)!.join(":");
}

/** /proc/net/nf_conntrack_expect (exp_seq_show(), net/netfilter/nf_conntrack_expect.c). */
export function procExpectations(core: Core): string {
  let text = "";
  core.firstExpectation();
  for (let record = core.nextExpectation(); record !== 0; record = core.nextExpectation()) {
    text += `${expectationLine(new DataView(core.memory.buffer), record)}\n`;
  }
  return text;
}

function expectationLine(view: DataView, record: number): string {
  const layout = ExpectationRecordLayout;
  const number = (field: Field) => getNumber(view, record, field);
  const isIpv4 = number(layout.family) === 4;
  const address = (field: Field) => formatWhole(new Uint8Array(view.buffer, record + field.offset, isIpv4 ? 4 : 16));
  const flags = expectationFlags(number(layout.flags));
  const helper = helperName(number(layout.helper)) ?? "";
  return [
    `${number(layout.secondsLeft)} l3proto = ${isIpv4 ? 2 : 10} proto=${number(layout.protocol)}`,
    `src=${address(layout.source0)} dst=${address(layout.destination0)}`,
    `sport=${number(layout.sourcePort)} dport=${number(layout.destinationPort)}`,
    `${flags}${flags && helper ? " " : ""}${helper}`,
  ].join(" ");
}
