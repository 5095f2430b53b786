/** What the host calls of IPVS: services and servers, connections, statistics. */
export { ipvsActive } from "./index";
