import type { MasqueradeTarget, NatTarget, NetmapTarget } from "../../model/target.ts";
import { formatAddress, parseAddress } from "../address.ts";
import type { Word } from "../words.ts";
import { flag, type Given, hookLimits, type Options, option, optionTable, type TargetExtension } from "./extension.ts";
import { formatPrefix, parsePrefix, portNumber } from "./values.ts";

/** Targets that translate addresses: xt_nat (DNAT, SNAT), xt_MASQUERADE, xt_REDIRECT, xt_NETMAP. */

type Ports = NonNullable<NatTarget["ports"]>;

/** Protocols whose ports (or ids) can be translated, by xtables' own list. */
const PORT_PROTOCOLS = [6, 17, 132, 33, 1];

export const dnat = natExtension("DNAT", "to-destination", "nat: PRE OUT");
export const snat = natExtension("SNAT", "to-source", "nat: IN POST");

function natExtension(kind: "DNAT" | "SNAT", to: string, hooks: string): TargetExtension {
  return {
    name: kind,
    hooks: hookLimits(hooks),
    options: optionTable(`${to}:1 random:0 persistent:0${kind === "SNAT" ? " random-fully:0" : ""}`),
    parse(options): NatTarget {
      const given = options.required(to);
      return {
        kind,
        ...natRange(options, given),
        random: options.has("random"),
        randomFully: options.has("random-fully"),
        persistent: options.has("persistent"),
      };
    },
    print(target) {
      const m = target as NatTarget;
      return option(to, printNatRange(m)) + printFlags(m) + (m.persistent ? flag("persistent") : "");
    },
  };
}

function printFlags(target: { readonly random: boolean; readonly randomFully: boolean }): string {
  return (target.random ? flag("random") : "") + (target.randomFully ? flag("random-fully") : "");
}

/** `[A[-B]][:P[-Q[/BASE]]]`; IPv6 addresses stand in brackets when ports follow. */
function natRange(options: Options, given: Given): Pick<NatTarget, "addresses" | "ports"> {
  const word = given.values[0]!;
  const [hosts, text] = splitPorts(word.text, options.family === 6);
  const ports = text === undefined ? undefined : portRange(options, word, text);
  return {
    addresses: hosts === "" && ports ? undefined : addressRange(options, word, hosts),
    // iptables 1.8.9 reads the base of SNAT and forgets it.
    ports: ports?.base !== undefined && options.extension === "SNAT" ? { ...ports, base: 0 } : ports,
  };
}

function splitPorts(text: string, ipv6: boolean): [hosts: string, ports: string | undefined] {
  if (!ipv6) {
    const colon = text.indexOf(":");
    // What has a second colon is taken for an address, and complained about as one.
    if (colon !== text.lastIndexOf(":")) return [text, undefined];
    return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
  }
  if (text.startsWith(":") && !text.startsWith("::")) return ["", text.slice(1)];
  if (!text.startsWith("[")) return [text, undefined];
  const found = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  // What is no bracketed address is left whole, for the complaint about it.
  return found ? [found[1]!, found[2]] : [text, undefined];
}

function addressRange(options: Options, word: Word, text: string): NonNullable<NatTarget["addresses"]> {
  const dash = text.indexOf("-");
  const parse = (host: string) => {
    const address = parseAddress(host);
    if (address?.length === (options.family === 4 ? 4 : 16)) return address;
    return options.reader.fail(word, `Bad IP address "${host}"`);
  };
  const from = parse(dash < 0 ? text : text.slice(0, dash));
  return { from, to: dash < 0 ? from : parse(text.slice(dash + 1)) };
}

function portRange(options: Options, word: Word, text: string): Ports {
  if (!PORT_PROTOCOLS.includes(options.protocol)) {
    options.reader.fail(word, "Need TCP, UDP, SCTP or DCCP with port specification");
  }
  const fail = (detail: string): never => options.reader.fail(word, detail);
  const [digits] = LEADING_NUMBER.exec(text) ?? [];
  const from = portNumber(digits ?? text, options.protocol) ?? fail(`Port \`${text}' not valid`);
  const rest = digits === undefined ? "" : text.slice(digits.length);
  if (rest === "") return { from, to: from };
  if (rest.startsWith(":")) return fail("Invalid port:port syntax - use dash");
  return rest.startsWith("-")
    ? rangeFrom(options, from, rest.slice(1), fail)
    : fail(`Garbage after port value: \`${rest}'`);
}

/** A number as strtoul() reads it; what follows is the caller's. */
const LEADING_NUMBER = /^(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)/i;

/** What follows the dash of a range: `LAST[/BASE]`. Whatever follows the base is overlooked. */
function rangeFrom({ protocol }: Options, from: number, text: string, fail: (detail: string) => never): Ports {
  const [digits = ""] = LEADING_NUMBER.exec(text) ?? [];
  const to = portNumber(digits) ?? fail(`Port \`${text}' not valid`);
  if (from > to) fail(`Port range \`${text}' funky`);
  const rest = text.slice(digits.length);
  if (rest === "") return { from, to };
  if (!rest.startsWith("/")) return fail(`Garbage after port range: \`${rest}'`);
  const last = rest.slice(1);
  const base = portNumber(LEADING_NUMBER.exec(last)?.[0] ?? last, protocol) || fail(`Port \`${last}' not valid`);
  return { from, to, base };
}

function printNatRange({ addresses, ports }: NatTarget): string {
  let text = "";
  if (addresses) {
    const from = formatAddress(addresses.from);
    const to = formatAddress(addresses.to);
    text = from === to ? from : `${from}-${to}`;
    if (ports && addresses.from.length === 16) text = `[${text}]`;
  }
  return ports ? `${text}:${printPorts(ports)}` : text;
}

function printPorts({ from, to, base }: Ports): string {
  const range = from === to ? String(from) : `${from}-${to}`;
  return base === undefined ? range : `${range}/${base}`;
}

export const masquerade = portsExtension("MASQUERADE", "to-ports:1 random:0 random-fully:0", "nat: POST");
export const redirect = portsExtension("REDIRECT", "to-ports:1 random:0", "nat: PRE OUT");

function portsExtension(kind: MasqueradeTarget["kind"], options: string, hooks: string): TargetExtension {
  return {
    name: kind,
    hooks: hookLimits(hooks),
    options: optionTable(options),
    parse(options): MasqueradeTarget {
      const given = options.get("to-ports");
      const ports = given && portRange(options, given.values[0]!, given.values[0]!.text);
      if (ports?.base !== undefined)
        options.reader.fail(given!.values[0], "Shifted portmap ranges not supported with this kernel");
      return { kind, ports, random: options.has("random"), randomFully: options.has("random-fully") };
    },
    print(target) {
      const m = target as MasqueradeTarget;
      return (m.ports ? option("to-ports", printPorts(m.ports)) : "") + printFlags(m);
    },
  };
}

export const netmap: TargetExtension = {
  name: "NETMAP",
  hooks: hookLimits("nat"),
  options: optionTable("to:1"),
  parse(options): NetmapTarget {
    const word = options.required("to").values[0]!;
    return { kind: "NETMAP", to: parsePrefix(options.reader, word, word.text, options.family) };
  },
  print(target) {
    const { to } = target as NetmapTarget;
    return option("to", formatPrefix(to) ?? `${formatAddress(to.address)}/0`);
  },
};
