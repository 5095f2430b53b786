import { serviceName } from "../config/iptables/names.ts";
import { serviceKeyText } from "../config/ipvs/address.ts";
import { parseIpvsWords } from "../config/ipvs/command.ts";
import { splitWords, WordReader } from "../config/words.ts";
import type { Address } from "../model/address.ts";
import type { IpvsDaemon } from "../model/ipvs.ts";
import { type IpvsListKind, type ListedService, numericEndpoint, printServices } from "../report/ipvs-list.ts";
import { sortedServices } from "../report/ipvs-order.ts";
import { type Answer, refused, wrote } from "./answer.ts";

/** What `ipvsadm -L` asks the kernel for. */
export interface IpvsListSource {
  /** In the kernel's order, with the numbers that a listing of this kind shows. */
  services(kind: IpvsListKind): readonly ListedService[];
  /** Lines of `-Lnc`. @param withData columns for the persistence engine's data. */
  connections(withData: boolean): readonly string[];
  readonly timeouts: { readonly tcp: number; readonly tcpFin: number; readonly udp: number };
  readonly daemons: readonly IpvsDaemon[];
}

const SERVICE_OPTIONS = ["-t", "-u", "-f", "--tcp-service", "--udp-service", "--fwmark-service", "--sctp-service"];

/** Long options of a listing, by the name that complaints have for them where it is another one. */
const LIST_OPTIONS = new Set(
  (
    "--list --numeric --stats --rate --thresholds --persistent-conn --exact --connection --timeout --daemon --sort --nosort " +
    "--ipv6 --tun-info"
  ).split(" "),
);

/** Options of other commands: what complaints call them. */
const FOREIGN: ReadonlyMap<string, string> = new Map([
  ["r", "real-server"],
  ["w", "weight"],
  ["s", "scheduler"],
  ["p", "persistent"],
  ["M", "netmask"],
  ["m", "forwarding-method"],
  ["g", "forwarding-method"],
  ["i", "forwarding-method"],
  ["o", "ops"],
  ["x", "u-threshold"],
  ["y", "l-threshold"],
]);

const KINDS: readonly (readonly [option: string, kind: IpvsListKind])[] = [
  ["--stats", "stats"],
  ["--rate", "rate"],
  ["--thresholds", "thresholds"],
  ["--persistent-conn", "persistent"],
  ["--tun-info", "tunnels"],
];

/** `ipvsadm -L WORDS` (ipvsadm 1.31). @param letters of the short options, which may share a word. */
export function listIpvs(words: readonly string[], letters: ReadonlySet<string>, source: IpvsListSource): Answer {
  const asked = new ListRequest(words, letters);
  const complaint = asked.complaint();
  if (complaint) return complaint;
  if (asked.isConnections) {
    const withData = words.includes("--persistent-conn");
    const data = withData ? `${"".padEnd(8)}pe name          pe_data` : "";
    const title = `pro expire state       source             virtual            destination${data}\n`;
    return wrote(`IPVS connection entries\n${title}${source.connections(withData).join("")}`);
  }
  if (words.includes("--timeout")) {
    const { tcp, tcpFin, udp } = source.timeouts;
    return wrote(`Timeout (tcp tcpfin udp): ${tcp} ${tcpFin} ${udp}\n`);
  }
  if (words.includes("--daemon")) return wrote(source.daemons.map(daemonLine).join(""));
  const kind = KINDS.find(([option]) => words.includes(option))?.[1] ?? "plain";
  const exact = letters.has("X") || words.includes("--exact");
  const isNumeric = letters.has("n") || words.includes("--numeric");
  const format = { kind, exact, endpoint: isNumeric ? numericEndpoint : namedEndpoint };
  const all = source.services(kind);
  const keyText = asked.serviceText();
  const chosen = keyText === undefined ? all : all.filter(({ service }) => serviceKeyText(service.key) === keyText);
  if (keyText !== undefined && chosen.length === 0) return refused(1, "No such service\n");
  const services = words.includes("--nosort") ? chosen : sortedServices(chosen);
  return wrote(printServices(services, format, keyText === undefined));
}

