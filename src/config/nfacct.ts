import type { Account } from "../model/nfacct.ts";
import { ConfigError } from "./error.ts";

const LINE =
  /^\{ pkts = ([0-9]+), bytes = ([0-9]+)(?:, quota = ([0-9]+), mode = (packet|byte), overquota = (yes|no))? \} = (\S+);$/;

/** Parses what `nfacct list` prints. */
export function parseAccounts(text: string, file: string): Account[] {
  const accounts: Account[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const [, packets, bytes, limit, of, overquota, name] = LINE.exec(line.trim()) ?? [];
    if (name === undefined) {
      const detail = "expected `{ pkts = N, bytes = N } = NAME;', as `nfacct list' prints it";
      throw new ConfigError("ERR_SYNTAX", { file, line: i + 1, column: 1 }, detail);
    }
    const quota =
      limit === undefined
        ? undefined
        : { of: of as "packet" | "byte", limit: BigInt(limit), isReached: overquota === "yes" };
    accounts.push({ name, packets: BigInt(packets!), bytes: BigInt(bytes!), quota });
  }
  return accounts;
}

/** As `nfacct list` prints them. */
export function printAccounts(accounts: Iterable<Account>): string {
  let text = "";
  for (const { name, packets, bytes, quota } of accounts) {
    text += `{ pkts = ${padded(packets)}, bytes = ${padded(bytes)}`;
    if (quota) {
      const overquota = quota.isReached ? "yes" : "no";
      text += `, quota = ${padded(quota.limit)}, mode = ${quota.of}, overquota = ${overquota}`;
    }
    text += ` } = ${name};\n`;
  }
  return text;
}

function padded(number: bigint): string {
  return String(number).padStart(20, "0");
}
