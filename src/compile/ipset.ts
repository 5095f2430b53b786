import {
  SET_WITH_COMMENTS,
  SET_WITH_COUNTERS,
  SET_WITH_FORCEADD,
  SET_WITH_SKBINFO,
  SET_WITH_TIMEOUT,
  SetResult,
  SetType,
} from "../../assembly/abi/ipset.ts";
import { ConfigError } from "../config/error.ts";
import type { Core } from "../core/core.ts";
import { KernelSetLayout, MemberRecordLayout } from "../core/layout.generated.ts";
import { getNumber, setNumber, stride } from "../core/record.ts";
import type { IpsetAction, IpsetCommand } from "../model/command.ts";
import type { IpSet, SetMember, SetTypeName } from "../model/ipset.ts";
import { SetCommandError, setResultText } from "./ipset-error.ts";
import { type MemberNames, readMember, writeMember } from "./ipset-member.ts";
import { featuresOf, isSameSet } from "./ipset-type.ts";

const UINT32_MAX = 0xffffffff;

const TYPES: Readonly<Record<SetTypeName, SetType>> = {
  "bitmap:ip": SetType.BitmapIp,
  "bitmap:ip,mac": SetType.BitmapIpMac,
  "bitmap:port": SetType.BitmapPort,
  "hash:ip": SetType.HashIp,
  "hash:mac": SetType.HashMac,
  "hash:ip,mac": SetType.HashIpMac,
  "hash:ip,mark": SetType.HashIpMark,
  "hash:ip,port": SetType.HashIpPort,
  "hash:ip,port,ip": SetType.HashIpPortIp,
  "hash:ip,port,net": SetType.HashIpPortNet,
  "hash:net": SetType.HashNet,
  "hash:net,net": SetType.HashNetNet,
  "hash:net,port": SetType.HashNetPort,
  "hash:net,port,net": SetType.HashNetPortNet,
  "hash:net,iface": SetType.HashNetIface,
  "list:set": SetType.ListSet,
};

/**
 * The ipsets that a core holds. Rules refer to them by number, as in the kernel by index: a number keeps its meaning while
 * sets come and go, and `swap` exchanges what two numbers stand for.
 */
