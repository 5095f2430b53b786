import type { Negatable, Range } from "../../model/address.ts";
import type {
  CgroupMatch,
  ConnlabelMatch,
  CpuMatch,
  DevgroupMatch,
  HelperMatch,
  OwnerMatch,
  PhysdevMatch,
  RealmMatch,
  SocketMatch,
} from "../../model/match.ts";
import { LABELS, labelName } from "../connlabel.ts";
import { flag, type Given, hookLimits, type MatchExtension, type Options, option, optionTable } from "./extension.ts";
import { formatMasked, formatRange, parseInterface, parseMasked, parseNumber, quote, wholeNumber } from "./values.ts";

/** Matches on what the host knows besides the packet: xt_owner, xt_physdev, xt_socket, xt_cpu, xt_devgroup, xt_helper. */

const LOCAL_OUT = hookLimits("filter: OUT; nat: OUT POST; mangle: OUT POST; raw: OUT; security: OUT");
const INCOMING = hookLimits("filter: IN FWD; nat: PRE IN; mangle: PRE IN FWD; raw: PRE; security: IN FWD");
const OUTGOING = hookLimits("filter: FWD OUT; nat: OUT POST; mangle: FWD OUT POST; raw: OUT; security: FWD OUT");
const FORWARDED = hookLimits("filter: FWD; nat: NONE; mangle: FWD; raw: NONE; security: FWD");

/** The user and group names that Debian has on every machine. */
const USERS = new Map([
  ["root", 0],
  ["daemon", 1],
  ["bin", 2],
  ["sys", 3],
  ["nobody", 65534],
]);

export const owner: MatchExtension = {
  name: "owner",
  hooks: LOCAL_OUT,
  options: optionTable("!uid-owner:1 !gid-owner:1 !socket-exists:0 suppl-groups:0"),
  parse(options): OwnerMatch {
    if (options.given.length === 0) {
      options.fail(undefined, "At least one of --uid-owner, --gid-owner or --socket-exists is required");
    }
    const socket = options.get("socket-exists");
    const groups = options.get("suppl-groups");
    const gid = options.get("gid-owner");
    if (groups && (!gid || options.given.indexOf(gid) > options.given.indexOf(groups))) {
      options.fail(groups.word, 'Bad value for "--suppl-groups" option: "you need to use --gid-owner first"');
    }
    return {
      kind: "owner",
      socketExists: socket && { value: true, invert: socket.invert },
      uid: idRange(options, "uid-owner"),
      gid: idRange(options, "gid-owner"),
      supplementaryGroups: groups !== undefined,
    };
  },
  print(match) {
    const m = match as OwnerMatch;
    let text = m.socketExists ? flag("socket-exists", m.socketExists.invert) : "";
    if (m.uid) text += option("uid-owner", formatRange(m.uid.value, "-"), m.uid.invert);
    if (m.gid) text += option("gid-owner", formatRange(m.gid.value, "-"), m.gid.invert);
    return m.supplementaryGroups ? text + flag("suppl-groups") : text;
  },
};

function idRange(options: Options, name: string): Negatable<Range> | undefined {
  const given = options.get(name);
  if (!given) return undefined;
  const word = given.values[0]!;
  const known = USERS.get(word.text);
  if (known !== undefined) return { value: { from: known, to: known }, invert: given.invert };
  const dash = word.text.indexOf("-");
  const from = wholeNumber(dash < 0 ? word.text : word.text.slice(0, dash));
  const to = dash < 0 ? from : wholeNumber(word.text.slice(dash + 1));
  if (from === undefined || to === undefined || from > 0xfffffffe || to > 0xfffffffe) {
    return options.fail(word, `Bad value for "--${name}" option: "${word.text}"`);
  }
  return { value: { from, to }, invert: given.invert };
}

/** Before the bridge decided, only bridged packets have a device to leave by (xt_physdev.c). */
function needsLaterHook({ out, isOut, isBridged }: PhysdevMatch): boolean {
  return (out !== undefined || isOut !== undefined) && !(isBridged && !isBridged.invert);
}

export const physdev: MatchExtension = {
  name: "physdev",
  hooks: (match) =>
    needsLaterHook(match as PhysdevMatch)
      ? hookLimits("filter: IN FWD; nat: PRE IN POST; mangle: PRE IN FWD POST; raw: PRE; security: IN FWD")
      : undefined,
  options: optionTable("!physdev-in:1 !physdev-out:1 !physdev-is-in:0 !physdev-is-out:0 !physdev-is-bridged:0"),
  parse(options): PhysdevMatch {
    if (options.given.length === 0) options.reader.fail(undefined, "PHYSDEV: no physdev option specified");
    const device = (name: string) => {
      const given = options.get(name);
      return given && { value: parseInterface(options.reader, given.values[0]!), invert: given.invert };
    };
    const is = (name: string): Negatable<true> | undefined => {
      const given = options.get(name);
      return given && { value: true, invert: given.invert };
    };
    return {
      kind: "physdev",
      in: device("physdev-in"),
      out: device("physdev-out"),
      isIn: is("physdev-is-in"),
      isOut: is("physdev-is-out"),
      isBridged: is("physdev-is-bridged"),
    };
  },
  print(match) {
    const m = match as PhysdevMatch;
    let text = "";
    if (m.isIn) text += flag("physdev-is-in", m.isIn.invert);
    if (m.in) text += option("physdev-in", m.in.value, m.in.invert);
    if (m.isOut) text += flag("physdev-is-out", m.isOut.invert);
    if (m.out) text += option("physdev-out", m.out.value, m.out.invert);
    return m.isBridged ? text + flag("physdev-is-bridged", m.isBridged.invert) : text;
  },
};

