import { kubeProxyNode, type ProxyConfiguration, parseConfiguration, parseObjects } from "../../kubernetes/index.ts";
import type { DroppedFile, NodeInputs } from "./inputs.ts";
import { type OpenOptions, PAGE_MODES, type PageMode } from "./shown.ts";

const CONFIGURATION = /\bKubeProxyConfiguration\b/;

/** The node that kube-proxy would make of these objects, in the mode that was chosen, seen from one of their Nodes. @throws ObjectError */
export function clusterNode(files: readonly DroppedFile[], { mode, nodeName }: OpenOptions): NodeInputs {
  const decoder = new TextDecoder();
  const texts = files.map(({ path, bytes }) => [path, decoder.decode(bytes)] as const);
  const configured = texts.find(([, text]) => CONFIGURATION.test(text));
  const configuration = configured && parseConfiguration(configured[1], configured[0]);
  const objects = parseObjects(new Map(texts.filter(([, text]) => !CONFIGURATION.test(text))));
  const nodes = objects.nodes.map(({ name }) => name);
  const chosenMode = mode ?? pageMode(configuration);
  const node = nodeName ?? configuration?.hostname ?? nodes[0];
  const made = kubeProxyNode(objects, { mode: chosenMode, node, configuration });
  const encoder = new TextEncoder();
  return {
    files: new Map(
      [...made.files].map(([name, text]) => [name, typeof text === "string" ? encoder.encode(text) : text]),
    ),
    warnings: made.warnings,
    cluster: { mode: chosenMode, nodes, node },
  };
}

function pageMode(configuration: ProxyConfiguration | undefined): PageMode {
  return PAGE_MODES.find((mode) => mode === configuration?.mode) ?? "iptables";
}