export class LoadedSets {
  readonly #core: Core;
  /** By number; the members stand in the core alone. */
  readonly #sets: (IpSet | undefined)[] = [undefined];
  readonly #comments = new Map<number, string>();
  #lastComment = 0;
  #view: DataView;
  readonly #names: MemberNames = {
    number: (set) => this.#existing(set),
    name: (number) => this.#sets[number]!.name,
    keepComment: (text) => {
      if (!text) return 0;
      this.#comments.set(++this.#lastComment, text);
      return this.#lastComment;
    },
    comment: (number) => this.#comments.get(number),
  };

  /** Told by the rules' side: does a rule refer to the set? Such a set cannot be renamed or destroyed. */
  isReferenced: (name: string) => boolean = () => false;

  private constructor(core: Core) {
    this.#core = core;
    this.#view = new DataView(core.memory.buffer);
  }

  /**
   * Makes the sets in a core. The clock must stand at the time when the node's state was loaded: timeouts run from there.
   *
   * @throws ConfigError for a member of a file that the kernel would refuse.
   */
  static load(core: Core, sets: readonly IpSet[]): LoadedSets {
    const loaded = new LoadedSets(core);
    for (const set of sets) {
      loaded.#create(set, false);
      for (const member of set.members) loaded.#load(set.name, member);
    }
    return loaded;
  }

  #load(name: string, member: SetMember): void {
    try {
      this.#change("add", name, [member], member.exist ?? false);
    } catch (error) {
      if (!(error instanceof SetCommandError) || !member.at) throw error;
      throw new ConfigError("ERR_VALUE", member.at, error.message);
    }
  }

  /** @returns undefined when there is no set of that name. */
  number(name: string): number | undefined {
    const number = this.#sets.findIndex((set) => set?.name === name);
    return number < 0 ? undefined : number;
  }

  /** Name, type and options of a set, without members; for parsing commands. */
  find(name: string): IpSet | undefined {
    return this.#sets.find((set) => set?.name === name);
  }

  /**
   * Does what an ipset command asks for.
   *
   * @throws SetCommandError with the tool's message.
   */
  apply({ action }: IpsetCommand): void {
    switch (action.verb) {
      case "create":
        this.#create(action.set, action.exist);
        return;
      case "add":
      case "del":
        this.#change(action.verb, action.set, action.members, action.exist);
        return;
      case "test":
        for (const member of action.members) {
          if (!this.test(action.set, member)) throw new SetCommandError(`The element is NOT in set ${action.set}.`);
        }
        return;
      case "flush":
        for (const number of this.#numbers(action.set)) this.#core.flushSet(number);
        return;
      case "destroy":
        this.#destroy(action.set);
        return;
      case "rename":
        this.#rename(action);
        return;
      case "swap":
        this.#swap(action);
        return;
    }
  }

  /** Is the member in the set, as `ipset test` asks? */
  test(name: string, member: SetMember): boolean {
    const number = this.#existing(name);
    this.#checkListed(number, member);
    writeMember(this.#memory(), this.#core.memberAddress(), member, this.#names);
    return this.#core.testSetMember(number) !== 0;
  }

  /** The sets as they are now, in the order in which `ipset save` prints sets and members. */
  read(): IpSet[] {
    const sets: IpSet[] = [];
    for (const isList of [false, true]) {
      for (const [number, set] of this.#sets.entries()) {
        if (set && (set.type === "list:set") === isList) sets.push(this.#read(number, set));
      }
    }
    return sets;
  }

  #read(number: number, set: IpSet): IpSet {
    const members: SetMember[] = [];
    this.#core.beginListing(number);
    const page = this.#core.listingAddress();
    for (let count = this.#core.listMembers(); count > 0; count = this.#core.listMembers()) {
      const view = this.#memory();
      for (let i = 0; i < count; i++) {
        members.push(readMember(view, page + i * stride(MemberRecordLayout), set, this.#names));
      }
    }
    if (!set.type.startsWith("hash:")) return { ...set, members };
    const record = this.#core.setAddress(number);
    const get = (field: { offset: number; type: string }) => getNumber(this.#memory(), record, field);
    return {
      ...set,
      hashsize: 2 ** get(KernelSetLayout.bits),
      bucketsize: get(KernelSetLayout.bucketsize),
      initval: get(KernelSetLayout.initval),
      members,
    };
  }

  #create(set: IpSet, exist: boolean): void {
    const clash = this.find(set.name);
    if (clash) {
      if (exist && isSameSet(set, clash)) return;
      throw new SetCommandError("Set cannot be created: set with the same name already exists");
    }
    const free = this.#sets.indexOf(undefined, 1);
    const number = free < 0 ? this.#sets.length : free;
    const record = this.#core.newSet(number);
    const view = this.#memory();
    const put = (field: keyof typeof KernelSetLayout, value: number) =>
      setNumber(view, record, KernelSetLayout[field] as { offset: number; type: string }, value);
    put("type", TYPES[set.type]);
    put("family", set.family ?? 0);
    put("with", extensionsOf(set));
    put("timeout", set.timeout ?? 0);
    put("hashsize", set.hashsize ?? 1024);
    put("maxelem", set.maxelem);
    put("bucketsize", set.bucketsize ?? 0);
    put("initval", set.initval ?? 0);
    put("netmask", set.netmask ?? (set.family === 6 ? 128 : 32));
    put("markmask", set.markmask ?? UINT32_MAX);
    put("first", set.range?.from ?? 0);
    put("last", set.range?.to ?? 0);
    this.#core.finishSet(number);
    this.#sets[number] = { ...set, members: [] };
  }

  #change(verb: "add" | "del", name: string, members: readonly SetMember[], exist: boolean): void {
    const number = this.#existing(name);
    const address = this.#core.memberAddress();
    for (const member of members) {
      this.#checkListed(number, member);
      writeMember(this.#memory(), address, member, this.#names);
      const result = verb === "add" ? this.#core.addSetMember(number, exist) : this.#core.removeSetMember(number);
      if (result === SetResult.Ok || (result === SetResult.Exist && exist)) continue;
      throw new SetCommandError(setResultText(result, verb));
    }
  }

  /** What list_set_uadt checks of the names. */
  #checkListed(number: number, member: SetMember): void {
    if (this.#sets[number]!.type !== "list:set") return;
    const listed = this.find(member.set!);
    if (!listed) throw new SetCommandError("Set to be added/deleted/tested as element does not exist.");
    if (listed.type === "list:set") throw new SetCommandError("Sets with list:set type cannot be added to the set.");
    const reference = member.before ?? member.after;
    if (reference !== undefined && !this.find(reference)) {
      throw new SetCommandError("The set to which you referred with 'before' or 'after' does not exist.");
    }
  }

  #destroy(name: string | undefined): void {
    const numbers = this.#numbers(name);
    const isBusy = (number: number) => this.#isInUse(this.#sets[number]!.name);
    if (numbers.some(isBusy)) {
      throw new SetCommandError("Set cannot be destroyed: it is in use by a kernel component");
    }
    for (const number of numbers) {
      this.#core.destroySet(number);
      this.#sets[number] = undefined;
    }
  }

  #rename({ set, other }: Extract<IpsetAction, { verb: "rename" | "swap" }>): void {
    const number = this.#existing(set);
    if (this.#isInUse(set)) throw new SetCommandError("Set cannot be renamed: it is in use by another system");
    if (this.find(other)) {
      throw new SetCommandError("Set cannot be renamed: a set with the new name already exists");
    }
    this.#sets[number] = { ...this.#sets[number]!, name: other };
  }

  #swap({ set, other }: Extract<IpsetAction, { verb: "rename" | "swap" }>): void {
    const first = this.#existing(set);
    const second = this.number(other);
    if (second === undefined) throw new SetCommandError("Sets cannot be swapped: the second set does not exist");
    const a = this.#sets[first]!;
    const b = this.#sets[second]!;
    if (featuresOf(a.type) !== featuresOf(b.type) || a.family !== b.family) {
      throw new SetCommandError("The sets cannot be swapped: their type does not match");
    }
    this.#core.swapSets(first, second);
    this.#sets[first] = { ...b, name: a.name };
    this.#sets[second] = { ...a, name: b.name };
  }

  /** Does a rule or a list:set refer to it? */
  #isInUse(name: string): boolean {
    if (this.isReferenced(name)) return true;
    return this.#sets.some(
      (set, number) =>
        set?.type === "list:set" && this.#read(number, set).members.some((member) => member.set === name),
    );
  }

  #existing(name: string): number {
    const number = this.number(name);
    if (number === undefined) throw new SetCommandError("The set with the given name does not exist");
    return number;
  }

  /** One set, or all. */
  #numbers(name: string | undefined): number[] {
    if (name !== undefined) return [this.#existing(name)];
    return [...this.#sets.keys()].filter((number) => this.#sets[number] !== undefined);
  }

  /** The core's memory, which moves when it grows. */
  #memory(): DataView {
    if (this.#view.buffer !== this.#core.memory.buffer) this.#view = new DataView(this.#core.memory.buffer);
    return this.#view;
  }
}

function extensionsOf(set: IpSet): number {
  let bits = 0;
  if (set.timeout !== undefined) bits |= SET_WITH_TIMEOUT;
  if (set.counters) bits |= SET_WITH_COUNTERS;
  if (set.comment) bits |= SET_WITH_COMMENTS;
  if (set.skbinfo) bits |= SET_WITH_SKBINFO;
  if (set.forceadd) bits |= SET_WITH_FORCEADD;
  return bits;
}
