import { ConfigError } from "../config/error.ts";
import { parseIpvsWords } from "../config/ipvs/command.ts";
import { applyIpvsAction, type EditedService, printIpvsadmSave } from "../config/ipvs/save.ts";
import { splitWords, WordReader } from "../config/words.ts";
import type { IpvsService } from "../model/ipvs.ts";
import { type Answer, refused, wrote } from "./answer.ts";
import { type IpvsListFormat, listServices, namedServices, sortedServices } from "./ipvsadm-list.ts";

/** How a line of a restore ended; after a refusal of the kernel the next is read all the same. */
type LineAnswer = Answer & { readonly isKernel?: boolean };

/** Refusals of the kernel; the rest is refused by the tool itself. */
const KERNEL_REFUSALS =
  /^(Service already exists|Service not defined|No such|Destination already exists|Numerical result|Scheduler|Memory allocation)/;

const HINT = "Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n";

/** `ipvsadm` and its scripts, on services that begin empty (ipvsadm 1.31). */
export class IpvsadmTool {
  readonly #services = new Map<string, EditedService>();
  #timeouts = { tcp: 900, tcpFin: 120, udp: 300 };
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
        return this.#list(words, letters);
      }
      if (letters.has("S") || words.includes("--save")) return wrote(this.#saveText(isNumeric(words, letters)));
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
    if (words[0] === "-h") return refused(1, "ipvsadm-save: Script to save the IPVS table to stdout.\n");
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
    if (action.verb === "set-timeouts") {
      const { tcp, tcpFin, udp } = action;
      const old = this.#timeouts;
      this.#timeouts = { tcp: tcp || old.tcp, tcpFin: tcpFin || old.tcpFin, udp: udp || old.udp };
      return;
    }
    applyIpvsAction(reader, this.#services, action);
  }

  #saveText(numeric: boolean): string {
    const services = sortedServices([...this.#services.values()]);
    return printIpvsadmSave(services).replace(
      / (-[tur]|--sctp-service) (\S+)/g,
      (all, option: string, endpoint: string) => (numeric ? all : ` ${option} ${namedServices(endpoint, option)}`),
    );
  }

  #list(words: readonly string[], letters: ReadonlySet<string>): Answer {
    const has = (name: string) => words.includes(name);
    const isConnections = letters.has("c") || has("--connection");
    const known = [
      "--list --numeric --stats --rate --thresholds --persistent-conn --exact --connection --timeout --daemon --sort",
      "--nosort --tcp-service --udp-service --fwmark-service --sctp-service --ipv6",
    ].join(" ");
    for (const word of words) {
      if (word.startsWith("--") && !known.split(" ").includes(word)) {
        return refused(255, `${word}: unknown option\n`);
      }
      const unknown = /^-[a-zA-Z0-9]+$/.test(word)
        ? [...word.slice(1)].find((one) => !"LlnctufS6".includes(one))
        : undefined;
      if (unknown !== undefined) return refused(255, `${word}: unknown option\n`);
    }
    if (letters.has("6") && !letters.has("f")) return refused(2, "-6 used before -f\n");
    if (isConnections && (has("--stats") || has("--rate"))) {
      return refused(2, "options conflicts in the list command\n");
    }
    if (has("--timeout")) {
      const { tcp, tcpFin, udp } = this.#timeouts;
      return wrote(`Timeout (tcp tcpfin udp): ${tcp} ${tcpFin} ${udp}\n`);
    }
    if (isConnections) {
      return wrote(
        "IPVS connection entries\npro expire state       source             virtual            destination\n",
      );
    }
    const asked = this.#asked(words);
    if (asked === null) return refused(1, "No such service\n");
    const format: IpvsListFormat = {
      kind: has("--stats")
        ? "stats"
        : has("--rate")
          ? "rate"
          : has("--thresholds")
            ? "thresholds"
            : has("--persistent-conn")
              ? "persistent"
              : "plain",
      numeric: isNumeric(words, letters),
      isLocal: this.#isLocal,
    };
    const all = [...this.#services.values()];
    const services = asked ? [asked] : has("--nosort") ? all.reverse() : sortedServices(all);
    return wrote(listServices(services, format, asked === undefined));
  }

  /** The one service that a listing is asked for; null when it does not exist. */
  #asked(words: readonly string[]): IpvsService | undefined | null {
    const at = words.findIndex((word) => ["-t", "-u", "-f", "--sctp-service"].includes(word));
    if (at < 0) return undefined;
    const key = ["-D", words[at]!, words[at + 1] ?? "", ...(words.includes("-6") ? ["-6"] : [])];
    const { action } = parseIpvsWords(new WordReader("ipvsadm", 1, splitWords(key.join(" "))));
    if (action.verb !== "delete-service") return null;
    return [...this.#services.values()].find((service) => sameKey(service, action.key)) ?? null;
  }
}

function sameKey({ key }: IpvsService, other: IpvsService["key"]): boolean {
  if (key.fwmark !== undefined || other.fwmark !== undefined)
    return key.fwmark === other.fwmark && key.family === other.family;
  return key.protocol === other.protocol && key.port === other.port && String(key.address) === String(other.address);
}

/** Letters of the short options, which may share a word. */
function shortLetters(words: readonly string[]): Set<string> {
  const letters = new Set<string>();
  for (const word of words) if (/^-[a-zA-Z0-9]+$/.test(word)) for (const letter of word.slice(1)) letters.add(letter);
  return letters;
}

function isNumeric(words: readonly string[], letters: ReadonlySet<string>): boolean {
  return letters.has("n") || words.includes("--numeric");
}

function failure(error: unknown): Answer {
  if (!(error instanceof ConfigError)) throw error;
  const text = error.detail.replace(/^Scheduler not found: .*/, "Scheduler or persistence engine not found");
  if (KERNEL_REFUSALS.test(text)) return refused(255, `${text.split(":")[0]}\n`);
  const unknown = /^(?:unknown option|unrecognized option) '?([^']*)'?/.exec(text);
  if (unknown) return refused(255, `${unknown[1]}: unknown option\n${HINT}`);
  if (/^(option requires|unexpected argument)/.test(text)) return refused(255, HINT);
  return refused(2, `${text}\n`);
}
