import { allocate, release } from "../memory/allocate";
import { Chain, Rule } from "./rule";

/** Addresses by number (from 1): where the record of a rule or chain lies now. */
@unmanaged
class NumberedRecords {
  addresses: usize;
  capacity: u32;

  set(number: u32, address: usize): void {
    if (number >= this.capacity) this.grow(number);
    store<u32>(this.addresses + (number << 2), <u32>address);
  }

  at(number: u32): usize {
    return load<u32>(this.addresses + (number << 2));
  }

  private grow(number: u32): void {
    let capacity: u32 = this.capacity == 0 ? 1024 : this.capacity;
    while (capacity <= number) capacity *= 2;
    const moved = allocate(capacity << 2);
    memory.copy(moved, this.addresses, this.capacity << 2);
    release(this.addresses);
    this.addresses = moved;
    this.capacity = capacity;
  }
}

const rules = changetype<NumberedRecords>(allocate(offsetof<NumberedRecords>()));
const chains = changetype<NumberedRecords>(allocate(offsetof<NumberedRecords>()));

export function setRuleAddress(id: u32, address: usize): void {
  rules.set(id, address);
}

export function setChainAddress(id: u32, address: usize): void {
  chains.set(id, address);
}

/** The rule of a loaded table; nothing may ask for one whose table is gone. */
export function ruleById(id: u32): Rule {
  return changetype<Rule>(rules.at(id));
}

export function chainById(id: u32): Chain {
  return changetype<Chain>(chains.at(id));
}
