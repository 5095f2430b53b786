import { type Core, instantiateCore } from "../core/core.ts";

/** The kernel's side of ipset; its clock stands still. */
export async function startCore(): Promise<Core> {
  const core = await instantiateCore();
  core.startAt(0n);
  return core;
}
