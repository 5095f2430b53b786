/** What the host calls of ipset: making, filling and reading sets. */
export { isVolatileSet } from "./index";
