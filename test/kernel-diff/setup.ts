import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { RecordedScenario } from "../conformance/corpus.ts";

/**
 * Devices that the recorder cannot build are built by a script, which it runs as an event before the packets. What the tools
 * then print takes the place of the files that it wrote before.
 */
const SCRIPT = "setup.sh";
const LIVE = "live";
const LISTINGS: ReadonlyMap<string, string> = new Map([
  ["addr.json", "ip -d -j addr"],
  ["route.json", "{ ip -4 -j route show table all; ip -6 -j route show table all; }"],
  ["neigh.json", "ip -j neigh"],
  ["fdb.json", "bridge -d -j fdb"],
]);

const BATCH_TOOLS: ReadonlySet<string> = new Set(["ip", "bridge", "tc"]);

/** Frames that leave with a tag get another one, which the recorder's socket takes off: the first then stays in the frame. */
function keepTags(device: string): string[] {
  return [
    `tc qdisc add dev ${device} clsact`,
    ...["802.1q", "802.1ad"].map(
      (tag) => `tc filter add dev ${device} egress protocol ${tag} matchall action vlan push id 1 protocol 802.1ad`,
    ),
  ];
}

/** Commands of a tool that follow one another become one run of it: to start a program takes the guest long. */
function inBatches(commands: readonly string[]): string[] {
  const batches: { readonly tool: string; readonly lines: string[] }[] = [];
  for (const command of commands) {
    const [tool = "", ...words] = command.split(" ");
    if (!BATCH_TOOLS.has(tool)) batches.push({ tool: "", lines: [command] });
    else if (batches.at(-1)?.tool === tool) batches.at(-1)!.lines.push(words.join(" "));
    else batches.push({ tool, lines: [words.join(" ")] });
  }
  return batches.map(({ tool, lines }) =>
    tool === "" ? lines.join("\n") : `${tool} -batch - <<END\n${lines.join("\n")}\nEND`,
  );
}

/** Writes the script of a scenario; `more`: files of the node by the commands that print them. @returns the event that runs it. */
export function writeSetup(
  folder: string,
  commands: readonly string[],
  more: ReadonlyMap<string, string>,
  devices: readonly string[],
): string {
  const live = join(resolve(folder), LIVE);
  mkdirSync(live, { recursive: true });
  const listings = [...LISTINGS, ...more].map(([file, command]) => `${command} > ${join(live, file)}`);
  const script = ["set -e", ...inBatches([...commands, ...devices.flatMap(keepTags)]), ...listings];
  const path = join(resolve(folder), SCRIPT);
  writeFileSync(path, `${script.join("\n")}\n`);
  return `sh ${path}`;
}

interface Description {
  readonly events?: readonly { readonly cmd: string }[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly setupSysctls?: Readonly<Record<string, string>>;
}

/** Commands that change the guest: events that are none of the node's. Modules are in its `modules.txt` from the begin. */
export const LOAD_MODULES = "modprobe -a";
export const OF_WHOLE_GUEST = "nsenter -t 1 -n";

/** A recorded scenario as its script, or its commands for the guest, left the node. */
export function afterSetup(scenario: RecordedScenario): RecordedScenario {
  if (!scenario.node.has(SCRIPT)) return withoutGuest(scenario);
  const node = new Map(scenario.node);
  node.delete(SCRIPT);
  for (const [path, bytes] of scenario.node) {
    if (!path.startsWith(`${LIVE}/`)) continue;
    node.set(path.slice(LIVE.length + 1), bytes);
    node.delete(path);
  }
  const { setupSysctls, events: _, ...description } = descriptionOf(node);
  const sysctls = { ...description.sysctls, ...setupSysctls };
  node.set("scenario.json", new TextEncoder().encode(JSON.stringify({ ...description, sysctls })));
  return { ...scenario, node };
}

function descriptionOf(node: ReadonlyMap<string, Uint8Array>): Description {
  return JSON.parse(new TextDecoder().decode(node.get("scenario.json"))) as Description;
}

function withoutGuest(scenario: RecordedScenario): RecordedScenario {
  const { events, ...description } = descriptionOf(scenario.node);
  const others = events?.filter(({ cmd }) => !cmd.startsWith(LOAD_MODULES) && !cmd.startsWith(OF_WHOLE_GUEST));
  if (others?.length === events?.length) return scenario;
  const bytes = new TextEncoder().encode(JSON.stringify({ ...description, ...(others?.length && { events: others }) }));
  return { ...scenario, node: new Map(scenario.node).set("scenario.json", bytes) };
}
