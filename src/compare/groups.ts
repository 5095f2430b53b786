import type { DifferenceGroup, FlowComparison } from "./comparison.ts";
import { type Flow, gravity } from "./flows.ts";

/**
 * Conversations that differ in the same way: alike in kind, in the service asked, in what becomes of them, and in what decides
 * where that is not the choice of a server.
 */
export function groupDifferences(flows: readonly Flow[], compared: readonly FlowComparison[]): DifferenceGroup[] {
  const groups = new Map<string, { flows: number; readonly example: FlowComparison }>();
  for (const [i, flow] of compared.entries()) {
    if (!flow.difference) continue;
    const { kind, isReply, cause } = flow.difference;
    const decides = [flow.a, flow.b].map(({ fate, endpoint }, side) =>
      endpoint === undefined ? `${fate} ${side === 0 ? cause.a : cause.b}` : fate,
    );
    const key = [kind, isReply, flows[i]!.service, ...decides].join("\n");
    const group = groups.get(key);
    if (group) group.flows++;
    else groups.set(key, { flows: 1, example: flow });
  }
  return [...groups.values()]
    .map(({ flows: count, example }) => ({
      kind: example.difference!.kind,
      flows: count,
      example: example.flow,
      difference: example.difference!,
    }))
    .sort((x, y) => gravity(x.kind) - gravity(y.kind) || y.flows - x.flows);
}
