import type { Step } from "../../index.ts";

/** The part of a hook that a step is of, as the map names it; undefined for what has no place of its own. */
export function partOf(step: Step): string | undefined {
  switch (step.step) {
    case "rule":
      return step.place.split(":")[0];
    case "conntrack":
      return "conntrack";
    case "nat":
      return "nat";
    case "ipvs":
    case "schedule":
    case "template":
      return "IPVS";
    default:
      return undefined;
  }
}
