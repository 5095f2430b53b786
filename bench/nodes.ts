import { type BenchService, benchNode, formatIpv4 } from "./network.ts";

/** A rule that asks for connection tracking, as every node of a cluster has one. */
export const TRACKING = "*filter\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n";

/** How a service's servers take turns: in order, so that everybody gives the same ones, or by chance as kube-proxy has it. */
export type Turns = "nth" | "random";

/** A node of kube-proxy's iptables mode. @param others rules of other tables. */
export function iptablesNode(services: readonly BenchService[], turns: Turns, others = ""): Map<string, Uint8Array> {
  return benchNode(services, { "iptables.save": `${kubeRules(services, turns)}${others}` });
}

/** A node of kube-proxy's IPVS mode: the services' addresses are on a dummy interface. */
export function ipvsNode(
  services: readonly BenchService[],
  scheduler = "rr",
  others = TRACKING,
): Map<string, Uint8Array> {
  const files = { "ipvsadm.save": ipvsadmSave(services, scheduler), "iptables.save": others };
  return benchNode(
    services,
    files,
    services.map(({ address }) => address),
  );
}

/** Tables that an established packet passes: mangle, and this many filter rules before the one that accepts it. */
export function filterRules(count: number): string {
  const rules = Array.from(
    { length: count },
    (_, i) => `-A FORWARD -s 172.${16 + (i >> 8)}.${i & 255}.0/24 -p tcp -m tcp --dport ${1 + (i % 60_000)} -j DROP\n`,
  );
  const accept = "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n";
  return `*filter\n${rules.join("")}${accept}COMMIT\n`;
}

/** Marks on packet and connection, which every packet gets. */
export const MANGLE =
  "*mangle\n-A PREROUTING -i eth0 -j MARK --set-xmark 0x10/0x10\n-A FORWARD -m mark --mark 0x10/0x10 -j MARK --set-xmark 0x0/0x10\nCOMMIT\n";

/** The kernel takes the server first that was entered last. */
export function ipvsadmSave(services: readonly BenchService[], scheduler = "rr"): string {
  return services
    .map(({ address, port, backends }) => {
      const service = `${formatIpv4(address)}:${port}`;
      const servers = backends
        .toReversed()
        .map((server) => `-a -t ${service} -r ${formatIpv4(server.address)}:${server.port} -m -w 1\n`);
      return `-A -t ${service} -s ${scheduler}\n${servers.join("")}`;
    })
    .join("");
}

export function kubeRules(services: readonly BenchService[], turns: Turns): string {
  const chains = [":KUBE-SERVICES - [0:0]"];
  const rules = ["-A PREROUTING -j KUBE-SERVICES"];
  for (const [i, { address, port, backends }] of services.entries()) {
    const chain = `KUBE-SVC-${i}`;
    chains.push(`:${chain} - [0:0]`);
    rules.push(`-A KUBE-SERVICES -d ${formatIpv4(address)}/32 -p tcp -m tcp --dport ${port} -j ${chain}`);
    for (const [k, server] of backends.entries()) {
      const endpoint = `KUBE-SEP-${i}-${k}`;
      chains.push(`:${endpoint} - [0:0]`);
      rules.push(`-A ${chain}${choice(turns, backends.length - k)} -j ${endpoint}`);
      rules.push(`-A ${endpoint} -p tcp -m tcp -j DNAT --to-destination ${formatIpv4(server.address)}:${server.port}`);
    }
  }
  return `*nat\n${[...chains, ...rules].join("\n")}\nCOMMIT\n`;
}

/** The match by which one of so many that are left takes its turn. */
function choice(turns: Turns, left: number): string {
  if (left === 1) return "";
  if (turns === "nth") return ` -m statistic --mode nth --every ${left} --packet 0`;
  return ` -m statistic --mode random --probability ${(1 / left).toFixed(11)}`;
}
