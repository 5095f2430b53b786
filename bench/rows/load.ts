import { Emulator } from "../../src/engine/emulator.ts";
import { parseNode } from "../../src/index.ts";
import { measure } from "../measure.ts";
import { benchServices } from "../network.ts";
import { iptablesNode } from "../nodes.ts";
import type { Row } from "../row.ts";

const SERVICES = 10_000;
const ROUNDS = 5;

/** W12: from the files of a node to one that is ready for packets. */
export const LOAD: readonly Row[] = [3, 10].map((servers) => ({
  id: "W12",
  name: `load ${SERVICES.toLocaleString("en")} services of ${servers} endpoints`,
  fullOnly: servers === 10,
  async run() {
    const files = iptablesNode(benchServices(SERVICES, servers), "random");
    const lines = new TextDecoder().decode(files.get("iptables.save")).split("\n").length;
    const run = async () => {
      await Emulator.create(parseNode(files));
    };
    const inMs = 1e6;
    const measurements = await measure([{ name: "core", run }], inMs, ROUNDS);
    const note = `${lines.toLocaleString("en")} lines of rules`;
    return {
      unit: "ms",
      measurements,
      comparisons: [{ what: "ms", value: measurements[0]!.median, limit: 120 }],
      note,
    };
  },
}));
