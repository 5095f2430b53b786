/**
 * `npm run conformance:cluster [-- CASE...]`: replays captures of whole nodes (../shared/conformance/cluster, or the folder in
 * --cases) and compares every packet that left and the state afterwards with what the kernel did. What a capture does
 * not say is named and counted. Exit code 1 when a case differs, or leaves more unsaid than it did.
 */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Mask } from "../compare/mask-names.ts";
import type { Difference } from "../compare/results.ts";
import { caseNames, readClusterCase } from "./case.ts";
import { runClusterCase, type Unsaid } from "./outcome.ts";
import { type VerifiedCase, verifyClusterCase } from "./verify.ts";

/**
 * What a case's capture leaves unsaid, at most: more would be differences that only look like it. Where a case is not named
 * here, nothing is.
 */
const UNSAID: Readonly<Record<string, Partial<Unsaid>>> = {
  "iptables-node-local": { ownPackets: 1, ports: 2, pieces: 12 },
  "iptables-nth-linux-6.18": { ownPackets: 91, ports: 4 },
  "iptables-offload": { ownPackets: 91, ports: 5 },
  "iptables-random": { ownPackets: 180, ports: 123, endpoints: 245 },
  "ipvs-lc-loss:any": { ownPackets: 93, ports: 3 },
  "ipvs-lc-loss": { ownPackets: 93, ports: 3 },
};
/** What one run over a capture leaves open at most, where the capture of the interfaces alone does not say enough. */
const VERIFY_LIMITS: Readonly<
  Record<string, { readonly unexplained: number; readonly unexpected: number; readonly why: string }>
> = {
  "iptables-random": {
    unexplained: 1,
    unexpected: 4,
    why: "three servers were drawn to which nothing left: a policy refused them, so that the capture does not show which they were",
  },
};
const WORDS: Readonly<Record<keyof Unsaid, string>> = {
  ownPackets: "packets that nothing in the capture caused: the node's own stack (echo replies, resets), fed as its own",
  ports: "source ports that masquerading chose by chance: the recording is taken as if it had chosen ours",
  endpoints: "flows whose endpoint was drawn by chance (statistic random): taken from where their first packet left to",
  pieces: "large pieces of the node's own TCP, cut into segments behind the last hook: cut to the sizes on the wire",
};
/** With offloads on, a card would have finished the checksums that are in the capture. */
const MASKS: Readonly<Record<string, readonly Mask[]>> = { "iptables-offload": ["l4-csum"] };
const LONGEST_TEXT = 600;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { cases: { type: "string", default: "../shared/conformance/cluster" }, verbose: { type: "boolean" } },
});

const folder = resolve(options.cases);
let whole = 0;
const names = positionals.length > 0 ? positionals : caseNames(folder);
for (const name of names) {
  const recorded = await readClusterCase(join(folder, name));
  const { unsaid, samePackets, differences } = await runClusterCase(recorded, new Set(MASKS[name]));
  const { arrivals, departures, isAny, isCut } = recorded;
  console.log(`${name}: ${arrivals.length} in; ${samePackets} of ${departures.length} that left are the same`);
  if (isCut) console.log("  frames are cut: headers are compared, of ICMP errors without their checksum");
  if (isAny) console.log("  captured on `any`: addresses of frames that left are not compared");
  for (const mask of MASKS[name] ?? []) console.log(`  not compared: ${mask}`);
  const verified = await verifyClusterCase(recorded, new Set(MASKS[name]));
  const isVerified = printVerified(name, verified);
  const tooMany = Object.entries(WORDS).filter(([kind, words]) => {
    const count = unsaid[kind as keyof Unsaid];
    const most = UNSAID[name]?.[kind as keyof Unsaid] ?? 0;
    if (count > 0) console.log(`  ${count} ${words}${count > most ? ` (too many: at most ${most})` : ""}`);
    return count > most;
  });
  if (differences.length === 0 && tooMany.length === 0 && isVerified) {
    whole++;
    console.log("  all counters, connections and statistics are the same");
    continue;
  }
  console.log(`  differs: ${countsOf(differences)}`);
  for (const { file, text } of options.verbose ? differences : differences.slice(0, 1))
    console.log(`  ${file}: ${text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)} ...` : text}`);
}
console.log(`${whole} of ${names.length} cases agree whole`);
process.exitCode = whole === names.length ? 0 : 1;

/** @returns whether the verification explains all that it did before. */
function printVerified(name: string, { verification, otherCauses, differences: ofState }: VerifiedCase): boolean {
  const { exact, byChance, drawn, own, unexplained, unexpected } = verification;
  const chance = `${byChance.port} but for a port, ${drawn} connections drawn as recorded`;
  const open = `${unexplained.packets} not explained, ${unexpected.packets} more`;
  console.log(`  --verify, in one run: ${exact} exact, ${chance}, ${own} of the node's own; ${open}`);
  const limit = VERIFY_LIMITS[name];
  if (limit) console.log(`    (${limit.why})`);
  if (otherCauses !== undefined) console.log(`    ${otherCauses} packets with another cause than recorded`);
  if (!limit) console.log(`    its state differs in: ${countsOf(ofState) || "nothing"}`);
  const isAsBefore = unexplained.packets <= (limit?.unexplained ?? 0) && unexpected.packets <= (limit?.unexpected ?? 0);
  return isAsBefore && !otherCauses;
}

function countsOf(differences: readonly Difference[]): string {
  const counts = new Map<string, number>();
  for (const { file } of differences) counts.set(file, (counts.get(file) ?? 0) + 1);
  return [...counts].map(([file, count]) => `${file} ${count}`).join(", ");
}
