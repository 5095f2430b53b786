import { AccountQuota } from "../../assembly/abi/rule.ts";
import type { Core } from "../core/core.ts";
import { AccountLayout } from "../core/layout.generated.ts";
import { getBigInt, getNumber, setNumber } from "../core/record.ts";
import type { Account } from "../model/nfacct.ts";

const layout = AccountLayout;

/** The objects of nfacct that a core holds. */
export class LoadedAccounts {
  readonly #core: Core;
  readonly #accounts: Account[] = [];
  readonly #numbers = new Map<string, number>();

  /** @param accounts undefined: an object is made, without quota, for every name that a rule asks for. */
  constructor(core: Core, accounts: readonly Account[] = []) {
    this.#core = core;
    for (const account of accounts) this.#add(account);
  }

  /** Number of an object in the core. */
  number(name: string): number {
    return this.#numbers.get(name) ?? this.#add({ name, packets: 0n, bytes: 0n });
  }

  /** With what they have counted by now, in the order in which they were made. */
  *all(): Generator<Account> {
    for (const account of this.#accounts) {
      const at = this.#core.accountAddress(this.#numbers.get(account.name)!);
      const view = new DataView(this.#core.memory.buffer);
      const quota = account.quota && { ...account.quota, isReached: getNumber(view, at, layout.reported) !== 0 };
      const packets = getBigInt(view, at, layout.packets);
      yield { name: account.name, packets, bytes: getBigInt(view, at, layout.bytes), quota };
    }
  }

  #add(account: Account): number {
    const number = this.#accounts.push(account);
    this.#numbers.set(account.name, number);
    const at = this.#core.accountAddress(number);
    const view = new DataView(this.#core.memory.buffer);
    setNumber(view, at, layout.packets, account.packets);
    setNumber(view, at, layout.bytes, account.bytes);
    if (account.quota) {
      const { of, limit, isReached } = account.quota;
      setNumber(view, at, layout.quotaOf, of === "packet" ? AccountQuota.Packets : AccountQuota.Bytes);
      setNumber(view, at, layout.quota, limit);
      setNumber(view, at, layout.reported, Number(isReached));
    }
    return number;
  }
}
