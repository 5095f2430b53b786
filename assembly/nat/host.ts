/** What the host calls of NAT. */
export { endMasqueraded } from "./masquerade";
