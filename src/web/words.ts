import { endpoint, type Headers, type Step } from "../index.ts";

/** `TCP 10.0.0.9:1 → 10.96.0.1:443 [S] 60 bytes, TTL 64`. */
export function headersText(headers: Headers): string {
  const { protocol, flags, icmpType, icmpCode, length, ttl } = headers;
  const details = [
    flags !== undefined && `[${flags || "none"}]`,
    icmpType !== undefined && `type ${icmpType} code ${icmpCode}`,
    `${length} bytes, TTL ${ttl}`,
  ];
  const ends = `${endpoint(headers, "source")} → ${endpoint(headers, "destination")}`;
  return [protocol, ends, ...details].filter(Boolean).join(" ");
}

/** A step in words; rules have a view of their own. */
export function stepText(step: Step): string {
  switch (step.step) {
    case "hook":
      return [step.hook, step.in && `in ${step.in}`, step.out && `out ${step.out}`].filter(Boolean).join(" ");
    case "rule":
      return step.place;
    case "conntrack":
      return `conntrack: ${step.state}`;
    case "nat":
      return `NAT rewrites the ${step.side}`;
    case "route":
      return `route: ${step.result}${step.out ? `, out ${step.out}` : ""}`;
    case "ipvs":
      return `IPVS: ${step.service ?? "a known connection"} → ${step.server ?? "no server"}`;
    case "change":
      return step.changes.map(({ field, from, to }) => `${field} ${from} becomes ${to}`).join(", ");
    case "end":
      return `${step.fate}${step.out ? ` out ${step.out}` : ""}${step.reason ? `: ${step.reason}` : ""}`;
    default:
      return JSON.stringify(step);
  }
}
