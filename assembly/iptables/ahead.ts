import { Hook, Table } from "../abi/netfilter";
import { TargetKind } from "../abi/rule";
import { keyedRule, touchKey } from "./chain-index";
import { Chain, RULE_SIZE, Rule } from "./rule";
import { hookChain } from "./table";

/**
 * Looking ahead for packets that probably begin a connection: the rules of a long chain in nat that they will match, as kube-proxy's
 * KUBE-SERVICES, and the chain behind, are met once in thousands of packets and wait for memory otherwise. Fetched in stages, each
 * for a whole batch, so that the waits overlap. Nothing is decided here.
 */
const MOST: u32 = 256;
/** Of each packet what the next stage begins with, an address. */
const places = memory.data(1024, 16);
/** What was loaded is written here, so that loading it is not left out. */
const loaded = memory.data(4, 4);
let count: u32 = 0;
let within: Chain | null = null;
/** Rules of the chain behind that are fetched: of a service with more endpoints the rest is near. */
const MOST_RULES: u32 = 4;
/** Rules before the jump to the long chain that are looked at. */
const MOST_JUMPS: u32 = 4;

/** Begins a batch. @returns is there a long chain that first packets go through? */
export function beginChains(): bool {
  count = 0;
  within = null;
  const base = hookChain(4, Table.Nat, Hook.PreRouting);
  if (base === null) return false;
  within = base.index != 0 ? base : longChainBehind(base);
  return within !== null;
}

function longChainBehind(base: Chain): Chain | null {
  for (let i: u32 = 0; i < min(base.ruleCount, MOST_JUMPS); i++) {
    const rule = changetype<Rule>(base.rules + i * RULE_SIZE);
    if (rule.targetKind != TargetKind.Jump) continue;
    const chain = changetype<Chain>(rule.target);
    if (chain.index != 0) return chain;
  }
  return null;
}

/** The first stage for an IPv4 packet with 20 bytes of header and ports behind them. */
export function addToChains(data: usize): void {
  const key = touchKey(within!.index, data);
  if (key == 0 || count == MOST) return;
  store<usize>(places + (count << 2), key);
  count += 1;
}

/** All further stages: the rule, its match and the chain that it jumps to, and that chain's rules. */
export function fetchChains(): void {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const position = keyedRule(load<usize>(places + (i << 2)));
    const rule = position == u32.MAX_VALUE ? 0 : within!.rules + position * RULE_SIZE;
    store<usize>(places + (i << 2), rule);
    if (rule != 0) sum += load<u32>(rule);
  }
  for (let i: u32 = 0; i < count; i++) {
    const at = load<usize>(places + (i << 2));
    if (at == 0) continue;
    const rule = changetype<Rule>(at);
    if (rule.matches != 0) sum += load<u32>(rule.matches);
    const isJump = rule.targetKind == TargetKind.Jump;
    store<usize>(places + (i << 2), isJump ? rule.target : 0);
    if (isJump) sum += load<u32>(rule.target);
  }
  for (let i: u32 = 0; i < count; i++) {
    const at = load<usize>(places + (i << 2));
    if (at == 0) continue;
    const chain = changetype<Chain>(at);
    for (let k: u32 = 0; k < min(chain.ruleCount, MOST_RULES); k++) sum += load<u32>(chain.rules + k * RULE_SIZE);
  }
  for (let i: u32 = 0; i < count; i++) {
    const at = load<usize>(places + (i << 2));
    if (at == 0) continue;
    const chain = changetype<Chain>(at);
    for (let k: u32 = 0; k < min(chain.ruleCount, MOST_RULES); k++) {
      const rule = changetype<Rule>(chain.rules + k * RULE_SIZE);
      if (rule.matches != 0) sum += load<u32>(rule.matches);
      if (rule.targetKind == TargetKind.Jump) sum += load<u32>(rule.target);
    }
  }
  store<u32>(loaded, sum);
}
