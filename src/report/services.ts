import type { LoadedServices } from "../compile/ipvs.ts";
import { countedServices } from "./ipvs.ts";
import { numericEndpoint } from "./ipvs-list.ts";

/** What a virtual service of IPVS gave to each of its servers. */
export interface ServiceSummary {
  /** As `ipvsadm` names it: `TCP 10.96.0.1:443`, `FWM 7`. */
  readonly service: string;
  readonly scheduler: string;
  readonly connections: number;
  readonly packets: number;
  readonly servers: readonly {
    readonly server: string;
    readonly weight: number;
    readonly connections: number;
    readonly packets: number;
  }[];
}

/** The services, those with the most connections first; of a node without IPVS none. */
export function summarizeServices(services: LoadedServices): ServiceSummary[] {
  const states = services.read();
  const summaries = countedServices(services).map(({ service, numbers, servers }, i) => ({
    service: services.serviceText(states[i]!.number) ?? "",
    scheduler: service.scheduler,
    connections: Number(numbers.connections),
    packets: Number(numbers.inPackets),
    servers: servers.map((server) => ({
      server: numericEndpoint(server.address, server.port),
      weight: server.weight,
      connections: Number(server.numbers.connections),
      packets: Number(server.numbers.inPackets),
    })),
  }));
  return summaries.sort((a, b) => b.connections - a.connections || b.packets - a.packets);
}
