import type { Family } from "../../model/address.ts";
import type { IpAction, IpCommand } from "../../model/command.ts";
import { parseMac } from "../address.ts";
import type { Word, WordReader } from "../words.ts";
import { addressOf } from "./address.ts";
import { JsonObject } from "./json.ts";
import { routeOf } from "./route.ts";
import { ruleOf } from "./rule.ts";

const ROUTE_TYPES = "unicast local broadcast anycast multicast blackhole unreachable prohibit throw".split(" ");
const VERBS = ["add", "append", "change", "replace", "del", "flush"] as const;

type Verb = (typeof VERBS)[number];

/**
 * Parses the words after `ip`: what `ip addr`, `ip route`, `ip rule`, `ip neigh` and `ip link` change. The words become the
 * very object that `ip -j` shows for them, and are read as that.
 *
 * @throws ConfigError for what ip would refuse, and for what is not emulated.
 */
export function parseIpWords(reader: WordReader): IpCommand {
  return { tool: "ip", action: new IpParser(reader).parse() };
}

class IpParser {
  readonly #reader: WordReader;
  #family: Family | undefined;

  constructor(reader: WordReader) {
    this.#reader = reader;
  }

  parse(): IpAction {
    const object = this.#object();
    if (isShort(object.text, "link")) return this.#link();
    if (isShort(object.text, "address")) return this.#address(this.#verb());
    if (isShort(object.text, "route")) return this.#route(this.#verb());
    if (isShort(object.text, "rule", 2)) return this.#rule(this.#verb());
    if (isShort(object.text, "neighbour") || isShort(object.text, "neighbor")) return this.#neighbour(this.#verb());
    const known = "addr, link, neigh, route and rule";
    return this.#reader.fail(object, `ip ${object.text} is not emulated: only ${known} are`, "ERR_UNSUPPORTED");
  }

