/** What the host calls of IPVS: services and servers, connections. */
import { connectionAfter } from "./connection-buckets";
import { serverRequest, serviceRequest } from "./control";
import { newestService } from "./service";
import { IpvsStats, settleStats } from "./statistics";

export {
  addServer as ipvsAddServer,
  addService as ipvsAddService,
  clearServices as ipvsClear,
  deleteServer as ipvsDeleteServer,
  deleteService as ipvsDeleteService,
  editServer as ipvsEditServer,
  editService as ipvsEditService,
  zeroService as ipvsZeroService,
  zeroServices as ipvsZeroServices,
} from "./control";
export { setTimeouts as ipvsSetTimeouts } from "./protocols/timeouts";
export { forgetPathMtus } from "./transmit/path-mtu";

/** Where the host writes what a request is about: a `ServiceRequest`, then a `ServerRequest`. */
export function ipvsServiceRequest(): usize {
  return changetype<usize>(serviceRequest);
}

export function ipvsServerRequest(): usize {
  return changetype<usize>(serverRequest);
}

/** Brings the counters of a service or server (an `IpvsStats`) to where the estimator left them. */
export function ipvsSettleStats(stats: usize): void {
  settleStats(changetype<IpvsStats>(stats));
}

/** The newest service (an `IpvsService`, 0 for none); others follow by `listNext`, their servers by `next`. */
export function ipvsServices(): usize {
  return newestService();
}

/** The connection after another one, or the first (after 0); 0 at the end. */
export function ipvsConnectionAfter(connection: usize): usize {
  return connectionAfter(connection);
}
