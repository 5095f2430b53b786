import coreUrl from "../../../dist/core.wasm?url";
import type { CoreSource } from "../../index.ts";

let compiled: Promise<WebAssembly.Module> | undefined;

/** The core from the file beside the page: smaller on the wire than the one inside the package, which stays unloaded. */
export function pageCore(): Promise<CoreSource> {
  compiled ??= fetch(coreUrl).then(async (response) => WebAssembly.compile(await response.arrayBuffer()));
  return compiled;
}
