import type { ObjectWarning } from "./error.ts";
import type { Fields } from "./fields.ts";

/** Fields of a KubeProxyConfiguration (v1alpha1), those without influence on a node's rules included. */
const KNOWN_FIELDS: Readonly<Record<string, string>> = {
  "": `apiVersion kind metadata featureGates clientConnection logging hostnameOverride bindAddress healthzBindAddress
    metricsBindAddress bindAddressHardFail enableProfiling showHiddenMetricsForVersion mode iptables ipvs nftables winkernel
    detectLocalMode detectLocal clusterCIDR nodePortAddresses oomScoreAdj conntrack configSyncPeriod portRange
    windowsRunAsService udpIdleTimeout`,
  iptables: "masqueradeBit masqueradeAll localhostNodePorts syncPeriod minSyncPeriod",
  ipvs: "syncPeriod minSyncPeriod scheduler excludeCIDRs strictARP tcpTimeout tcpFinTimeout udpTimeout",
  nftables: "masqueradeBit masqueradeAll syncPeriod minSyncPeriod",
  detectLocal: "bridgeInterface interfaceNamePrefix",
  conntrack: `maxPerCore min tcpEstablishedTimeout tcpCloseWaitTimeout tcpBeLiberal udpTimeout udpStreamTimeout max`,
};

/** Fields that kube-proxy does not know: a slip of the pen that changes nothing. */
export function unknownFields(fields: Fields): ObjectWarning[] {
  return Object.entries(KNOWN_FIELDS).flatMap(([section, known]) => {
    const names = known.split(/\s+/);
    const inside = section === "" ? fields : fields.fields(section);
    return inside.names
      .filter((name) => !names.includes(name))
      .map((name) => {
        const field = inside.pathOf(name);
        const message = "kube-proxy knows no such field, and passes it over";
        return { object: fields.object, field, message, at: fields.origin?.place(field) };
      });
  });
}
