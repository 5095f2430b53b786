import { DccpState, IPS_ASSURED, IPS_SEEN_REPLY, SctpState, TcpState } from "../../assembly/abi/conntrack.ts";
import {
  PROTO_DCCP,
  PROTO_GRE,
  PROTO_ICMP,
  PROTO_ICMPV6,
  PROTO_SCTP,
  PROTO_TCP,
  PROTO_UDP,
  PROTO_UDPLITE,
} from "../../assembly/abi/protocol.ts";
import { helperName } from "../compile/helper.ts";
import { formatAddress } from "../config/address.ts";
import type { Core } from "../core/core.ts";
import { EntryRecordLayout } from "../core/layout.generated.ts";
import { type Field, getBigInt, getNumber } from "../core/record.ts";

/** Directions in which a zone holds: both is what `zone=` means, one alone stands with its tuple. */
const ZONE_ORIGINAL = 1;
const ZONE_REPLY = 2;
const ZONE_BOTH = ZONE_ORIGINAL | ZONE_REPLY;

const PROTOCOL_NAMES = new Map<number, string>([
  [PROTO_ICMP, "icmp"],
  [PROTO_TCP, "tcp"],
  [PROTO_UDP, "udp"],
  [PROTO_DCCP, "dccp"],
  [PROTO_GRE, "gre"],
  [PROTO_ICMPV6, "icmpv6"],
  [PROTO_SCTP, "sctp"],
  [PROTO_UDPLITE, "udplite"],
]);

/** What `conntrack -L -o` shows beside the usual. */
export interface ListingForm {
  /** The family and its number. Default true. */
  readonly extended?: boolean;
  /** A number for each connection. Default false. */
  readonly id?: boolean;
  /** When it began, in UTC, where nf_conntrack_timestamp is on. Default false. */
  readonly ktimestamp?: boolean;
  /** Names of labels, by connlabel.conf. Default: not shown. */
  readonly labels?: ReadonlyMap<string, number>;
}

/** The connection table as `conntrack -L -o extended` prints it (conntrack-tools 1.4.7), both families, one line an entry. */
export function* listConntrack(
  core: Core,
  form: ListingForm = {},
  isShown: (record: number) => boolean = () => true,
): Generator<string> {
  const nowNs = core.now();
  core.firstEntry();
  for (let record = core.nextEntry(); record !== 0; record = core.nextEntry()) {
    if (isShown(record)) yield entryLine(new DataView(core.memory.buffer), record, form, nowNs);
  }
}

/** All lines of {@link listConntrack}; empty where nothing is tracked. */
export function reportConntrack(core: Core, labels?: ReadonlyMap<string, number>): string {
  let text = "";
  for (const line of listConntrack(core, { labels })) text += `${line}\n`;
  return text;
}

function entryLine(view: DataView, record: number, form: ListingForm, nowNs: bigint): string {
  const parts = entryParts(view, record);
  const { layer3, protocol, secondsLeft, state, original, reply } = parts;
  let line = `${form.extended === false ? "" : layer3}${protocol}${secondsLeft} ${state}`;
  line += original.tuple + original.counts;
  if (!parts.isReplied) line += "[UNREPLIED] ";
  line += reply.tuple + reply.counts;
  if (parts.isAssured) line += "[ASSURED] ";
  line += `mark=${parts.mark} ${parts.zone}${timesText(parts, nowNs, form.ktimestamp)}${parts.helper}use=${parts.uses}`;
  if (form.id) line += ` id=${parts.id}`;
  return form.labels ? line + labelsText(view, record, form.labels) : line;
}

/** The words of an entry's line, each with the space behind it, where there is one. */
export interface EntryParts {
  readonly layer3: string;
  readonly protocol: string;
  readonly secondsLeft: number;
  readonly state: string;
  readonly original: { readonly tuple: string; readonly counts: string };
  readonly reply: { readonly tuple: string; readonly counts: string };
  readonly isReplied: boolean;
  readonly isAssured: boolean;
  readonly mark: number;
  readonly zone: string;
  readonly helper: string;
  readonly id: number;
  /** Holders: the table, and each connection that it expected. */
  readonly uses: number;
  /** When it began and, once it has ended, when; nanoseconds. Undefined where that is not kept. */
  readonly times: { readonly startNs: bigint; readonly stopNs: bigint } | undefined;
}

/**
 * Reads an `EntryRecord`.
 *
 * @param print how an address is written.
 */
