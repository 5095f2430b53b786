/** What the host calls of routing: loading routes, rules and neighbours. */
export { findNeighbour } from "./index";