  #object(): Word {
    for (let word = this.#reader.next(); word; word = this.#reader.next()) {
      if (!word.text.startsWith("-")) return word;
      if (word.text === "-4" || word.text === "-6") this.#family = word.text === "-4" ? 4 : 6;
      else this.#reader.fail(word, `Option "${word.text}" is not understood`, "ERR_SYNTAX");
    }
    return this.#reader.fail(undefined, "ip needs an object: addr, link, neigh, route or rule", "ERR_SYNTAX");
  }

  #verb(): Verb {
    const word = this.#needed("a command: add, change, replace, append, del or flush");
    const verb = word.text === "delete" ? "del" : VERBS.find((each) => each === word.text);
    return verb ?? this.#reader.fail(word, `Command "${word.text}" is not understood`, "ERR_SYNTAX");
  }

  #needed(what: string): Word {
    return this.#reader.next() ?? this.#reader.fail(undefined, `ip: expected ${what}`, "ERR_SYNTAX");
  }

  #value(option: string): string {
    return this.#needed(`a value for ${option}`).text;
  }

  #json(fields: Readonly<Record<string, unknown>>): JsonObject {
    const { file, line } = this.#reader;
    return new JsonObject(fields, file, "ip", line);
  }

  #unknown(word: Word): never {
    return this.#reader.fail(word, `ip: \`${word.text}' is not emulated`, "ERR_UNSUPPORTED");
  }

  #address(verb: Verb): IpAction {
    let prefix: string | undefined;
    let device: string | undefined;
    const fields: Record<string, unknown> = {};
    for (let word = this.#reader.next(); word; word = this.#reader.next()) {
      const { text } = word;
      if (text === "dev") device = this.#value(text);
      else if (text === "scope" || text === "label") fields[text] = this.#value(text);
      else if (text === "broadcast" || text === "brd") fields.broadcast = this.#value(text);
      else if (text === "noprefixroute") fields.noprefixroute = true;
      else if (["valid_lft", "preferred_lft", "metric", "proto"].includes(text)) this.#unknown(word);
      else if (["nodad", "home", "mngtmpaddr", "permanent"].includes(text)) continue;
      else if (text === "local" || prefix === undefined) prefix = text === "local" ? this.#value(text) : text;
      else this.#unknown(word);
    }
    if (device === undefined) return this.#reader.fail(undefined, "ip addr: `dev NAME' is needed", "ERR_SYNTAX");
    if (verb === "flush") return { object: "addr", verb, device, family: this.#family };
    const given = this.#json({ prefix }).prefix("prefix");
    if (!given) return this.#reader.fail(undefined, "ip addr: an address is needed", "ERR_SYNTAX");
    const { address, prefixLength } = given;
    const broadcast = fields.broadcast === "+" ? lastAddress(address, prefixLength) : fields.broadcast;
    const local = prefix!.split("/")[0];
    const isLoopback = address.length === 4 && address[0] === 127;
    const scope = fields.scope ?? (isLoopback ? "host" : "global");
    const object = this.#json({ ...fields, local, prefixlen: prefixLength, scope, broadcast });
    return { object: "addr", verb: verb === "append" ? "add" : verb, device, address: addressOf(object) };
  }

  #route(verb: Verb): IpAction {
    const fields = this.#routeFields();
    if (verb === "flush") return this.#flushRoutes(fields);
    const entry = this.#json(withDefaults(fields, this.#family));
    const isNamed = (name: string) => fields[name] !== undefined;
    return { object: "route", verb, route: routeOf(entry, this.#family), isNamed };
  }

  #routeFields(): Record<string, unknown> {
    const fields: Record<string, unknown> = {};
    const hops: Record<string, unknown>[] = [];
    for (let word = this.#reader.next(); word; word = this.#reader.next()) {
      const { text } = word;
      if (text === "nexthop") {
        hops.push({});
      } else if (text === "via" || text === "dev" || text === "weight" || text === "onlink") {
        this.#hopField(hops.at(-1) ?? fields, text);
      } else if (fields.dst === undefined && ROUTE_TYPES.includes(text)) {
        fields.type = text;
      } else {
        this.#routeField(fields, word);
      }
    }
    if (hops.length > 0) fields.nexthops = hops;
    return fields;
  }

  #hopField(hop: Record<string, unknown>, name: string): void {
    if (name === "onlink") hop.flags = ["onlink"];
    else if (name === "via") {
      const word = this.#value(name);
      const gateway = word === "inet" || word === "inet6" ? this.#value(name) : word;
      if (word === gateway) hop.gateway = gateway;
      else hop.via = { host: gateway };
    } else hop[name] = name === "weight" ? Number(this.#value(name)) : this.#value(name);
  }

  #routeField(fields: Record<string, unknown>, word: Word): void {
    const { text } = word;
    switch (text) {
      case "table":
      case "scope":
        fields[text] = this.#value(text);
        return;
      case "metric":
      case "preference":
      case "priority":
        fields.metric = Number(this.#value(text));
        return;
      case "src":
        fields.prefsrc = this.#value(text);
        return;
      case "from":
        fields.from = this.#value(text);
        return;
      case "tos":
      case "dsfield":
        fields.tos = Number(this.#value(text));
        return;
      case "mtu": {
        const value = this.#value(text);
        fields.mtu = Number(value === "lock" ? this.#value(text) : value);
        return;
      }
      case "proto":
      case "protocol":
      case "pref":
      case "advmss":
        this.#value(text);
        return;
      case "cache":
        fields.table = "cache";
        return;
    }
    if (fields.dst !== undefined) this.#unknown(word);
    fields.dst = text === "to" ? this.#value(text) : text;
  }

  /** Which routes go: all of a table, of a device, below a prefix; nothing else selects. */
  #flushRoutes(fields: Readonly<Record<string, unknown>>): IpAction {
    // There is no such cache any more; exceptions of routes are the kernel's own affair.
    if (fields.table === "cache") return { object: "route", verb: "flush", family: this.#family ?? 4, table: -1 };
    const { dst, ...rest } = fields;
    if (dst !== undefined && dst !== "all" && dst !== "root") {
      this.#reader.fail(undefined, "ip route flush of a prefix is not emulated", "ERR_UNSUPPORTED");
    }
    const entry = this.#json({ ...rest, dst: "default" });
    const { table, nextHops } = routeOf(entry, this.#family ?? 4);
    return { object: "route", verb: "flush", family: this.#family ?? 4, table, device: nextHops[0]?.device };
  }

  #rule(verb: Verb): IpAction {
    const fields: Record<string, unknown> = {};
    for (let word = this.#reader.next(); word; word = this.#reader.next()) this.#ruleField(fields, word);
    if (verb === "flush") return { object: "rule", verb, family: this.#family ?? 4 };
    if (verb !== "add" && verb !== "del")
      this.#reader.fail(undefined, `ip rule ${verb} is not understood`, "ERR_SYNTAX");
    const rule = ruleOf(this.#json({ priority: 0, ...fields }), this.#family ?? 4);
    return { object: "rule", verb, rule, hasPriority: fields.priority !== undefined };
  }

  #ruleField(fields: Record<string, unknown>, word: Word): void {
    const { text } = word;
    switch (text) {
      case "not":
        fields.not = null;
        return;
      case "from":
      case "to": {
        const [host, length] = this.#value(text).split("/");
        const name = text === "from" ? "src" : "dst";
        fields[name] = host;
        if (length !== undefined) fields[`${name}len`] = Number(length);
        return;
      }
      case "fwmark": {
        const [mark, mask] = this.#value(text).split("/");
        fields.fwmark = Number(mark);
        if (mask !== undefined) fields.fwmask = Number(mask);
        return;
      }
      case "pref":
      case "preference":
      case "priority":
      case "order":
        fields.priority = Number(this.#value(text));
        return;
      case "table":
      case "lookup":
        fields.table = this.#value(text);
        return;
      case "sport":
      case "dport": {
        const [from, to] = this.#value(text).split("-").map(Number);
        fields[`${text}_start`] = from;
        fields[`${text}_end`] = to ?? from;
        return;
      }
      case "unreachable":
      case "prohibit":
      case "blackhole":
      case "nop":
        fields.action = text;
        return;
      case "goto":
        fields.goto = Number(this.#value(text));
        return;
      case "tos":
      case "dsfield":
        fields.tos = Number(this.#value(text));
        return;
      case "suppress_prefixlength":
      case "suppress_prefixlen":
      case "sup_pl":
        fields.suppress_prefixlen = Number(this.#value(text));
        return;
      case "iif":
      case "dev":
        fields.iif = this.#value(text);
        return;
      case "oif":
      case "ipproto":
      case "suppress_ifgroup":
        fields[text] = this.#value(text);
        return;
    }
    this.#unknown(word);
  }

  #neighbour(verb: Verb): IpAction {
    let to: string | undefined;
    let device: string | undefined;
    let lladdr: Word | undefined;
    let isGone = false;
    for (let word = this.#reader.next(); word; word = this.#reader.next()) {
      const { text } = word;
      if (text === "dev") device = this.#value(text);
      else if (text === "lladdr") lladdr = this.#needed("a link-layer address");
      else if (text === "nud" || text === "state") isGone = /^(failed|incomplete|none)$/i.test(this.#value(text));
      else if (text === "to" || to === undefined) to = text === "to" ? this.#value(text) : text;
      else this.#unknown(word);
    }
    if (device === undefined) return this.#reader.fail(undefined, "ip neigh: `dev NAME' is needed", "ERR_SYNTAX");
    if (verb === "flush") return { object: "neigh", verb, device, family: this.#family };
    const address = to === undefined ? undefined : this.#json({ to }).address("to");
    if (!address) return this.#reader.fail(undefined, "ip neigh: an address is needed", "ERR_SYNTAX");
    if (verb === "del" || isGone) return { object: "neigh", verb: "del", device, address };
    const mac = lladdr && parseMac(lladdr.text);
    if (!mac) return this.#reader.fail(lladdr, "ip neigh: a link-layer address is needed (lladdr)", "ERR_SYNTAX");
    return { object: "neigh", verb: verb === "append" ? "add" : verb, device, address, mac };
  }

  #link(): IpAction {
    const verb = this.#needed("a command: set");
    if (verb.text !== "set" && verb.text !== "s") {
      return this.#reader.fail(verb, `ip link ${verb.text} is not emulated: only set is`, "ERR_UNSUPPORTED");
    }
    let device: string | undefined;
    let isUp: boolean | undefined;
    let mtu: number | undefined;
    for (let word = this.#reader.next(); word; word = this.#reader.next()) {
      if (word.text === "up" || word.text === "down") isUp = word.text === "up";
      else if (word.text === "mtu") mtu = Number(this.#value("mtu"));
      else if (word.text === "dev") device = this.#value("dev");
      else if (device === undefined) device = word.text;
      else this.#unknown(word);
    }
    if (device === undefined) return this.#reader.fail(undefined, "ip link: a device is needed", "ERR_SYNTAX");
    return { object: "link", device, isUp, mtu };
  }
}

/** Is a word an object's name, or a beginning of it? */
function isShort(text: string, name: string, least = 1): boolean {
  return text.length >= least && name.startsWith(text);
}

function lastAddress(address: Uint8Array, prefixLength: number): string {
  const host = (bit: number) => 0xff >> Math.min(Math.max(prefixLength - bit, 0), 8);
  return [...address].map((byte, i) => byte | host(i * 8)).join(".");
}

/** What ip and the kernel fill in (iproute_modify, iproute2; fib_table_insert, ip6_route_info_create). */
function withDefaults(
  fields: Readonly<Record<string, unknown>>,
  given: Family | undefined,
): Readonly<Record<string, unknown>> {
  const addresses = [fields.dst, fields.gateway, fields.prefsrc];
  const isIpv6 = given === 6 || addresses.some((text) => typeof text === "string" && text.includes(":"));
  const type = String(fields.type ?? "unicast");
  const isOwn = ["local", "broadcast", "anycast"].includes(type);
  const hops = (fields.nexthops as readonly Record<string, unknown>[] | undefined) ?? [fields];
  const hasGateway = hops.some((hop) => hop.gateway !== undefined || hop.via !== undefined);
  let scope = "global";
  if (type === "local") scope = "host";
  else if (isOwn || type === "multicast") scope = "link";
  else if (type === "unicast" && !hasGateway) scope = "link";
  return {
    table: isOwn ? "local" : "main",
    scope: isIpv6 ? "global" : scope,
    ...(isIpv6 ? { metric: 1024, pref: "medium" } : {}),
    ...fields,
    type,
  };
}
