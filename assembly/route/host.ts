/** What the host calls of routing: loading devices, routes, rules and neighbours. */
export { devicesWritten } from "./addresses";
export { clearRoutes, insertRoute, newRoute } from "./fib";
export { flushRoutes, forgetRoutes } from "./input-cache";
export { clearNeighbours, newNeighbour } from "./neighbour";
export { clearPolicyRules, newPolicyRule, policyRulesWritten } from "./rules";
export { setCustomLocalRoutes } from "./validate-source";
