/** Settings that reach every device when they are written for `all`, by the names under which they are written. */
const SPREADING: ReadonlyMap<string, { readonly family: string; readonly name: string }> = new Map([
  ["net.ipv4.ip_forward", { family: "ipv4", name: "forwarding" }],
  ["net.ipv4.conf.all.forwarding", { family: "ipv4", name: "forwarding" }],
  ["net.ipv6.conf.all.forwarding", { family: "ipv6", name: "forwarding" }],
  ["net.ipv6.conf.all.disable_ipv6", { family: "ipv6", name: "disable_ipv6" }],
]);

/**
 * What a node's settings are after some are written, in order: those that the kernel spreads over all devices replace what
 * the devices had of their own (inet_forward_change, net/ipv4/devinet.c; addrconf_fixup_forwarding, net/ipv6/addrconf.c).
 */
export function changedSettings(
  settings: ReadonlyMap<string, string>,
  changes: ReadonlyMap<string, string>,
): Map<string, string> {
  const changed = new Map(settings);
  for (const [name, value] of changes) {
    const spread = SPREADING.get(name);
    if (spread) forgetDevices(changed, `net.${spread.family}.conf.`, `.${spread.name}`);
    changed.set(name, value);
    if (name === "net.ipv4.ip_forward") changed.set("net.ipv4.conf.all.forwarding", value);
    if (name === "net.ipv4.conf.all.forwarding") changed.set("net.ipv4.ip_forward", value);
  }
  return changed;
}

function forgetDevices(settings: Map<string, string>, prefix: string, suffix: string): void {
  for (const name of settings.keys()) if (name.startsWith(prefix) && name.endsWith(suffix)) settings.delete(name);
}
