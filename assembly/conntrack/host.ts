/** What the host calls of connection tracking: reading the table. */
export { entryCount } from "./entry";