export const socket: MatchExtension = {
  name: "socket",
  hooks: hookLimits("filter: IN; nat: PRE IN; mangle: PRE IN; raw: PRE; security: IN"),
  options: optionTable("transparent:0 nowildcard:0 restore-skmark:0"),
  parse: (options): SocketMatch => ({
    kind: "socket",
    transparent: options.has("transparent"),
    nowildcard: options.has("nowildcard"),
    restoreSkmark: options.has("restore-skmark"),
  }),
  print(match) {
    const { transparent, nowildcard, restoreSkmark } = match as SocketMatch;
    let text = transparent ? flag("transparent") : "";
    if (nowildcard) text += flag("nowildcard");
    return restoreSkmark ? text + flag("restore-skmark") : text;
  },
};

export const cpu: MatchExtension = {
  name: "cpu",
  options: optionTable("!cpu:1"),
  parse(options): CpuMatch {
    const given = options.required("cpu");
    return { kind: "cpu", cpu: { value: parseNumber(options, given, 0xffffffff), invert: given.invert } };
  },
  print: (match) => option("cpu", (match as CpuMatch).cpu.value, (match as CpuMatch).cpu.invert),
};

export const devgroup: MatchExtension = {
  name: "devgroup",
  hooks(match) {
    const { source, destination } = match as DevgroupMatch;
    if (source && destination) return FORWARDED;
    return destination ? OUTGOING : INCOMING;
  },
  options: optionTable("!src-group:1 !dst-group:1"),
  parse(options): DevgroupMatch {
    if (options.given.length === 0) {
      options.reader.fail(undefined, "devgroup match: You must specify either '--src-group' or '--dst-group'");
    }
    return { kind: "devgroup", source: group(options, "src-group"), destination: group(options, "dst-group") };
  },
  print(match) {
    const { source, destination } = match as DevgroupMatch;
    return printGroup("src-group", source) + printGroup("dst-group", destination);
  },
};

function group(options: Options, name: string): DevgroupMatch["source"] {
  const given: Given | undefined = options.get(name);
  if (!given) return undefined;
  if (given.values[0]!.text === "default") return { value: { value: 0, mask: 0xffffffff }, invert: given.invert };
  return { value: parseMasked(options, given), invert: given.invert };
}

function printGroup(name: string, test: DevgroupMatch["source"]): string {
  if (!test) return "";
  const { value, mask } = test.value;
  return option(name, value === 0 && mask === 0xffffffff ? "default" : formatMasked(value, mask), test.invert);
}

export const connlabel: MatchExtension = {
  name: "connlabel",
  options: optionTable("+!label:1 set:0"),
  parse(options): ConnlabelMatch {
    const given = options.required("label");
    const word = given.values[0]!;
    const label = options.labels.get(word.text) ?? wholeNumber(word.text);
    if (label === undefined) return options.reader.fail(word, `label '${word.text}' not found or invalid value`);
    if (label >= LABELS) options.reader.fail(word, "Numerical result out of range.");
    const name = labelName(options.labels, label);
    return { kind: "connlabel", label: { value: label, invert: given.invert }, name, set: options.has("set") };
  },
  print(match) {
    const { label, name, set } = match as ConnlabelMatch;
    return option("label", `"${name ?? label.value}"`, label.invert) + (set ? flag("set") : "");
  },
};

export const helper: MatchExtension = {
  name: "helper",
  options: optionTable("!helper:1"),
  parse(options): HelperMatch {
    const given = options.required("helper");
    return { kind: "helper", helper: { value: given.values[0]!.text, invert: given.invert } };
  },
  print: (match) => option("helper", quote((match as HelperMatch).helper.value), (match as HelperMatch).helper.invert),
};

/** The one name of /etc/iproute2/rt_realms. */
const REALM_0 = "cosmos";

export const realm: MatchExtension = {
  name: "realm",
  family: 4,
  hooks: hookLimits("filter; nat: IN OUT POST; mangle: IN FWD OUT POST; raw: OUT; security"),
  options: optionTable("!realm:1"),
  parse(options): RealmMatch {
    const given = options.required("realm");
    const word = given.values[0]!;
    if (word.text === REALM_0) return { kind: "realm", invert: given.invert, value: 0, mask: 0xffffffff };
    if (/^[a-z]/i.test(word.text)) {
      options.fail(word, `could not map name ${word.text} to an integer value for option "--realm".\n`);
    }
    return { kind: "realm", invert: given.invert, ...parseMasked(options, given) };
  },
  print(match) {
    const { value, mask, invert } = match as RealmMatch;
    return option("realm", value === 0 && mask === 0xffffffff ? REALM_0 : formatMasked(value, mask), invert);
  },
};

export const cgroup: MatchExtension = {
  name: "cgroup",
  hooks: hookLimits("filter: IN OUT; nat: IN OUT POST; mangle: IN OUT POST; raw: OUT; security: IN OUT"),
  options: optionTable("!cgroup:1 !path:1"),
  parse(options): CgroupMatch {
    options.exclusive("cgroup", "path");
    const path = options.get("path");
    if (path) return { kind: "cgroup", path: { value: path.values[0]!.text, invert: path.invert } };
    const given = options.get("cgroup") ?? options.fail(undefined, "either --cgroup or --path must be specified");
    return { kind: "cgroup", classid: { value: parseNumber(options, given, 0xffffffff), invert: given.invert } };
  },
  print(match) {
    const { classid, path } = match as CgroupMatch;
    return classid ? option("cgroup", classid.value, classid.invert) : option("path", quote(path!.value), path!.invert);
  },
};
