import { serviceName } from "../config/iptables/names.ts";
import { printIpvsadmSave } from "../config/ipvs/save.ts";
import type { IpvsService } from "../model/ipvs.ts";
import { inSavedOrder } from "../report/ipvs-order.ts";

/** What `ipvsadm -S` prints, of services in the order in which they were entered. */
export function saveIpvs(services: readonly IpvsService[], numeric: boolean): string {
  const text = printIpvsadmSave(inSavedOrder(services));
  if (numeric) return text;
  return text.replace(
    / (-[tur]|--sctp-service) (\S+)/g,
    (_, option: string, endpoint: string) => ` ${option} ${named(endpoint, option)}`,
  );
}

/** A port's name, where the service has one; the loopback address is localhost. */
function named(endpoint: string, option: string): string {
  const colon = endpoint.lastIndexOf(":");
  if (colon < 0) return endpoint;
  const protocol = option === "-u" ? 17 : option === "--sctp-service" ? 132 : 6;
  const host = endpoint.slice(0, colon);
  const port = Number(endpoint.slice(colon + 1));
  return `${host === "127.0.0.1" ? "localhost" : host}:${serviceName(port, protocol) ?? port}`;
}
