import type { TimeMatch } from "../../model/match.ts";
import { flag, type Given, type MatchExtension, type Options, option, optionTable } from "./extension.ts";

/** Match on the clock: xt_time. */

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const LAST_SECOND = 86399;
/** The tool's latest date, which it prints even when none was given. */
const LAST_DATE = 0x7fffffff;
const ALL_MONTHDAYS = 0xfffffffe;
const ALL_WEEKDAYS = 0xfe;

export const time: MatchExtension = {
  name: "time",
  options: optionTable(
    "timestart:1 timestop:1 datestart:1 datestop:1 !weekdays:1 !monthdays:1 kerneltz,localtz:0 contiguous:0 utc:0",
  ),
  parse(options): TimeMatch {
    options.exclusive("kerneltz", "utc");
    const timeStart = secondOfDay(options, "timestart") ?? 0;
    const timeStop = secondOfDay(options, "timestop") ?? LAST_SECOND;
    const contiguous = options.get("contiguous");
    if (contiguous && timeStart < timeStop) {
      options.fail(contiguous.word, "--contiguous only makes sense when stoptime is smaller than starttime");
    }
    return {
      kind: "time",
      dateStart: date(options, "datestart") ?? 0,
      dateStop: date(options, "datestop") ?? LAST_DATE,
      timeStart,
      timeStop,
      monthdays: dayBits(options, "monthdays", ALL_MONTHDAYS, monthday),
      weekdays: dayBits(options, "weekdays", ALL_WEEKDAYS, weekday),
      kernelTimezone: options.has("kerneltz"),
      contiguous: contiguous !== undefined,
    };
  },
  print(match) {
    const m = match as TimeMatch;
    let text = "";
    if (m.timeStart !== 0 || m.timeStop !== LAST_SECOND) {
      text += option("timestart", printTime(m.timeStart)) + option("timestop", printTime(m.timeStop));
    }
    if (m.monthdays !== ALL_MONTHDAYS) text += option("monthdays", bitsOf(m.monthdays).join(","));
    if (m.weekdays !== ALL_WEEKDAYS) {
      text += option(
        "weekdays",
        bitsOf(m.weekdays)
          .map((day) => DAYS[day - 1])
          .join(","),
      );
    }
    if (m.dateStart !== 0) text += option("datestart", printDate(m.dateStart));
    text += option("datestop", printDate(m.dateStop));
    if (m.kernelTimezone) text += flag("kerneltz");
    return m.contiguous ? text + flag("contiguous") : text;
  },
};

/** `hh:mm[:ss]`. */
function secondOfDay(options: Options, name: string): number | undefined {
  const word = options.get(name)?.values[0];
  if (!word) return undefined;
  const [, hours, minutes, seconds = "0"] = /^([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2}))?$/.exec(word.text) ?? [];
  if (hours === undefined || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) {
    return options.reader.fail(
      word,
      `invalid time "${word.text}" specified, should be hh:mm[:ss] format and within the boundaries`,
    );
  }
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** `YYYY[-MM[-DD[Thh[:mm[:ss]]]]]` as seconds since 1970 in UTC. */
function date(options: Options, name: string): number | undefined {
  const word = options.get(name)?.values[0];
  if (!word) return undefined;
  const found =
    /^([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2})(?:T([0-9]{1,2})(?::([0-9]{1,2})(?::([0-9]{1,2}))?)?)?)?)?$/.exec(
      word.text,
    );
  if (!found)
    return options.reader.fail(word, `Invalid date "${word.text}" specified. Should be YYYY[-MM[-DD[Thh[:mm[:ss]]]]]`);
  const [, year, month = 1, day = 1, ...clock] = found;
  const [hours = 0, minutes = 0, seconds = 0] = clock.map((part) => Number(part ?? 0));
  const value = Date.UTC(Number(year), Number(month) - 1, Number(day), hours, minutes, seconds) / 1000;
  if (value < 0 || value > 0xffffffff) {
    return options.reader.fail(word, `Invalid date "${word.text}" specified: years 1970 to 2105 only`);
  }
  return value;
}

/** A comma list of days as bits; an inverted list becomes its complement, as the tool does it. */
function dayBits(
  options: Options,
  name: string,
  all: number,
  parse: (options: Options, given: Given, text: string) => number,
): number {
  const given = options.get(name);
  if (!given) return all;
  let bits = 0;
  for (const text of given.values[0]!.text.split(",")) bits |= 1 << parse(options, given, text);
  return (given.invert ? bits ^ all : bits) >>> 0;
}

function monthday(options: Options, given: Given, text: string): number {
  const day = /^[0-9]{1,2}$/.test(text) ? Number(text) : 0;
  if (day < 1 || day > 31) options.reader.fail(given.values[0], `${text} is not a valid day for --monthdays`);
  return day;
}

/** 1 to 7 from Monday, or a name of which two letters are enough. */
function weekday(options: Options, given: Given, text: string): number {
  const number = /^[1-7]$/.test(text) ? Number(text) : 0;
  const named =
    text.length >= 2 ? DAYS.findIndex((day) => day.slice(0, 2).toLowerCase() === text.slice(0, 2).toLowerCase()) : -1;
  const day = number || named + 1;
  return day || options.reader.fail(given.values[0], `${text} is not a valid day specifier`);
}

function bitsOf(bits: number): number[] {
  return Array.from({ length: 32 }, (_, day) => day).filter((day) => (bits >>> day) & 1);
}

function printTime(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

function printDate(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19);
}
