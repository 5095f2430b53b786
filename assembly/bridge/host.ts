/** What the host calls of bridges. */
import { forgetAddresses } from "./fdb";
import { forgetMembers, setMember } from "./groups";
import { forgetRouters, snooperOf } from "./snooper";

export { setFdbEntry } from "./fdb";
export { newSnooper, setPortRouter, setQuerier } from "./snooper";

/**
 * A port, or the node (port 0), belongs to a group for so many ticks more, 0: for good. `address`: where its 16 bytes lie;
 * `mac`: where the six of the host are that asked.
 */
export function setGroupMember(bridge: u32, port: u32, family: u32, address: usize, mac: usize, ticks: u32): void {
  const snooper = snooperOf(bridge);
  if (snooper != null) setMember(snooper, port, family, address, load<u64>(mac) & 0x0000ffffffffffff, ticks);
}

/** A port went down: what was learned there is forgotten. */
export function forgetPort(bridge: u32, port: u32): void {
  forgetAddresses(port);
  forgetRouters(port);
  const snooper = snooperOf(bridge);
  if (snooper != null) forgetMembers(snooper, port);
}
