import { compareRules } from "./rules.ts";
import { compareWrongRules } from "./wrong-rules.ts";

/** `npm run differential -- [RULES] [SEED]`: random rules, right ones and wrong ones, through this machine's iptables-restore and through hookwalk. */
const [count = "2000", seed = String(Date.now() & 0xffffff)] = process.argv.slice(2);
const { compared, accepted, differences } = await compareRules(Number(count), Number(seed));
for (const difference of differences) console.log(`${difference}\n`);
console.log(
  `seed ${seed}: ${compared} rules compared, ${accepted} of them accepted, ${differences.length} differences`,
);
const wrong = await compareWrongRules(Number(count), Number(seed));
for (const difference of [...wrong.decisions, ...wrong.words]) console.log(`${difference}\n`);
console.log(
  `seed ${seed}: ${wrong.compared} wrong rules compared, ${wrong.refused} of them refused, ${wrong.decisions.length} differences, ` +
    `${wrong.words.length} refused in other words`,
);
process.exitCode = differences.length + wrong.decisions.length === 0 ? 0 : 1;
