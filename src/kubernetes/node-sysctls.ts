import type { ProxyConfiguration } from "./configuration.ts";

/** Settings of the made-up node. */
export const PLAIN_SYSCTLS: readonly (readonly [string, string])[] = [
  ["net.ipv4.ip_forward", "1"],
  ["net.ipv6.conf.all.forwarding", "1"],
  ["net.ipv6.conf.default.forwarding", "1"],
];

const DAY = 86400;
const HOUR = 3600;

/**
 * kube-proxy shortens two of conntrack's timeouts, and others if told so (cmd/kube-proxy/app/conntrack.go).
 *
 * @param isReal how many processors a real node has is not known: its table's size stays as it is.
 */
export function conntrackSysctls(configuration: ProxyConfiguration, isReal: boolean): [string, string][] {
  const timeout = (name: string, seconds: number): [string, string][] =>
    seconds === 0 ? [] : [[`net.netfilter.nf_conntrack_${name}`, String(seconds)]];
  return [
    ...timeout("tcp_timeout_established", configuration.conntrackEstablished ?? DAY),
    ...timeout("tcp_timeout_close_wait", configuration.conntrackCloseWait ?? HOUR),
    ...timeout("udp_timeout", configuration.conntrackUdp ?? 0),
    ...timeout("udp_timeout_stream", configuration.conntrackUdpStream ?? 0),
    ...(isReal ? [] : conntrackMax(configuration)),
    ...(configuration.conntrackLiberal ? [["net.netfilter.nf_conntrack_tcp_be_liberal", "1"] as [string, string]] : []),
  ];
}

/** Processors of the made-up node. */
const PLAIN_PROCESSORS = 4;

/** Entries that kube-proxy makes room for; 0 a processor leaves it to the kernel. */
function conntrackMax({ conntrackMaxPerCore, conntrackMin }: ProxyConfiguration): [string, string][] {
  if (conntrackMaxPerCore === 0) return [];
  const max = Math.max(conntrackMin, conntrackMaxPerCore * PLAIN_PROCESSORS);
  return [["net.netfilter.nf_conntrack_max", String(max)]];
}
