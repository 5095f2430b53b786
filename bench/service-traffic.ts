import { benchServices } from "./network.ts";
import { established, Flows, handshakes } from "./traffic.ts";

export const SERVICES = 100;
export const BACKENDS = 8;

/** Connections to the usual services, and packets of them once they are established. */
export function trafficOf(flowCount: number, packets: number) {
  const services = benchServices(SERVICES, BACKENDS);
  const flows = new Flows(services, flowCount);
  return { services, opening: handshakes(flows), timed: established(flows, packets) };
}
