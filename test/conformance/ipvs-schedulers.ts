/**
 * `tsx test/conformance/ipvs-schedulers.ts [NAME]...`: plays the recorded sequences of flows and edits and prints where the
 * emulator chose otherwise than the kernel. Exit code 0 when nowhere.
 */
import { playVector, readVectors } from "../ipvs/vectors.ts";

const names = process.argv.slice(2);
const vectors = readVectors().filter(({ name }) => names.length === 0 || names.includes(name));
let agreed = 0;
for (const vector of vectors) {
  const differences = await playVector(vector);
  if (differences.length === 0) {
    agreed += 1;
    continue;
  }
  console.log(`${vector.name} (${differences.length} differences)`);
  for (const difference of names.length > 0 ? differences : differences.slice(0, 1)) console.log(`  ${difference}`);
}
console.log(`ipvs-schedulers ${agreed}/${vectors.length}`);
process.exitCode = agreed === vectors.length ? 0 : 1;
