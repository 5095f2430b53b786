import type { Family } from "../../model/address.ts";
import type { IpvsAction, IpvsCommand } from "../../model/command.ts";
import type { IpvsDaemon, IpvsMethod, IpvsServer, IpvsService, IpvsServiceKey } from "../../model/ipvs.ts";
import { parseIpv4 } from "../address.ts";
import { wholeNumber } from "../iptables/values.ts";
import type { Word, WordReader } from "../words.ts";
import { parseEndpoint } from "./address.ts";

/** Long options, each with the short form that the parser works with. */
const LONG_OPTIONS = new Map(
  (
    "add-service=-A edit-service=-E delete-service=-D clear=-C add-server=-a edit-server=-e delete-server=-d zero=-Z " +
    "tcp-service=-t udp-service=-u fwmark-service=-f ipv6=-6 scheduler=-s persistent=-p netmask=-M real-server=-r " +
    "gatewaying=-g ipip=-i masquerading=-m weight=-w u-threshold=-x l-threshold=-y ops=-o sched-flags=-b numeric=-n " +
    "set=--set sctp-service=--sctp-service pe=--pe tun-type=--tun-type tun-port=--tun-port tun-csum=--tun-csum " +
    "tun-nocsum=--tun-nocsum tun-remcsum=--tun-remcsum start-daemon=--start-daemon stop-daemon=--stop-daemon " +
    "mcast-interface=--mcast-interface syncid=--syncid sync-maxlen=--sync-maxlen mcast-group=--mcast-group " +
    "mcast-port=--mcast-port mcast-ttl=--mcast-ttl"
  )
    .split(" ")
    .map((entry) => entry.split("=") as [string, string]),
);

const COMMANDS = "AEDCaedZ";
const PROTOCOLS: Readonly<Record<string, number>> = { "-t": 6, "-u": 17, "--sctp-service": 132 };
const METHODS: Readonly<Record<string, IpvsMethod>> = { "-g": "route", "-i": "tunnel", "-m": "masq" };
const FLAG_NAMES: Readonly<Record<string, readonly string[]>> = {
  sh: ["sh-fallback", "sh-port"],
  mh: ["mh-fallback", "mh-port"],
};
const MAX_TIMEOUT = 31 * 24 * 60 * 60;
const MAX_WEIGHT = 0x7fffffff;

/** The schedulers of Linux 6.1; `none` is a service that refuses every new connection. */
export const SCHEDULERS = [
  "none",
  "rr",
  "wrr",
  "lc",
  "wlc",
  "lblc",
  "lblcr",
  "dh",
  "sh",
  "mh",
  "sed",
  "nq",
  "fo",
  "ovf",
  "twos",
];

/** Parses one line of ipvsadm-save, or the words after `ipvsadm`. */
export function parseIpvsWords(reader: WordReader): IpvsCommand {
  if (reader.peek()?.text === "ipvsadm") reader.next();
  return { tool: "ipvsadm", action: new CommandParser(reader).parse() };
}

const DAEMON_OPTIONS = new Set([
  "--mcast-interface",
  "--syncid",
  "--sync-maxlen",
  "--mcast-group",
  "--mcast-port",
  "--mcast-ttl",
]);

type DaemonDraft = { -readonly [field in keyof IpvsDaemon]?: IpvsDaemon[field] };

/** What of the longest UDP datagram is left for a backup; a master has as much as fits into its device's MTU. */
const BACKUP_LENGTH = 65507;
const MASTER_LENGTH = 1472;

interface KeyWords {
  readonly option: Word;
  readonly value: Word;
}

