import type {
  ClassifyTarget,
  ConnmarkTarget,
  DscpTarget,
  MarkTarget,
  TosTarget,
  TtlTarget,
} from "../../model/target.ts";
import { type Given, hookLimits, type Options, option, optionTable, type TargetExtension } from "./extension.ts";
import { dscpValue, tosValue } from "./match-header.ts";
import { hex, hexByte, parseMasked, parseNumber } from "./values.ts";

/** Targets that change a mark or one field: xt_mark, xt_connmark, xt_DSCP (TOS), xt_HL (TTL), xt_CLASSIFY. */

const ALL = 0xffffffff;
const SET_MARK = "set-xmark:1 set-mark:1 and-mark:1 or-mark:1 xor-mark:1";
const SET_MARK_NAMES = SET_MARK.replaceAll(":1", "").split(" ");

/** new = (old & ~mask) ^ value, as xt_mark computes it. */
function markOperation(options: Options, given: Given): { value: number; mask: number } {
  if (given.name === "set-xmark") return parseMasked(options, given);
  if (given.name === "set-mark") {
    const { value, mask } = parseMasked(options, given);
    return { value, mask: (mask | value) >>> 0 };
  }
  const value = parseNumber(options, given, ALL);
  if (given.name === "and-mark") return { value: 0, mask: ~value >>> 0 };
  return { value, mask: given.name === "or-mark" ? value : 0 };
}

export const mark: TargetExtension = {
  name: "MARK",
  options: optionTable(SET_MARK),
  parse(options): MarkTarget {
    options.exclusive(...SET_MARK_NAMES);
    const given = options.given[0];
    if (!given) {
      return options.fail(undefined, "One of the --set-xmark, --{and,or,xor,set}-mark options is required");
    }
    return { kind: "MARK", ...markOperation(options, given) };
  },
  print(target) {
    const { value, mask } = target as MarkTarget;
    return option("set-xmark", `${hex(value)}/${hex(mask)}`);
  },
};

const CONNMARK_MODES = [...SET_MARK_NAMES, "save-mark", "restore-mark"];

export const connmark: TargetExtension = {
  name: "CONNMARK",
  options: optionTable(
    `${SET_MARK} save-mark:0 restore-mark:0 mask:1 nfmask:1 ctmask:1 left-shift-mark:1 right-shift-mark:1`,
  ),
  parse(options): ConnmarkTarget {
    options.exclusive(...CONNMARK_MODES);
    const mode = options.given.find(({ name }) => CONNMARK_MODES.includes(name));
    if (!mode) return options.reader.fail(undefined, "CONNMARK target: No operation specified");
    const shift = connmarkShift(options);
    if (mode.name !== "save-mark" && mode.name !== "restore-mark") {
      const { value, mask } = markOperation(options, mode);
      const ctMask = maskOption(options, "mask") ?? mask;
      return { kind: "CONNMARK", mode: "set", value, ctMask, nfMask: ALL, shift };
    }
    const both = maskOption(options, "mask");
    return {
      kind: "CONNMARK",
      mode: mode.name === "save-mark" ? "save" : "restore",
      value: 0,
      ctMask: both ?? maskOption(options, "ctmask") ?? ALL,
      nfMask: both ?? maskOption(options, "nfmask") ?? ALL,
      shift,
    };
  },
  print(target) {
    const { mode, value, ctMask, nfMask, shift } = target as ConnmarkTarget;
    const shifted = shift ? option(`${shift.direction}-shift-mark`, shift.bits) : "";
    if (mode === "set") return option("set-xmark", `${hex(value)}/${hex(ctMask)}`) + shifted;
    return ` --${mode}-mark${option("nfmask", hex(nfMask))}${option("ctmask", hex(ctMask))}${shifted}`;
  },
};

function maskOption(options: Options, name: string): number | undefined {
  const given = options.get(name);
  return given && parseNumber(options, given, ALL);
}

/** The last that is given counts; none by 0. */
function connmarkShift(options: Options): ConnmarkTarget["shift"] {
  const given = options.given.findLast(({ name }) => name.endsWith("-shift-mark"));
  const bits = given ? parseNumber(options, given, 32) : 0;
  return bits === 0 ? undefined : { direction: given!.name === "left-shift-mark" ? "left" : "right", bits };
}

export const tos: TargetExtension = {
  name: "TOS",
  hooks: hookLimits("mangle"),
  options: optionTable("set-tos:1 and-tos:1 or-tos:1 xor-tos:1"),
  parse(options): TosTarget {
    options.exclusive("set-tos", "and-tos", "or-tos", "xor-tos");
    const given = options.given[0];
    if (!given) return options.reader.fail(undefined, "TOS: An action is required");
    if (given.name === "set-tos") return { kind: "TOS", ...tosValue(options, given) };
    const bits = parseNumber(options, given, 255);
    if (given.name === "and-tos") return { kind: "TOS", value: 0, mask: ~bits & 0xff };
    return { kind: "TOS", value: bits, mask: given.name === "or-tos" ? bits : 0 };
  },
  print(target) {
    const { value, mask } = target as TosTarget;
    return option("set-tos", `${hexByte(value)}/${hexByte(mask)}`);
  },
};

export const dscp: TargetExtension = {
  name: "DSCP",
  hooks: hookLimits("mangle"),
  options: optionTable("set-dscp:1 set-dscp-class:1"),
  parse(options): DscpTarget {
    return { kind: "DSCP", value: dscpValue(options, "set-dscp", "set-dscp-class").value };
  },
  print: (target) => option("set-dscp", hexByte((target as DscpTarget).value)),
};

export const ttl = ttlExtension("TTL", 4);
export const hl = ttlExtension("HL", 6);

function ttlExtension(kind: "TTL" | "HL", family: 4 | 6): TargetExtension {
  const prefix = kind.toLowerCase();
  const names = [`${prefix}-set`, `${prefix}-dec`, `${prefix}-inc`];
  return {
    name: kind,
    family,
    hooks: hookLimits("mangle"),
    options: optionTable(names.map((name) => `${name}:1`).join(" ")),
    parse(options): TtlTarget {
      options.exclusive(...names);
      const given = options.given[0];
      if (!given) return options.reader.fail(undefined, `${kind}: You must specify an action`);
      const mode = given.name.slice(-3) as TtlTarget["mode"];
      return { kind, mode, value: parseNumber(options, given, 255, mode === "set" ? 0 : 1) };
    },
    print: (target) => option(`${prefix}-${(target as TtlTarget).mode}`, (target as TtlTarget).value),
  };
}

export const classify: TargetExtension = {
  name: "CLASSIFY",
  hooks: hookLimits("filter: FWD OUT; nat: OUT POST; mangle: FWD OUT POST; raw: OUT; security: FWD OUT"),
  options: optionTable("set-class:1"),
  parse(options): ClassifyTarget {
    const word = options.required("set-class").values[0]!;
    // What follows the second number is not looked at (sscanf).
    const found = /^\s*(?:0x)?([0-9a-f]+):\s*(?:0x)?([0-9a-f]+)/i.exec(word.text);
    if (!found) return options.reader.fail(word, `Bad class value "${word.text}"`);
    const [major, minor] = [found[1]!, found[2]!].map((digits) => Number.parseInt(digits, 16));
    return { kind: "CLASSIFY", major: major! & 0xffff, minor: minor! & 0xffff };
  },
  print(target) {
    const { major, minor } = target as ClassifyTarget;
    return option("set-class", `${major.toString(16).padStart(4, "0")}:${minor.toString(16).padStart(4, "0")}`);
  },
};
