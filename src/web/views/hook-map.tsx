import type { Step } from "../../index.ts";
import { partOf } from "./step-part.ts";

interface Props {
  readonly steps: readonly Step[];
  /** Begins the names of the places in the page that hooks and tables lead to. */
  readonly id: string;
}

interface Box {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  /** What the hook has, in the order in which packets meet it. */
  readonly parts: readonly string[];
}

const WIDTH = 112;
const HEAD = 20;
const PART = 17;
const GAP = 6;

/** As on the usual picture of netfilter: in on the left, out on the right, the node itself above. */
const HOOKS: readonly Box[] = [
  { name: "PREROUTING", x: 32, y: 136, parts: ["raw", "conntrack", "mangle", "nat"] },
  { name: "INPUT", x: 144, y: 6, parts: ["mangle", "filter", "nat", "IPVS"] },
  { name: "FORWARD", x: 254, y: 136, parts: ["mangle", "filter"] },
  { name: "OUTPUT", x: 364, y: 6, parts: ["raw", "conntrack", "mangle", "nat", "filter"] },
  { name: "POSTROUTING", x: 476, y: 136, parts: ["mangle", "nat"] },
];
const LINES: readonly (readonly [from: string, to: string, path: string])[] = [
  ["in", "PREROUTING", "M 0 176 H 32"],
  ["PREROUTING", "INPUT", "M 88 136 V 50 H 144"],
  ["PREROUTING", "FORWARD", "M 144 176 H 254"],
  ["FORWARD", "POSTROUTING", "M 366 176 H 476"],
  ["OUTPUT", "POSTROUTING", "M 476 50 H 532 V 136"],
  ["POSTROUTING", "out", "M 588 176 H 620"],
  ["INPUT", "node", "M 256 50 H 276"],
  ["node", "OUTPUT", "M 344 50 H 364"],
  // IPVS takes what arrived for the node and sends it on from there.
  ["INPUT", "IPVS", "M 200 100 V 118 H 420 V 117"],
];

/** The netfilter map with a packet's own way lit: hook by hook, table by table. */
export function HookMap({ steps, id }: Props) {
  const hooks = steps.flatMap((step) => (step.step === "hook" ? [step.hook] : []));
  const lit = new Set(hooks);
  const parts = litParts(steps);
  const fate = steps.findLast(({ step }) => step === "end");
  if (hooks[0] === "PREROUTING") lit.add("in");
  if (fate?.step === "end" && fate.fate === "sent") lit.add("out");
  if (fate?.step === "end" && (fate.fate === "delivered" || hooks[0] === "OUTPUT")) lit.add("node");
  const isThroughIpvs = parts.has("INPUT IPVS") && hooks.includes("OUTPUT");
  if (isThroughIpvs) lit.add("IPVS");
  const words = hooks.map((hook) => {
    const ofHook = [...parts].flatMap((part) => (part.startsWith(`${hook} `) ? [part.slice(hook.length + 1)] : []));
    return ofHook.length === 0 ? hook : `${hook} (${ofHook.join(", ")})`;
  });
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no fieldset
    <svg class="hook-map" viewBox="0 0 620 232" role="group" aria-label={`Hooks passed: ${words.join(", ") || "none"}`}>
      {LINES.filter(([, to]) => to !== "IPVS" || isThroughIpvs).map(([from, to, path]) => (
        <path d={path} class={lit.has(from) && lit.has(to) ? "line lit" : "line"} />
      ))}
      <g class={lit.has("node") ? "hook lit" : "hook"}>
        <rect x="276" y="34" width="68" height="32" rx="6" />
        <text x="310" y="54" text-anchor="middle" class="name">
          the node
        </text>
      </g>
      {HOOKS.map((hook) => (
        <HookBox hook={hook} isLit={lit.has(hook.name)} parts={parts} id={id} />
      ))}
    </svg>
  );
}

interface BoxProps {
  readonly hook: Box;
  readonly isLit: boolean;
  readonly parts: ReadonlySet<string>;
  readonly id: string;
}

function HookBox({ hook: { name, x, y, parts: all }, isLit, parts: walked, id }: BoxProps) {
  const parts = all.filter((part) => part !== "IPVS" || walked.has(`${name} ${part}`));
  return (
    <g class={isLit ? "hook lit" : "hook"}>
      <rect x={x} y={y} width={WIDTH} height={HEAD + parts.length * PART + GAP} rx="6" />
      <Place id={`${id}-${name}`} isLit={isLit} label={name}>
        <text x={x + WIDTH / 2} y={y + 16} text-anchor="middle" class="name">
          {name}
        </text>
      </Place>
      {parts.map((part, i) => {
        const isWalked = walked.has(`${name} ${part}`);
        const top = y + HEAD + i * PART;
        return (
          <Place id={`${id}-${name}-${part}`} isLit={isWalked} label={`${name}: ${part}`}>
            <rect x={x + 8} y={top + 1} width={WIDTH - 16} height={PART - 2} rx="3" class="part" />
            <text x={x + WIDTH / 2} y={top + 13} text-anchor="middle" class={isWalked ? "table lit" : "table"}>
              {part}
            </text>
          </Place>
        );
      })}
    </g>
  );
}

interface PlaceProps {
  readonly id: string;
  readonly isLit: boolean;
  readonly label: string;
  readonly children: preact.ComponentChildren;
}

/** Something of the map that leads to its step, where the packet passed it. */
function Place({ id, isLit, label, children }: PlaceProps) {
  if (!isLit) return <g class="place-off">{children}</g>;
  const go = () => {
    const step = document.getElementById(id);
    step?.scrollIntoView({ block: "nearest" });
    step?.focus();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no button
    <g
      class="place-lit"
      role="button"
      tabindex={0}
      aria-label={label}
      onClick={go}
      onKeyDown={({ key }) => key === "Enter" && go()}
    >
      {children}
    </g>
  );
}

/** Where something matched, decided or was looked up: `FORWARD filter`, `INPUT IPVS`. */
function litParts(steps: readonly Step[]): Set<string> {
  const found = new Set<string>();
  let hook = "";
  for (const step of steps) {
    if (step.step === "hook") hook = step.hook;
    const part = partOf(step);
    if (part !== undefined) found.add(`${hook} ${part}`);
  }
  return found;
}
