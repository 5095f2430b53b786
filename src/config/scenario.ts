import type { LocalProcess, NodeEvent } from "../model/node.ts";
import { ConfigError } from "./error.ts";
import { parseJson } from "./ip/json.ts";
import { sysctlName } from "./sysctl.ts";

/** What a scenario.json says beyond its packets. Its `mask` is for the comparison of results, not for the run. */
export interface Scenario {
  readonly sysctls: ReadonlyMap<string, string>;
  readonly events: readonly NodeEvent[];
  /** Virtual time in seconds at which the run ends. */
  readonly end?: number;
  readonly kernel?: string;
  /** Whose the packets of the interface `local` are. */
  readonly local?: Partial<LocalProcess>;
  /** Were offloads on where the packets were captured? */
  readonly offloads?: boolean;
}

export function parseScenario(text: string, file: string): Scenario {
  const scenario = record(parseJson(text, file), file, "the whole file");
  const sysctls = new Map<string, string>();
  for (const [name, value] of Object.entries(record(scenario.sysctls ?? {}, file, "sysctls"))) {
    sysctls.set(sysctlName(name), String(value));
  }
  const events = scenario.events ?? [];
  if (!Array.isArray(events)) return fail(file, "`events' must be an array");
  return {
    sysctls,
    events: events.map((event, i) => eventOf(record(event, file, `events, entry ${i + 1}`), file, i)),
    local: scenario.local === undefined ? undefined : localOf(record(scenario.local, file, "local")),
    end: typeof scenario.end === "number" ? scenario.end : undefined,
    offloads: typeof scenario.offloads === "boolean" ? scenario.offloads : undefined,
    kernel: typeof scenario.kernel === "string" ? scenario.kernel : undefined,
  };
}

function localOf({ uid, gid, groups, classid, cgroup }: Readonly<Record<string, unknown>>): Partial<LocalProcess> {
  const number = (value: unknown) => (typeof value === "number" ? value : undefined);
  const given = {
    uid: number(uid),
    gid: number(gid),
    groups: Array.isArray(groups) ? groups.filter((group) => typeof group === "number") : undefined,
    classid: number(classid),
    cgroup: typeof cgroup === "string" ? cgroup : undefined,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function eventOf(event: Readonly<Record<string, unknown>>, file: string, index: number): NodeEvent {
  const { before, cmd } = event;
  if (typeof before !== "number" || !Number.isInteger(before) || before < 1 || typeof cmd !== "string") {
    return fail(file, `events, entry ${index + 1}: expected {"before": PACKET NUMBER, "cmd": "COMMAND"}`);
  }
  return { before, command: cmd };
}

function record(value: unknown, file: string, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return fail(file, `${where}: expected an object`);
  return value as Record<string, unknown>;
}

function fail(file: string, detail: string): never {
  throw new ConfigError("ERR_SYNTAX", { file, line: 1, column: 1 }, detail);
}
