import type { Both, ServiceCosts, ServiceSpread, Spread } from "../../index.ts";

/** The two nodes: their signs and line styles differ, not only their colours. */
const SIDES = ["a", "b"] as const;

const WIDTH = 560;
const HEIGHT = 260;
const LEFT = 46;
const BOTTOM = 40;
const TOP = 14;
const RIGHT = 12;

/** Rules that the kernel evaluates for a new connection, against the Service's position: a line a node. */
export function CostCurve({ costs, names }: { costs: Both<ServiceCosts>; names: Both<string> }) {
  const most = Math.max(1, ...SIDES.flatMap((side) => costs[side].services.map(({ rules }) => rules)));
  const last = Math.max(2, costs.a.total, costs.b.total);
  const x = (position: number) => LEFT + ((position - 1) / (last - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (rules: number) => HEIGHT - BOTTOM - (rules / most) * (HEIGHT - BOTTOM - TOP);
  const words = SIDES.map((side) => `${names[side]}: ${costWords(costs[side])}`).join("; ");
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`Rules evaluated per new connection. ${words}`}>
        {ticks(most).map((rules) => (
          <g class="tick">
            <path d={`M ${LEFT} ${y(rules)} H ${WIDTH - RIGHT}`} />
            <text x={LEFT - 6} y={y(rules) + 4} text-anchor="end">
              {rules.toLocaleString("en")}
            </text>
          </g>
        ))}
        {ticks(last).map((position) => (
          <text class="tick" x={x(Math.max(1, position))} y={HEIGHT - BOTTOM + 16} text-anchor="middle">
            {Math.max(1, position).toLocaleString("en")}
          </text>
        ))}
        <text class="axis" x={(LEFT + WIDTH) / 2} y={HEIGHT - 6} text-anchor="middle">
          the Service's position among {last.toLocaleString("en")}
        </text>
        {SIDES.map((side) => (
          <path
            class={`curve ${side}`}
            d={costs[side].services
              .map(
                ({ position, rules }, i) => `${i === 0 ? "M" : "L"} ${x(position).toFixed(1)} ${y(rules).toFixed(1)}`,
              )
              .join(" ")}
          />
        ))}
      </svg>
      <figcaption>
        {SIDES.map((side) => (
          <span class="legend">
            <Swatch side={side} /> <strong>{names[side]}</strong>: {costWords(costs[side])}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

/** `from 12 rules (tcp 10.96.0.10:80) to 61 (tcp 10.96.0.57:80)`. */
export function costWords({ services, total }: ServiceCosts): string {
  if (services.length === 0) return "no services";
  const sorted = services.toSorted((a, b) => a.rules - b.rules);
  const [least, most] = [sorted[0]!, sorted.at(-1)!];
  const lookups = Math.max(...services.map(({ ipvsLookups }) => ipvsLookups));
  const ipvs = lookups > 0 ? ` and ${lookups} IPVS look-ups` : "";
  const count = `${total.toLocaleString("en")} services: `;
  if (least.rules === most.rules) return `${count}${least.rules} rules${ipvs} for each`;
  return `${count}from ${least.rules} rules (${least.service}) to ${most.rules} (${most.service})${ipvs}`;
}

/** Round numbers from 0 to `most`, some five of them. */
function ticks(most: number): number[] {
  const rough = most / 4;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].map((factor) => factor * size).find((each) => each >= rough)!);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}

function Swatch({ side }: { side: "a" | "b" }) {
  return (
    <svg class="swatch" viewBox="0 0 24 8" aria-hidden="true">
      <path class={`curve ${side}`} d="M 0 4 H 24" />
    </svg>
  );
}

/** How a service's conversations were spread over its servers on both nodes, with what was to be expected. */
export function SpreadChart({ spread, names }: { spread: ServiceSpread; names: Both<string> }) {
  const servers = [...new Set([...spread.a.servers, ...spread.b.servers].map(({ server }) => server))].sort();
  const all = SIDES.flatMap((side) => spread[side].servers.flatMap(({ flows, expected }) => [flows, expected ?? 0]));
  const most = Math.max(1, ...all);
  return (
    <table class="spread">
      <caption>
        {spread.service}
        {SIDES.map((side) => (
          <span class="legend">
            <Swatch side={side} /> {names[side]}: {chosenWords(spread[side])}
          </span>
        ))}
      </caption>
      <thead>
        <tr>
          <th scope="col">Server</th>
          <th scope="col">Conversations</th>
        </tr>
      </thead>
      <tbody>
        {servers.map((server) => (
          <tr>
            <th scope="row">{server}</th>
            <td>
              {SIDES.map((side) => (
                <Bar side={side} most={most} of={spread[side].servers.find((each) => each.server === server)} />
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Bar({ side, most, of }: { side: "a" | "b"; most: number; of: Spread["servers"][number] | undefined }) {
  const { flows = 0, expected } = of ?? {};
  const hint = expected === undefined ? "" : ` (expected ${expected.toFixed(1)})`;
  return (
    <div class="spread-row">
      <span class="track">
        <span class={`bar ${side}`} style={{ width: `${(100 * flows) / most}%` }} />
        {expected !== undefined && <span class="expected" style={{ left: `${(100 * expected) / most}%` }} />}
      </span>
      {flows.toLocaleString("en")}
      <small>{hint}</small>
    </div>
  );
}

function chosenWords({ flows, chosenBy, fit }: Spread): string {
  const fits = fit ? `, chi-square p ${fit.p.toFixed(3)}${fit.isReliable ? "" : " (few conversations)"}` : "";
  return flows === 0 ? "none reached a server" : `by ${chosenBy || "no choice"}${fits}`;
}
