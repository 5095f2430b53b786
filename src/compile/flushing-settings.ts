const ON_CHANGE = new RegExp(
  "^net\\.ipv4\\.(?:ip_forward|conf\\.[^.]+\\.(?:forwarding|route_localnet|bc_forwarding" +
    "|disable_xfrm|disable_policy|promote_secondaries|drop_unicast_in_l2_multicast))$",
);
const WHEN_CLEARED = /^net\.ipv4\.conf\.[^.]+\.accept_local$/;

/** Writing it, whatever the value, also makes the kernel forget the MTUs that errors told. */
export const FLUSH = "net.ipv4.route.flush";

/**
 * Does the kernel forget all IPv4 routes that it has remembered when these settings are written (rt_cache_flush in
 * net/ipv4/devinet.c and route.c)?
 *
 * @param before all settings until now; one that is not among them counts as changed.
 */
export function flushesRoutes(written: ReadonlyMap<string, string>, before: ReadonlyMap<string, string>): boolean {
  return [...written].some(([name, value]) => {
    if (name === FLUSH) return true;
    if (ON_CHANGE.test(name)) return before.get(name) !== value;
    return WHEN_CLEARED.test(name) && value === "0" && before.get(name) !== "0";
  });
}
