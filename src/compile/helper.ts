import { Helper } from "../../assembly/abi/conntrack.ts";

/** Connection tracking helpers that are emulated, by the names that rules and listings have for them. */
export const HELPERS: ReadonlyMap<string, Helper> = new Map([
  ["ftp", Helper.Ftp],
  ["tftp", Helper.Tftp],
]);

/** The name of a helper; undefined for none. */
export function helperName(helper: number): string | undefined {
  for (const [name, number] of HELPERS) if (number === helper) return name;
  return undefined;
}
