import { ForwardMethod } from "../../assembly/abi/ipvs.ts";
import type { LoadedServices } from "../compile/ipvs.ts";
import type { IpvsServerState } from "../compile/ipvs-reader.ts";
import { printEndpoint } from "../config/ipvs/address.ts";
import type { IpvsServer } from "../model/ipvs.ts";
import {
  type IpvsListKind,
  type ListedServer,
  type ListedService,
  numericEndpoint,
  printServices,
} from "./ipvs-list.ts";
import { sortedServices } from "./ipvs-order.ts";

const METHODS: Readonly<Record<number, ListedServer["method"]>> = {
  [ForwardMethod.Masq]: "Masq",
  [ForwardMethod.LocalNode]: "Local",
  [ForwardMethod.Tunnel]: "Tunnel",
  [ForwardMethod.DirectRoute]: "Route",
};

/** Which numbers a listing shows: as they are, as the estimator copied them last, or its rates. */
type Numbers = "counters" | "shown" | "rates";

/** What `ipvsadm -Ln` prints. */
export function reportIpvsServices(services: LoadedServices): string {
  const listed = sortedServices(listServices(services, "shown"));
  return printServices(listed, { kind: "plain", exact: false, endpoint: numericEndpoint }, true);
}

/** What `ipvsadm -Ln --stats --exact` prints, right after the estimator ran. */
export function reportIpvsStats(services: LoadedServices): string {
  const listed = sortedServices(listServices(services, "counters"));
  return printServices(listed, { kind: "stats", exact: true, endpoint: numericEndpoint }, true);
}

/** Services with their counters as they are, not as the estimator showed them last. */
export function countedServices(services: LoadedServices): ListedService[] {
  return listServices(services, "counters");
}

/** Services as the kernel shows them now, in its order; the kernel's own begins with a hash that is not reproducible. */
export function listedServices(services: LoadedServices, kind: IpvsListKind): ListedService[] {
  return listServices(services, kind === "rate" ? "rates" : "shown");
}

function listServices(services: LoadedServices, numbers: Numbers): ListedService[] {
  return services.read().map((state) => ({
    service: services.service(state.number)!,
    numbers: state[numbers],
    servers: state.servers.map((server) => listedServer(server, services.serversOf(state.number), numbers)),
  }));
}

function listedServer(
  state: IpvsServerState,
  servers: ReadonlyMap<string, IpvsServer>,
  numbers: Numbers,
): ListedServer {
  const described = servers.get(printEndpoint(state.address, state.port));
  return {
    address: state.address,
    port: state.port,
    method: METHODS[state.method] ?? "Masq",
    weight: state.weight,
    upperThreshold: described?.upperThreshold ?? 0,
    lowerThreshold: described?.lowerThreshold ?? 0,
    tunnel: described?.tunnel ?? { type: "ipip", port: 0, checksum: "none" },
    active: state.active,
    inactive: state.inactive,
    persistent: state.persistent,
    numbers: state[numbers],
  };
}