class CommandParser {
  readonly #reader: WordReader;
  #command?: Word;
  #timeouts?: readonly number[];
  #daemon: DaemonDraft = {};
  #key?: KeyWords;
  #family: Family = 4;
  #server?: Word;
  #scheduler = "wlc";
  #schedulerWord?: Word;
  #persistence?: number;
  #netmask?: Word;
  #onePacket = false;
  #flags: readonly string[] = [];
  #engine?: string;
  #method?: IpvsMethod;
  #weight = 1;
  #upper = 0;
  #lower = 0;
  #tunnelType: IpvsServer["tunnel"]["type"] = "ipip";
  #tunnelPort = 0;
  #tunnelOption?: Word;
  #checksum: IpvsServer["tunnel"]["checksum"] = "none";

  constructor(reader: WordReader) {
    this.#reader = reader;
  }

  parse(): IpvsAction {
    for (let word = this.#reader.next(); word; word = this.#reader.next()) this.#option(word);
    if (!this.#command) return this.#reader.fail(undefined, "You need to supply a command (-A, -a, ...)", "ERR_SYNTAX");
    return this.#action(this.#command);
  }

  #option(word: Word): void {
    const name = this.#shortForm(word);
    if (name.length === 2 && COMMANDS.includes(name[1]!)) this.#setCommand({ ...word, text: name });
    else if (name === "--set") this.#setTimeouts(word);
    else if (name === "--start-daemon" || name === "--stop-daemon") this.#setDaemon({ ...word, text: name });
    else if (DAEMON_OPTIONS.has(name)) this.#daemonOption(name, word);
    else if (name in PROTOCOLS || name === "-f") this.#setKey({ ...word, text: name });
    else if (name in METHODS) this.#setMethod(word, METHODS[name]!);
    else if (!this.#serviceOption(name, word) && !this.#serverOption(name, word)) {
      this.#unknown(word);
    }
  }

  /** Before its command is known, the tool says no more than how to ask for help. */
  #unknown(word: Word): never {
    const what = this.#command ? "unknown option" : "unexpected argument";
    return this.#reader.fail(word, `${what} ${word.text}`, "ERR_SYNTAX");
  }

