import { compareRules } from "./rules.ts";

/** `npm run differential -- [RULES] [SEED]`: random rules through this machine's iptables-restore and through hookwalk. */
const [count = "2000", seed = String(Date.now() & 0xffffff)] = process.argv.slice(2);
const { compared, accepted, differences } = await compareRules(Number(count), Number(seed));
for (const difference of differences) console.log(`${difference}\n`);
console.log(
  `seed ${seed}: ${compared} rules compared, ${accepted} of them accepted, ${differences.length} differences`,
);
process.exitCode = differences.length === 0 ? 0 : 1;
