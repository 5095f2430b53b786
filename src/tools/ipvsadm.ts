import { ConfigError } from "../config/error.ts";
import { parseIpvsWords } from "../config/ipvs/command.ts";
import { changedDaemons } from "../config/ipvs/daemons.ts";
import { applyIpvsAction, type EditedService } from "../config/ipvs/save.ts";
import { WordReader } from "../config/words.ts";
import type { IpvsDaemon } from "../model/ipvs.ts";
import { type ListedService, NO_COUNTS } from "../report/ipvs-list.ts";
import { type Answer, refused, wrote } from "./answer.ts";
import { type IpvsListSource, listIpvs } from "./ipvsadm-list.ts";
import { saveIpvs } from "./ipvsadm-save.ts";
import { shortLetters } from "./short-letters.ts";

/** How a line of a restore ended; after a refusal of the kernel the next is read all the same. */
type LineAnswer = Answer & { readonly isKernel?: boolean };

/** Refusals of the kernel; the rest is refused by the tool itself. */
const KERNEL_REFUSALS =
  /^(No such device|No daemon is running|Service already exists|Service not defined|No such|Destination already exists|Numerical result|Scheduler|Memory allocation)/;

const HINT = "Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n";

/** `ipvsadm` and its scripts, on services that begin empty (ipvsadm 1.31). */
export class IpvsadmTool {
  readonly #services = new Map<string, EditedService>();
  #timeouts = { tcp: 900, tcpFin: 120, udp: 300 };
  #daemons: readonly IpvsDaemon[] = [];
  /** Is it an address of the node? Servers there are reached as "Local". */
  readonly #isLocal: (address: Uint8Array) => boolean;

  constructor(isLocal: (address: Uint8Array) => boolean) {
    this.#isLocal = isLocal;
  }

  /** Runs `ipvsadm WORDS`. */
  run(words: readonly string[], input: string): Answer {
    try {
      const letters = shortLetters(words);
      if (letters.has("L") || words.includes("--list") || words.includes("-l") || words.length === 0) {
        return listIpvs(words, letters, this.#source());
      }
      if (letters.has("S") || words.includes("--save")) return this.#save(words, letters);
      if (letters.has("R") || words.includes("--restore")) return this.restore(input);
      if (words.includes("-h") || words.includes("--help")) return wrote("");
      this.#apply(
        new WordReader(
          "ipvsadm",
          1,
          words.map((text, i) => ({ text, column: i + 1 })),
        ),
      );
      return wrote("");
    } catch (error) {
      return failure(error);
    }
  }

  /** Runs `ipvsadm-save WORDS`. */
  save(words: readonly string[]): Answer {
    if (words[0] === "-h") {
      const title = "ipvsadm-save: Script to save the IPVS table to stdout.\n";
      return refused(1, `${title}   With the -n option, prints out the table in numeric format.\n`);
    }
    return wrote(this.#saveText(words[0] === "-n"));
  }

  /** Runs `ipvsadm-restore`: what the kernel refuses is told, and the next line is read; the last line's end is the run's. */
  restore(input: string): Answer {
    let answer: LineAnswer = wrote("");
    let stderr = "";
    for (const [i, raw] of input.split("\n").entries()) {
      const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
      if (i > 0 && line === "" && input.split("\n").length === i + 1) break;
      answer = this.#restoreLine(line, i + 1);
      stderr += answer.stderr;
      if (answer.exit !== 0 && !answer.isKernel) break;
    }
    return { exit: answer.exit, stdout: "", stderr };
  }

  #restoreLine(line: string, number: number): LineAnswer {
    // No quotes here: words end at blanks alone.
    const words = line
      .split(/[ \t]+/)
      .filter((text) => text !== "")
      .map((text, i) => ({ text, column: i + 1 }));
    try {
      if (words.length === 0 || (words[0]!.text === "ipvsadm" && words.length === 1)) return wrote("");
      this.#apply(new WordReader("ipvsadm", number, words));
      return wrote("");
    } catch (error) {
      return { ...failure(error), isKernel: error instanceof ConfigError && KERNEL_REFUSALS.test(error.detail) };
    }
  }

  #apply(reader: WordReader): void {
    const { action } = parseIpvsWords(reader);
    if (action.verb === "start-daemon" || action.verb === "stop-daemon") {
      const changed = changedDaemons(this.#daemons, action);
      if (typeof changed === "string") reader.fail(reader.words[0], changed);
      else this.#daemons = changed;
      return;
    }
    if (action.verb === "set-timeouts") {
      const { tcp, tcpFin, udp } = action;
      const old = this.#timeouts;
      this.#timeouts = { tcp: tcp || old.tcp, tcpFin: tcpFin || old.tcpFin, udp: udp || old.udp };
      return;
    }
    applyIpvsAction(reader, this.#services, action);
  }

  #save(words: readonly string[], letters: ReadonlySet<string>): Answer {
    const isService = words.some((word) => /^-[tuf]$|-service$/.test(word));
    const illegal = words.includes("--nosort") ? "nosort" : isService ? "service-address" : undefined;
    if (illegal !== undefined) return refused(2, `Illegal '${illegal}' option with the 'save' command\n`);
    return wrote(this.#saveText(isNumeric(words, letters)));
  }

  #saveText(numeric: boolean): string {
    return saveIpvs([...this.#services.values()], numeric);
  }

  #source(): IpvsListSource {
    const services = [...this.#services.values()].reverse();
    return {
      services: () => services.map((service) => unused(service, this.#isLocal)),
      connections: () => [],
      timeouts: this.#timeouts,
      daemons: this.#daemons,
    };
  }
}

/** How a service looks that no packet has used. */
function unused({ servers, ...service }: EditedService, isLocal: (address: Uint8Array) => boolean): ListedService {
  const listed = [...servers].reverse().map((server) => ({
    ...server,
    method: isLocal(server.address) ? ("Local" as const) : METHODS[server.method],
    active: 0,
    inactive: 0,
    persistent: 0,
    numbers: NO_COUNTS,
  }));
  return { service, numbers: NO_COUNTS, servers: listed };
}

const METHODS = { masq: "Masq", route: "Route", tunnel: "Tunnel" } as const;

function isNumeric(words: readonly string[], letters: ReadonlySet<string>): boolean {
  return letters.has("n") || words.includes("--numeric");
}

function failure(error: unknown): Answer {
  if (!(error instanceof ConfigError)) throw error;
  const text = error.detail.replace(/^Scheduler not found: .*/, "Scheduler or persistence engine not found");
  if (KERNEL_REFUSALS.test(text)) return refused(255, `${text.split(":")[0]}\n`);
  const unknown = /^unknown option (.*)/.exec(text);
  if (unknown) return refused(255, `${unknown[1]}: unknown option\n`);
  if (/^(option requires|unexpected argument)/.test(text)) return refused(255, HINT);
  // The tool does not say which word it was, nor what would have been right.
  return refused(2, `${text.replace(/: `.*|(?<=specified) \(.*\)$/s, "")}\n`);
}
