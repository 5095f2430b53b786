import { TABLE_COUNT } from "../abi/netfilter";
import { allocate, release } from "../memory/allocate";
import { dropIndex, indexChain } from "./chain-index";
import { forgetFlows } from "./flow-memory";
import { beginMatch, endMatch } from "./matches/lifetime";
import { setChainAddress, setRuleAddress } from "./numbers";
import { CHAIN_SIZE, Chain, Match, RULE_SIZE, Rule } from "./rule";
import { beginTarget, endTarget } from "./targets/lifetime";
import { forgetWalks } from "./walk-memory";

/**
 * A table as the host loads it: one block of memory that begins with this header and holds all chains, rules and
 * records of the table. Fields that are addresses have been made absolute by the host.
 *
 * ```text
 * | TableImage | chains ... | rules of chain 1 | rules of chain 2 ... | matches, targets, addresses, device bitmaps |
 * ```
 */
@unmanaged
export class TableImage {
  /** The chain of each hook, 0 where the table has none. */
  preRouting: usize;
  input: usize;
  forward: usize;
  output: usize;
  postRouting: usize;
  chains: usize;
  chainCount: u32;
  rules: usize;
  ruleCount: u32;
}

/** The images by family and table, 0 for tables that are not loaded. */
const images = allocate(2 * TABLE_COUNT * sizeof<usize>());

/** The chain that a packet of the family meets in this table at this hook; null where there is none. */
export function hookChain(family: u32, table: u32, hook: u32): Chain | null {
  const image = load<usize>(imageSlot(family, table));
  return image == 0 ? null : changetype<Chain>(load<usize>(image + (hook << 2)));
}

export function isLoaded(family: u32, table: u32): bool {
  return load<usize>(imageSlot(family, table)) != 0;
}

/**
 * Puts a table in place of the one that was there, as iptables-legacy does: every rule is new, with fresh state.
 *
 * @param image address of the host's block, which now belongs to the core; 0 unloads the table.
 */
export function replaceTable(family: u32, table: u32, image: usize): void {
  const slot = imageSlot(family, table);
  const old = load<usize>(slot);
  forgetWalks();
  forgetFlows();
  // The kernel checks the new rules before it lets the old ones go: named state (recent, hashlimit) lives on.
  if (image != 0) begin(changetype<TableImage>(image), family);
  store<usize>(slot, image);
  if (old == 0) return;
  end(changetype<TableImage>(old));
  release(old);
}

function imageSlot(family: u32, table: u32): usize {
  return images + ((family == 4 ? table : TABLE_COUNT + table) << 2);
}

function begin(image: TableImage, family: u32): void {
  for (let i: u32 = 0; i < image.chainCount; i++) {
    const chain = changetype<Chain>(image.chains + i * CHAIN_SIZE);
    setChainAddress(chain.id, changetype<usize>(chain));
    indexChain(chain, family);
  }
  for (let i: u32 = 0; i < image.ruleCount; i++) {
    const rule = changetype<Rule>(image.rules + i * RULE_SIZE);
    setRuleAddress(rule.id, changetype<usize>(rule));
    let at = rule.matches;
    for (let left = rule.matchCount; left != 0; left--) {
      const match = changetype<Match>(at);
      beginMatch(match, family);
      at += match.size;
    }
    beginTarget(rule);
  }
}

function end(image: TableImage): void {
  for (let i: u32 = 0; i < image.chainCount; i++) dropIndex(changetype<Chain>(image.chains + i * CHAIN_SIZE));
  for (let i: u32 = 0; i < image.ruleCount; i++) {
    const rule = changetype<Rule>(image.rules + i * RULE_SIZE);
    let at = rule.matches;
    for (let left = rule.matchCount; left != 0; left--) {
      const match = changetype<Match>(at);
      endMatch(match);
      at += match.size;
    }
    endTarget(rule);
  }
}
