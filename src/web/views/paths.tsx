import type { PathSummary } from "../../index.ts";
import type { Opened } from "../session/shown.ts";

interface Props {
  readonly opened: Opened;
  readonly onPacket: (number: number) => void;
  readonly onFilter: (filter: string) => void;
}

/** Height of a box that can be read, as the style has it, and of a diagram that can be looked over. */
const LEAST_REM = 2.8;
const MOST_REM = 40;

/** A step that some paths share, and where they go from there. */
interface Branch {
  readonly word: string;
  packets: number;
  example: number;
  /** Numbers of the paths that have it. */
  readonly paths: number[];
  readonly next: Map<string, Branch>;
}

/** All distinct ways of the traffic, as a flow diagram: from left to right, as tall as their share. */
export function PathsView({ opened, onPacket, onFilter }: Props) {
  const { paths, drops } = opened.report;
  const ofCapture = paths.filter(({ isKernelMade }) => !isKernelMade);
  const root = branchesOf(ofCapture);
  return (
    <div class="paths">
      <h2>
        {paths.length} distinct {paths.length === 1 ? "path" : "paths"}
      </h2>
      <p>Each box is a step; the taller it is, the more packets took it. Click one for the list of these packets.</p>
      <div class="flow">
        <div class="whole" style={{ minHeight: `${heightOf(ofCapture)}rem` }}>
          <Branches branches={[...root.next.values()]} total={root.packets} onFilter={onFilter} />
        </div>
      </div>
      {drops.length > 0 && (
        <>
          <h2>Dropped</h2>
          <table>
            <thead>
              <tr>
                <th>Packets</th>
                <th>Why</th>
                <th>Rule, or chain</th>
                <th>First</th>
              </tr>
            </thead>
            <tbody>
              {drops.map(({ packets, reason, rule, policy, example }) => (
                <tr>
                  <td class="number">{packets.toLocaleString("en")}</td>
                  <td>{reason}</td>
                  <td>
                    {rule && (
                      <button type="button" onClick={() => onFilter(`fate dropped and rule ${rule.replace(" ", ":")}`)}>
                        {rule}
                      </button>
                    )}
                    {policy && (
                      <button type="button" onClick={() => onFilter(policyFilter(policy))}>
                        {policy}
                      </button>
                    )}
                  </td>
                  <td>
                    <button type="button" onClick={() => onPacket(example)}>
                      {example}
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </div>
  );
}

/** Height at which the rarest path is as tall as its box has to be, in rem; where that would be a long way, it is taller than its share. */
function heightOf(paths: readonly PathSummary[]): number {
  const all = paths.reduce((sum, { packets }) => sum + packets, 0);
  const rarest = Math.min(all, ...paths.map(({ packets }) => packets));
  return Math.min(Math.max(LEAST_REM * (all / rarest), 12), Math.max(MOST_REM, LEAST_REM * paths.length));
}

/** Packets that a chain's policy dropped. @param chain `filter FORWARD` */
function policyFilter(chain: string): string {
  const [table, name] = chain.split(" ");
  return `fate dropped and reason policy and table ${table} and chain ${name}`;
}

function Branches({
  branches,
  total,
  onFilter,
}: {
  branches: readonly Branch[];
  total: number;
  onFilter: (filter: string) => void;
}) {
  return (
    <ul>
      {branches
        .toSorted((a, b) => b.packets - a.packets)
        .map((branch) => (
          <li class="branch" style={{ flex: `${branch.packets} 0 0` }}>
            <button
              type="button"
              class={branch.word.startsWith("dropped") ? "box dropped" : "box"}
              title={`${branch.packets} packets, e.g. ${branch.example}`}
              onClick={() => onFilter(branch.paths.map((path) => `path ${path}`).join(" or "))}
            >
              <span class="label">
                {branch.word} <small>{((100 * branch.packets) / total).toFixed(1)}&nbsp;%</small>
              </span>
            </button>
            {branch.next.size > 0 && (
              <Branches branches={[...branch.next.values()]} total={total} onFilter={onFilter} />
            )}
          </li>
        ))}
    </ul>
  );
}

function branchesOf(paths: readonly PathSummary[]): Branch {
  const root: Branch = { word: "", packets: 0, example: 0, paths: [], next: new Map() };
  for (const { path, packets, example, words } of paths) {
    root.packets += packets;
    let at = root;
    for (const word of words) {
      let next = at.next.get(word);
      if (!next) {
        next = { word, packets: 0, example, paths: [], next: new Map() };
        at.next.set(word, next);
      }
      next.packets += packets;
      next.paths.push(path);
      next.example = Math.min(next.example, example);
      at = next;
    }
  }
  return root;
}
