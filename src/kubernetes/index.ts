export type { Network } from "./addresses.ts";
export { type LocalDetection, type ProxyConfiguration, type ProxyMode, parseConfiguration } from "./configuration.ts";
export { ObjectError, type ObjectWarning } from "./error.ts";
export { type KubeProxyNode, type KubeProxyOptions, kubeProxyNode } from "./node-folder.ts";
export { type ClusterObjects, parseObjects } from "./objects.ts";
export type { ObjectPlace } from "./origin.ts";
export type { NodeFacts } from "./proxier.ts";
