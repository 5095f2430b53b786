import type { Step } from "../../index.ts";

interface Props {
  readonly hooks: readonly string[];
  readonly steps: readonly Step[];
  readonly fate: string;
}

interface Box {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  /** Tables in the order in which the hook has them. */
  readonly tables: readonly string[];
}

const WIDTH = 132;
const HEIGHT = 62;

/** As on the usual picture of netfilter: in on the left, out on the right, the node itself above. */
const HOOKS: readonly Box[] = [
  { name: "PREROUTING", x: 46, y: 130, tables: ["raw", "mangle", "nat"] },
  { name: "INPUT", x: 236, y: 30, tables: ["mangle", "filter", "nat"] },
  { name: "FORWARD", x: 300, y: 130, tables: ["mangle", "filter"] },
  { name: "OUTPUT", x: 450, y: 30, tables: ["raw", "mangle", "nat", "filter"] },
  { name: "POSTROUTING", x: 556, y: 130, tables: ["mangle", "nat"] },
];
const LINES: readonly (readonly [from: string, to: string, path: string])[] = [
  ["in", "PREROUTING", "M 4 161 H 46"],
  ["PREROUTING", "INPUT", "M 178 150 H 206 V 61 H 236"],
  ["PREROUTING", "FORWARD", "M 178 161 H 300"],
  ["FORWARD", "POSTROUTING", "M 432 161 H 556"],
  ["OUTPUT", "POSTROUTING", "M 582 61 H 622 V 130"],
  ["POSTROUTING", "out", "M 688 161 H 734"],
  ["INPUT", "node", "M 302 30 V 12 H 350"],
  ["node", "OUTPUT", "M 462 12 H 516 V 30"],
];

/** The netfilter map with a packet's own way lit. */
export function HookMap({ hooks, steps, fate }: Props) {
  const lit = new Set(hooks);
  const tables = litTables(steps);
  if (hooks[0] === "PREROUTING") lit.add("in");
  if (fate === "sent") lit.add("out");
  if (fate === "delivered" || hooks[0] === "OUTPUT") lit.add("node");
  const ipvs = steps.some(({ step }) => step === "ipvs");
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no fieldset
    <svg class="hook-map" viewBox="0 0 738 200" role="group" aria-label={`Hooks passed: ${hooks.join(", ") || "none"}`}>
      {LINES.map(([from, to, path]) => (
        <path d={path} class={lit.has(from) && lit.has(to) ? "line lit" : "line"} />
      ))}
      <text x="406" y="16" text-anchor="middle" class={lit.has("node") ? "lit" : ""}>
        the node itself
      </text>
      {ipvs && (
        <text x="370" y="112" text-anchor="middle" class="lit">
          IPVS
        </text>
      )}
      {HOOKS.map((hook) => (
        <HookBox hook={hook} isLit={lit.has(hook.name)} tables={tables} />
      ))}
    </svg>
  );
}

function HookBox({
  hook: { name, x, y, tables },
  isLit,
  tables: walked,
}: {
  hook: Box;
  isLit: boolean;
  tables: ReadonlySet<string>;
}) {
  const go = () => document.getElementById(`step-0-${name}`)?.scrollIntoView({ block: "nearest" });
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no button
    <g
      class={isLit ? "hook lit" : "hook"}
      role="button"
      tabIndex={isLit ? 0 : -1}
      aria-disabled={!isLit}
      onClick={go}
      onKeyDown={({ key }) => key === "Enter" && go()}
    >
      <rect x={x} y={y} width={WIDTH} height={HEIGHT} rx="6" />
      <text x={x + WIDTH / 2} y={y + 22} text-anchor="middle" class="name">
        {name}
      </text>
      {tables.map((table, i) => (
        <text
          x={x + ((i + 0.5) * WIDTH) / tables.length}
          y={y + 46}
          text-anchor="middle"
          class={walked.has(`${name} ${table}`) ? "table lit" : "table"}
        >
          {table}
        </text>
      ))}
    </g>
  );
}

/** Tables in which something matched or decided, by hook. */
function litTables(steps: readonly Step[]): Set<string> {
  const found = new Set<string>();
  let hook = "";
  for (const step of steps) {
    if (step.step === "hook") hook = step.hook;
    if (step.step === "rule") found.add(`${hook} ${step.place.split(":")[0]}`);
  }
  return found;
}
