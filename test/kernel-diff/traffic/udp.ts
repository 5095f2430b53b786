import { UDP, udp } from "../packets.ts";
import type { Plan } from "../plan.ts";

const FLOWS = 3;
const PACKETS = 10;

/** UDP: questions, answers and silence over more than the two seconds after which a flow is a stream; broken ones between. */
export function udpTraffic(plan: Plan): void {
  const { random } = plan;
  const ports = Array.from({ length: plan.flows(FLOWS) }, () => plan.freePort());
  for (let round = 0; round < PACKETS; round++) {
    for (const [i, port] of ports.entries()) {
      if (random.chance(0.2)) continue;
      const client = plan.client(10 + (i % 4));
      const server = plan.server(9 + (i % 2));
      const isAnswer = round > 0 && random.chance(0.45);
      const ends = isAnswer ? { from: server, to: client } : { from: client, to: server };
      const data = random.bytes(random.pick([0, 1, 10, 33]));
      const broken = random.chance(0.08);
      const datagram = udp(ends, {
        sourcePort: isAnswer ? 53 : port,
        destinationPort: isAnswer ? port : 53,
        data,
        checksum: random.chance(0.1) ? random.pick(["wrong", "none"]) : "right",
        length: broken ? random.pick([7, 8, 9, 17, 40]) : undefined,
      });
      plan.send(ends, UDP, random.chance(0.03) ? datagram.subarray(0, random.below(8)) : datagram);
    }
    // Not within reach of the two seconds' edge, however slow the kernel's side is.
    if (round % 3 === 2) plan.wait(random.pick([0.2, 2.8]));
  }
}
