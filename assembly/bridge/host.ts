/** What the host calls of bridges. */
export { setFdbEntry } from "./fdb";
