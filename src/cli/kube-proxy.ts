import { type KubeProxyOptions, kubeProxyNode, parseConfiguration, parseObjects } from "../index.ts";
import { FolderWriter, readNodeFiles, readObjectFiles, readText } from "../node/index.ts";
import { EXIT_DONE, EXIT_UNSUPPORTED } from "./errors.ts";

export interface KubeProxyValues {
  readonly mode?: "iptables" | "ipvs" | "nftables";
  readonly config?: string;
  readonly node?: string;
  readonly base?: string;
  readonly randomFully?: boolean;
  readonly since?: readonly string[];
  readonly output: string;
}

/** `hookwalk kube-proxy`. @returns the exit code. */
export async function kubeProxy(paths: readonly string[], values: KubeProxyValues): Promise<number> {
  const objects = parseObjects(await readObjectFiles(paths));
  const { files, warnings, notEmulated } = kubeProxyNode(objects, await optionsOf(values));
  const folder = new FolderWriter(values.output);
  for (const [name, content] of files) folder.write(name, content);
  folder.close();
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
  if (notEmulated === undefined) return EXIT_DONE;
  process.stderr.write(`warning: ${notEmulated}\n`);
  return EXIT_UNSUPPORTED;
}

async function optionsOf({ mode, config, node, base, randomFully, since }: KubeProxyValues): Promise<KubeProxyOptions> {
  return {
    mode,
    node,
    configuration: config === undefined ? undefined : parseConfiguration(await readText(config), config),
    base: base === undefined ? undefined : await readNodeFiles(base),
    since: since === undefined ? undefined : parseObjects(await readObjectFiles(since)),
    facts: randomFully ? { randomFully } : undefined,
  };
}
