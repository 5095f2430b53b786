/**
 * `npm run soak`: hostile streams (SYN floods, full tables, port exhaustion, overlapping fragments, spoofed errors, over IPv4 and IPv6, to virtual
 * services and with expected connections) take turns on one node. After each its tables must agree with each other and memory be bounded; and when all has expired, nothing may be left.
 */
import { parseArgs } from "node:util";
import { Soak } from "./soak.ts";

const HELP = `Usage: npm run soak -- [OPTIONS]
  --packets N   how many, about (default 10000000)
  --seed N      decides what is sent (default 1)`;
const ROUNDS_BETWEEN_RESTS = 10;

const { values: options } = parseArgs({
  options: {
    packets: { type: "string", default: "10000000" },
    seed: { type: "string", default: "1" },
    help: { type: "boolean" },
  },
});

if (options.help) console.log(HELP);
else await main(Number(options.packets), Number(options.seed));

async function main(packets: number, seed: number): Promise<void> {
  const soak = await Soak.create(seed);
  soak.round();
  const first = soak.settle();
  console.log(`at rest: ${JSON.stringify(first)}`);
  while (soak.packets < packets) {
    for (let i = 0; i < ROUNDS_BETWEEN_RESTS && soak.packets < packets; i++) soak.round();
    const rest = soak.settle();
    console.log(`${soak.packets} packets: ${soak.bytes >> 20} MiB, at rest ${JSON.stringify(rest)}`);
    if (rest.connections + rest.virtualConnections + rest.expectations !== 0 || rest.packets !== first.packets)
      throw new Error("not all has expired");
  }
  console.log(
    `${soak.packets} packets, up to ${soak.mostConnections} connections, ${soak.mostVirtualConnections} of IPVS, ${soak.mostExpectations} expectations, ${soak.bytes >> 20} MiB: nothing wrong`,
  );
}