export function entryParts(view: DataView, record: number, print = formatAddress): EntryParts {
  const number = (field: Field) => getNumber(view, record, field);
  const layout = EntryRecordLayout;
  const family = number(layout.family);
  const protocol = number(layout.protocol);
  const status = number(layout.status);
  const helper = helperName(number(layout.helper));
  const accounted = number(layout.accounted) !== 0;
  const counts = (packets: Field, bytes: Field) =>
    accounted ? `packets=${getBigInt(view, record, packets)} bytes=${getBigInt(view, record, bytes)} ` : "";
  const zoneOf = (directions: number, name: string) =>
    number(layout.zone) !== 0 && number(layout.zoneDirections) === directions ? `${name}=${number(layout.zone)} ` : "";
  const original = tuple(view, record, print, {
    source: layout.originalSource0,
    destination: layout.originalDestination0,
    sourcePort: layout.originalSourcePort,
    destinationPort: layout.originalDestinationPort,
  });
  const reply = tuple(view, record, print, {
    source: layout.replySource0,
    destination: layout.replyDestination0,
    sourcePort: layout.replySourcePort,
    destinationPort: layout.replyDestinationPort,
  });
  return {
    layer3: `${(family === 4 ? "ipv4" : "ipv6").padEnd(8)} ${family === 4 ? 2 : 10} `,
    protocol: `${(PROTOCOL_NAMES.get(protocol) ?? "unknown").padEnd(8)} ${protocol} `,
    secondsLeft: number(layout.secondsLeft),
    state: stateWord(protocol, number(layout.state)),
    original: {
      tuple: original + zoneOf(ZONE_ORIGINAL, "zone-orig"),
      counts: counts(layout.originalPackets, layout.originalBytes),
    },
    reply: {
      tuple: reply + zoneOf(ZONE_REPLY, "zone-reply"),
      counts: counts(layout.replyPackets, layout.replyBytes),
    },
    isReplied: (status & IPS_SEEN_REPLY) !== 0,
    isAssured: (status & IPS_ASSURED) !== 0,
    mark: number(layout.mark),
    zone: zoneOf(ZONE_BOTH, "zone"),
    helper: helper === undefined ? "" : `helper=${helper} `,
    id: number(layout.id),
    uses: number(layout.references),
    times: number(layout.isTimed)
      ? { startNs: getBigInt(view, record, layout.startNs), stopNs: getBigInt(view, record, layout.stopNs) }
      : undefined,
  };
}

const NS_PER_SECOND = 1_000_000_000n;

/**
 * How long it has lived, in seconds, and in words when it began and ended: as the tools take both times down to seconds
 * before they subtract (libnetfilter_conntrack, snprintf_default.c).
 */
export function timesText({ times }: EntryParts, nowNs: bigint, inWords = false): string {
  if (!times) return "";
  const start = times.startNs / NS_PER_SECOND;
  const stop = (times.stopNs || nowNs) / NS_PER_SECOND;
  const text = `delta-time=${BigInt.asUintN(64, stop - start)} `;
  if (!inWords) return text;
  return `${text}[start=${timeInWords(start)}] ${times.stopNs ? `[stop=${timeInWords(stop)}] ` : ""}`;
}

/** As ctime() does: `Thu Nov 26 08:00:00 2026`. */
function timeInWords(seconds: bigint): string {
  const [day, date, month, year, time] = new Date(Number(seconds) * 1000).toUTCString().split(/,? /);
  return `${day} ${month} ${String(Number(date)).padStart(2)} ${time} ${year}`;
}

/** Labels that have names, in the order of their numbers. */
export function labelsText(view: DataView, record: number, names: ReadonlyMap<string, number>): string {
  if (names.size === 0) return "";
  const first = getBigInt(view, record, EntryRecordLayout.labels0);
  const bits = first | (getBigInt(view, record, EntryRecordLayout.labels1) << 64n);
  if (bits === 0n) return "";
  const set = [...names].filter(([, label]) => (bits >> BigInt(label)) & 1n).sort(([, a], [, b]) => a - b);
  return set.length === 0 ? "" : ` labels=${set.map(([name]) => name).join(",")}`;
}

interface TupleFields {
  readonly source: Field;
  readonly destination: Field;
  readonly sourcePort: Field;
  readonly destinationPort: Field;
}

function tuple(view: DataView, record: number, print: (address: Uint8Array) => string, fields: TupleFields): string {
  const size = getNumber(view, record, EntryRecordLayout.family) === 4 ? 4 : 16;
  const protocol = getNumber(view, record, EntryRecordLayout.protocol);
  const address = (field: Field) => print(new Uint8Array(view.buffer, record + field.offset, size));
  const from = getNumber(view, record, fields.sourcePort);
  const to = getNumber(view, record, fields.destinationPort);
  const addresses = `src=${address(fields.source)} dst=${address(fields.destination)} `;
  switch (protocol) {
    case PROTO_TCP:
    case PROTO_UDP:
    case PROTO_UDPLITE:
    case PROTO_SCTP:
    case PROTO_DCCP:
      return `${addresses}sport=${from} dport=${to} `;
    case PROTO_ICMP:
    case PROTO_ICMPV6:
      return `${addresses}type=${to >> 8} code=${to & 255} id=${from} `;
    case PROTO_GRE:
      return `${addresses}srckey=0x${from.toString(16)} dstkey=0x${to.toString(16)} `;
    default:
      return addresses;
  }
}

function stateWord(protocol: number, state: number): string {
  switch (protocol) {
    case PROTO_TCP:
      return `${underscored(TcpState[state]!)} `;
    case PROTO_SCTP:
      return `${underscored(SctpState[state]!)} `;
    case PROTO_DCCP:
      return `${DccpState[state]!.toUpperCase()} `;
    default:
      return "";
  }
}

/** `TimeWait` as TIME_WAIT. */
function underscored(name: string): string {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}
