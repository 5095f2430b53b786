import type { LoadedServices } from "../compile/ipvs.ts";
import type { IpvsConnectionState } from "../compile/ipvs-reader.ts";
import { printEndpoint } from "../config/ipvs/address.ts";

const TCP = 6;
const UDP = 17;
const SCTP = 132;

const PROTOCOLS: Readonly<Record<number, string>> = { 0: "IP", [TCP]: "TCP", [UDP]: "UDP", [SCTP]: "SCTP" };

const TCP_STATES = [
  "NONE",
  "ESTABLISHED",
  "SYN_SENT",
  "SYN_RECV",
  "FIN_WAIT",
  "TIME_WAIT",
  "CLOSE",
  "CLOSE_WAIT",
  "LAST_ACK",
  "LISTEN",
  "SYNACK",
];

const SCTP_STATES = [
  "NONE",
  "INIT1",
  "INIT",
  "C-SENT",
  "C-REPLIED",
  "C-WAIT",
  "COOKIE",
  "C-ECHOED",
  "ESTABLISHED",
  "S-SENT",
  "S-RECEIVED",
  "S-ACK-SENT",
  "REJECTED",
  "CLOSED",
];

const TITLE =
  "IPVS connection entries\n" + "pro expire state       source             virtual            destination\n";

/** What `ipvsadm -Lnc` prints. The kernel's order is arbitrary; here the lines are sorted. */
export function reportIpvsConnections(services: LoadedServices): string {
  return TITLE + connectionLines(services).join("");
}

/** The lines of it. @param withData the columns of `--persistent-conn`: what persistence engines keep. */
export function connectionLines(services: LoadedServices, withData = false): string[] {
  return services
    .readConnections()
    .map((connection) => `${connectionLine(connection, withData)}\n`)
    .sort();
}

export function protocolName(protocol: number): string {
  return PROTOCOLS[protocol] ?? `IP_${protocol}`;
}

function connectionLine(connection: IpvsConnectionState, withData: boolean): string {
  const columns = [
    protocolName(connection.protocol).padEnd(3),
    timeText(connection.remainingSeconds).padEnd(6),
    stateText(connection).padEnd(11),
    printEndpoint(connection.client, connection.clientPort).padEnd(18),
    printEndpoint(connection.virtual, connection.virtualPort).padEnd(18),
    printEndpoint(connection.server, connection.serverPort),
  ];
  const { callId } = connection;
  if (withData && callId !== undefined) columns.push(columns.pop()!.padEnd(16), "sip".padEnd(18), callId);
  return columns.join(" ");
}

/** Minutes and seconds. */
function timeText(seconds: number): string {
  return [Math.floor(seconds / 60), seconds % 60].map((part) => String(part).padStart(2, "0")).join(":");
}

/** The state as the kernel names it (ip_vs_state_name). */
export function stateText({ isTemplate, protocol, state }: IpvsConnectionState): string {
  if (isTemplate) return state & 1 ? "ASSURED" : "NONE";
  if (protocol === UDP) return "UDP";
  return (protocol === SCTP ? SCTP_STATES : TCP_STATES)[state] ?? "NONE";
}