  /** The short form of an option; a value glued to it (`-w5`, `--weight=5`) is put back before the next word. */
  #shortForm(word: Word): string {
    const { text } = word;
    if (!text.startsWith("-") || text.length < 2) {
      return this.#reader.fail(word, `unexpected argument ${text}`, "ERR_SYNTAX");
    }
    if (!text.startsWith("--")) {
      if (text.length > 2) this.#reader.unread({ text: text.slice(2), column: word.column + 2 });
      return text.slice(0, 2);
    }
    const equals = text.indexOf("=");
    if (equals > 0) this.#reader.unread({ text: text.slice(equals + 1), column: word.column + equals + 1 });
    const long = text.slice(2, equals < 0 ? undefined : equals);
    return LONG_OPTIONS.get(long) ?? this.#unknown(word);
  }

  #setCommand(word: Word): void {
    if (this.#command) this.#reader.fail(word, "multiple commands specified", "ERR_SYNTAX");
    this.#command = word;
  }

  #setKey(option: Word): void {
    if (this.#key) this.#reader.fail(option, "multiple 'service-address' options specified", "ERR_SYNTAX");
    const value = this.#argument(option);
    if (option.text !== "-f" && !parseEndpoint(value.text)) {
      this.#reader.fail(value, `illegal virtual server address[:port] specified: \`${value.text}'`);
    }
    this.#key = { option, value };
  }

  #setMethod(option: Word, method: IpvsMethod): void {
    if (this.#method) this.#reader.fail(option, "multiple 'forwarding-method' options specified", "ERR_SYNTAX");
    this.#method = method;
  }

  #setTimeouts(word: Word): void {
    this.#setCommand({ ...word, text: "--set" });
    this.#timeouts = [0, 1, 2].map(() => this.#timeout());
  }

  #timeout(): number {
    const word = this.#reader.next();
    if (!word) return this.#reader.fail(undefined, "--set option requires 3 timeout values");
    const value = /^[0-9]+$/.test(word.text) ? Number(word.text) : Number.NaN;
    if (value <= MAX_TIMEOUT) return value;
    return this.#reader.fail(word, `invalid timeout value \`${word.text}' specified (0-${MAX_TIMEOUT})`);
  }

  #setDaemon(command: Word): void {
    this.#setCommand(command);
    const word = this.#argument(command);
    if (word.text !== "master" && word.text !== "backup") {
      const verb = command.text === "--start-daemon" ? "start" : "stop";
      this.#reader.fail(word, `illegal ${verb}-daemon parameter specified: \`${word.text}' (master or backup)`);
    } else this.#daemon.role = word.text;
  }

  #daemonOption(name: string, word: Word): void {
    const number = (max: number) => this.#number(word, 0, max, `illegal ${name.slice(2)} specified`);
    if (name === "--mcast-interface") this.#daemon.device = this.#argument(word).text;
    else if (name === "--mcast-group") this.#daemon.group = this.#argument(word).text;
    else if (name === "--syncid") this.#daemon.syncId = number(255);
    else if (name === "--sync-maxlen") this.#daemon.maxLength = number(BACKUP_LENGTH);
    else if (name === "--mcast-port") this.#daemon.port = number(65535);
    else this.#daemon.ttl = number(255);
  }

  #daemonAction(command: Word): IpvsAction {
    const { role = "master", device } = this.#daemon;
    if (command.text === "--stop-daemon") return { verb: "stop-daemon", role };
    if (device === undefined) return this.#reader.fail(command, "No such device");
    const maxLength = role === "master" ? MASTER_LENGTH : BACKUP_LENGTH;
    const daemon = { syncId: 0, maxLength, group: "224.0.0.81", port: 8848, ttl: 1, ...this.#daemon, role, device };
    return { verb: "start-daemon", daemon };
  }

  #serviceOption(name: string, word: Word): boolean {
    switch (name) {
      case "-6":
        this.#family = 6;
        return true;
      case "-s":
        this.#schedulerWord = this.#argument(word);
        this.#scheduler = this.#schedulerWord.text;
        return true;
      case "-p":
        this.#persistence = this.#optionalTimeout(word);
        return true;
      case "-M":
        this.#netmask = this.#argument(word);
        return true;
      case "-o":
        this.#onePacket = true;
        return true;
      case "-b":
        this.#flags = this.#argument(word)
          .text.split(",")
          .filter((flag) => flag !== "");
        return true;
      case "--pe":
        this.#engine = this.#persistenceEngine(this.#argument(word));
        return true;
      case "-n":
        return true;
    }
    return false;
  }

  #serverOption(name: string, word: Word): boolean {
    switch (name) {
      case "-r":
        this.#server = this.#argument(word);
        return true;
      case "-w":
        this.#weight = this.#number(word, 0, MAX_WEIGHT, "illegal weight specified");
        return true;
      case "-x":
        this.#upper = this.#number(word, 0, MAX_WEIGHT, "illegal u_threshold specified");
        return true;
      case "-y":
        this.#lower = this.#number(word, 0, MAX_WEIGHT, "illegal l_threshold specified");
        return true;
      case "--tun-type":
        this.#tunnelType = this.#tunnel(this.#argument(word));
        this.#tunnelOption = word;
        return true;
      case "--tun-port":
        this.#tunnelPort = this.#number(word, 1, 65535, "illegal tunnel port specified");
        this.#tunnelOption = word;
        return true;
      case "--tun-csum":
      case "--tun-nocsum":
      case "--tun-remcsum":
        this.#checksum = name === "--tun-csum" ? "csum" : name === "--tun-nocsum" ? "none" : "remcsum";
        return true;
    }
    return false;
  }

  #argument(option: Word): Word {
    return (
      this.#reader.next() ?? this.#reader.fail(option, `option requires an argument -- '${option.text}'`, "ERR_SYNTAX")
    );
  }

  /** Decimal only: 010 is ten. */
  #number(option: Word, min: number, max: number, complaint: string): number {
    const word = this.#argument(option);
    const value = /^[0-9]+$/.test(word.text) ? Number(word.text) : Number.NaN;
    if (!(value >= min && value <= max)) this.#reader.fail(word, `${complaint}: \`${word.text}' (${min}-${max})`);
    return value;
  }

  #optionalTimeout(option: Word): number {
    const next = this.#reader.peek();
    if (!next || (next.text.startsWith("-") && !/^-[0-9]/.test(next.text))) return 360;
    if (next.text.startsWith("-")) return this.#unknown(next);
    const word = this.#argument(option);
    const value = /^[0-9]+$/.test(word.text) ? Number(word.text) : 0;
    if (value >= 1 && value <= MAX_TIMEOUT) return value;
    return this.#reader.fail(word, `invalid timeout value \`${word.text}' specified (1-${MAX_TIMEOUT})`);
  }

  #persistenceEngine(word: Word): string {
    if (word.text !== "sip") this.#reader.fail(word, `Scheduler or persistence engine not found: ${word.text}`);
    return word.text;
  }

  #tunnel(word: Word): "ipip" | "gue" | "gre" {
    if (word.text === "ipip" || word.text === "gue" || word.text === "gre") return word.text;
    return this.#reader.fail(word, `illegal tunnel type specified: \`${word.text}' (ipip, gue or gre)`);
  }

  #action(command: Word): IpvsAction {
    switch (command.text) {
      case "-C":
        return { verb: "clear" };
      case "--set":
        return {
          verb: "set-timeouts",
          tcp: this.#timeouts![0]!,
          tcpFin: this.#timeouts![1]!,
          udp: this.#timeouts![2]!,
        };
      case "--start-daemon":
      case "--stop-daemon":
        return this.#daemonAction(command);
      case "-Z":
        return { verb: "zero", key: this.#key && this.#serviceKey(command) };
      case "-A":
      case "-E":
        return { verb: command.text === "-A" ? "add-service" : "edit-service", service: this.#service(command) };
      case "-D":
        return { verb: "delete-service", key: this.#serviceKey(command) };
    }
    return this.#serverAction(command);
  }

  #serverAction(command: Word): IpvsAction {
    const key = this.#serviceKey(command);
    const server = this.#serverOf(command, key);
    if (command.text !== "-d") {
      return { verb: command.text === "-a" ? "add-server" : "edit-server", key, server };
    }
    const { family, address, port } = server;
    return { verb: "delete-server", key, server: { family, address, port } };
  }

  #serviceKey(command: Word): IpvsServiceKey {
    if (!this.#key) {
      const detail = `You need to supply the 'service-address' option for the '${command.text}' command`;
      return this.#reader.fail(command, detail, "ERR_SYNTAX");
    }
    const { option, value } = this.#key;
    if (option.text === "-f") return { family: this.#family, fwmark: this.#firewallMark(value) };
    if (this.#family === 6) this.#reader.fail(option, "-6 used before -f");
    const endpoint = parseEndpoint(value.text);
    if (!endpoint) {
      return this.#reader.fail(value, `illegal virtual server address[:port] specified: \`${value.text}'`);
    }
    const { address, port = 0 } = endpoint;
    return { family: address.length === 4 ? 4 : 6, protocol: PROTOCOLS[option.text]!, address, port };
  }

  #firewallMark(word: Word): number {
    const mark = wholeNumber(word.text);
    if (!mark || mark > 0xffffffff) return this.#reader.fail(word, `invalid fwmark value \`${word.text}' specified`);
    return mark;
  }

  #service(command: Word): IpvsService {
    const key = this.#serviceKey(command);
    if (key.fwmark === undefined && key.port === 0 && this.#persistence === undefined) {
      this.#reader.fail(this.#key!.value, "Zero port specified for non-persistent service");
    }
    if (this.#onePacket && key.fwmark === undefined && key.protocol !== 17) {
      this.#reader.fail(command, "One-Packet Scheduling is only for UDP virtual services");
    }
    if (!SCHEDULERS.includes(this.#scheduler)) {
      this.#reader.fail(
        this.#schedulerWord,
        `Scheduler not found: ${this.#scheduler} (${SCHEDULERS.join(" ")})`,
        "ERR_UNSUPPORTED",
      );
    }
    return {
      key,
      scheduler: this.#scheduler,
      flags: this.#schedulerFlags(),
      persistence: this.#persistence,
      netmask: this.#persistence === undefined ? undefined : this.#mask(key.family),
      onePacket: this.#onePacket,
      engine: this.#engine,
      servers: [],
    };
  }

  /** In the order of the kernel's bits, under the name that ipvsadm prints for the scheduler. */
  #schedulerFlags(): string[] {
    const own = FLAG_NAMES[this.#scheduler] ?? [];
    const bits = new Set<number>();
    for (const flag of this.#flags) {
      const numbered = ["flag-1", "flag-2", "flag-3"].indexOf(flag);
      const bit = numbered >= 0 ? numbered : own.indexOf(flag);
      if (bit < 0) {
        const isKnown = Object.values(FLAG_NAMES).some((names) => names.includes(flag));
        this.#reader.fail(this.#command, `${isKnown ? "incompatible" : "invalid"} scheduler flag \`${flag}'`);
      }
      bits.add(bit);
    }
    return [0, 1, 2].filter((bit) => bits.has(bit)).map((bit) => own[bit] ?? `flag-${bit + 1}`);
  }

  /** A full mask is the default and stays undefined. */
  #mask(family: Family): number | undefined {
    const word = this.#netmask;
    if (!word) return undefined;
    if (family === 6) {
      const length = wholeNumber(word.text);
      if (!length || length > 128) return this.#reader.fail(word, `illegal ipv6 netmask specified: \`${word.text}'`);
      return length === 128 ? undefined : length;
    }
    const number = /^[0-9]+$/.test(word.text) ? Number(word.text) : undefined;
    const bytes = parseIpv4(word.text);
    const mask = number ?? (bytes && new DataView(bytes.buffer).getUint32(0));
    if (mask === undefined || mask > 0xffffffff) {
      return this.#reader.fail(word, `illegal virtual server persistent mask specified: \`${word.text}'`);
    }
    return mask === 0xffffffff ? undefined : mask;
  }

  #serverOf(command: Word, key: IpvsServiceKey): IpvsServer {
    const word = this.#server;
    if (!word) {
      const detail = `You need to supply the 'real-server' option for the '${command.text}' command`;
      return this.#reader.fail(command, detail, "ERR_SYNTAX");
    }
    const endpoint = parseEndpoint(word.text);
    if (!endpoint) return this.#reader.fail(word, `illegal real server address[:port] specified: \`${word.text}'`);
    if (this.#lower > this.#upper) this.#reader.fail(word, "Numerical result out of range");
    const family = endpoint.address.length === 4 ? 4 : 6;
    const method = this.#method ?? "route";
    if (this.#tunnelOption && method !== "tunnel") {
      this.#reader.fail(this.#tunnelOption, "Tunnel options conflict with forward method");
    }
    if (family !== key.family && method !== "tunnel" && command.text !== "-d") {
      this.#reader.fail(word, "Different address family is allowed only for tunneling servers");
    }
    const tunnel = { type: this.#tunnelType, port: this.#tunnelPort, checksum: this.#checksum };
    return {
      family,
      address: endpoint.address,
      port: this.#serverPort(command, key, endpoint.port),
      method,
      weight: this.#weight,
      upperThreshold: this.#upper,
      lowerThreshold: this.#lower,
      tunnel,
    };
  }

  /** Only masquerading translates the port; a deletion names the port that the server has. */
  #serverPort(command: Word, key: IpvsServiceKey, given: number | undefined): number {
    if (key.fwmark !== undefined) return given ?? 0;
    const keepsPort = this.#method === "masq" || command.text === "-d";
    return keepsPort ? (given ?? key.port) : key.port;
  }
}