class ListRequest {
  readonly #words: readonly string[];
  readonly #letters: ReadonlySet<string>;
  readonly isConnections: boolean;

  constructor(words: readonly string[], letters: ReadonlySet<string>) {
    this.#words = words;
    this.#letters = letters;
    this.isConnections = letters.has("c") || words.includes("--connection");
  }

  /** What the tool answers to options that do not go together. */
  complaint(): Answer | undefined {
    const has = (...names: readonly string[]) => names.some((name) => this.#words.includes(name));
    const unknown = this.#unknownOption();
    if (unknown) return unknown;
    if (has("-6", "--ipv6") && !this.#words.some((word) => /^-[a-zA-Z]*f$|^--fwmark-service$/.test(word))) {
      return refused(2, "-6 used before -f\n\n");
    }
    const conflict = (option: string, other: string) =>
      refused(2, `The option '${option}' conflicts with the '${other}' option in the 'list' command\n`);
    if (has("--timeout") && has("--daemon")) return conflict("daemon", "timeout");
    if (has("--timeout") && has(...SERVICE_OPTIONS)) return conflict("timeout", "service-address");
    if (has("--daemon") && has(...SERVICE_OPTIONS)) return conflict("daemon", "service-address");
    if (this.isConnections && has(...SERVICE_OPTIONS)) return conflict("service-address", "connection");
    const isOther = this.isConnections || has("--timeout", "--daemon");
    if (isOther && has("--stats", "--rate", "--thresholds"))
      return refused(2, "options conflicts in the list command\n");
    return undefined;
  }

  #unknownOption(): Answer | undefined {
    for (let i = 0; i < this.#words.length; i++) {
      const word = this.#words[i]!;
      if (SERVICE_OPTIONS.includes(word)) {
        i++;
        continue;
      }
      if (word.startsWith("--")) {
        if (!LIST_OPTIONS.has(word)) return refused(255, `${word}: unknown option\n`);
        continue;
      }
      if (!word.startsWith("-")) return refused(2, `unexpected argument ${word}\n`);
      for (const letter of word.slice(1)) {
        const foreign = FOREIGN.get(letter);
        if (foreign !== undefined) return refused(2, `Illegal '${foreign}' option with the 'list' command\n`);
        if (!"LlnctufX6".includes(letter)) return refused(255, `${word}: unknown option\n`);
        // The address of the service follows.
        if ("tuf".includes(letter)) i++;
      }
    }
    return undefined;
  }

  /** The one service that is asked for. */
  serviceText(): string | undefined {
    const at = this.#words.findIndex((word) => SERVICE_OPTIONS.includes(word) || /^-[a-zA-Z]*[tuf]$/.test(word));
    if (at < 0) return undefined;
    const option = this.#words[at]!;
    const short = option.startsWith("--") ? option : `-${option.at(-1)}`;
    const isIpv6 = this.#letters.has("6") || this.#words.includes("--ipv6");
    const line = ["-D", short, this.#words[at + 1] ?? "", ...(isIpv6 ? ["-6"] : [])].join(" ");
    const { action } = parseIpvsWords(new WordReader("ipvsadm", 1, splitWords(line)));
    return action.verb === "delete-service" ? serviceKeyText(action.key) : undefined;
  }
}

function daemonLine(daemon: IpvsDaemon): string {
  const { role, device, syncId, maxLength, group, port, ttl } = daemon;
  return `${role} sync daemon (mcast=${device}, syncid=${syncId}, maxlen=${maxLength}, group=${group}, port=${port}, ttl=${ttl})\n`;
}

/** Without `-n` ports have their service's name, and the loopback address is localhost. */
export function namedEndpoint(address: Address, port: number, protocol: number): string {
  const text = numericEndpoint(address, port);
  const name = serviceName(port, protocol);
  const host = text.slice(0, text.lastIndexOf(":"));
  return `${host === "127.0.0.1" ? "localhost" : host}:${name ?? port}`;
}
