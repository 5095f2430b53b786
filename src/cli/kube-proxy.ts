import { existsSync } from "node:fs";
import {
  type KubeProxyNode,
  type KubeProxyOptions,
  kubeProxyNode,
  parseConfiguration,
  parseObjects,
} from "../index.ts";
import { FolderWriter, readNodeFiles, readObjectFiles, readText } from "../node/index.ts";
import { EXIT_DONE, EXIT_UNSUPPORTED, UsageError } from "./errors.ts";

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
  await checkFolder(values.output, files);
  const folder = new FolderWriter(values.output);
  for (const [name, content] of files) folder.write(name, content);
  folder.close();
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
  if (notEmulated === undefined) return EXIT_DONE;
  process.stderr.write(`warning: ${notEmulated}\n`);
  return EXIT_UNSUPPORTED;
}

/** What another run left in the folder would become part of this node. */
async function checkFolder(folder: string, files: KubeProxyNode["files"]): Promise<void> {
  if (!existsSync(folder)) return;
  const [left] = [...(await readNodeFiles(folder)).keys()].filter((name) => !files.has(name));
  if (left !== undefined)
    throw new UsageError(`${folder} holds ${left}, which is not of this node: name another folder`);
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
