import type { Prefix } from "../../model/address.ts";
import type { NptTarget } from "../../model/target.ts";
import { formatAddress, prefixLengthOf } from "../address.ts";
import { type Given, hookLimits, type Options, option, optionTable, type TargetExtension } from "./extension.ts";
import { parsePrefix } from "./values.ts";

/** -j SNPT and -j DNPT: ip6t_NPT. */

export const snpt = nptExtension("SNPT", "mangle: IN POST");
export const dnpt = nptExtension("DNPT", "mangle: PRE OUT");

function nptExtension(kind: NptTarget["kind"], hooks: string): TargetExtension {
  return {
    name: kind,
    family: 6,
    hooks: hookLimits(hooks),
    options: optionTable("+src-pfx:1 +dst-pfx:1"),
    parse: (options): NptTarget => ({
      kind,
      from: shortPrefix(options, options.required("src-pfx")),
      to: shortPrefix(options, options.required("dst-pfx")),
    }),
    print(target) {
      const { from, to } = target as NptTarget;
      return option("src-pfx", printPrefix(from)) + option("dst-pfx", printPrefix(to));
    },
  };
}

/** Up to 64 bits, and no host bits (ip6t_npt_checkentry). */
function shortPrefix(options: Options, given: Given): Prefix {
  const word = given.values[0]!;
  const [host = "", length] = word.text.split("/");
  const prefix = parsePrefix(options.reader, word, word.text, 6);
  const whole = parsePrefix(options.reader, word, host, 6);
  const hasHostBits = formatAddress(prefix.address) !== formatAddress(whole.address);
  if (length === undefined || (prefixLengthOf(prefix.mask) ?? 128) > 64 || hasHostBits) {
    options.reader.fail(word, `Invalid argument: ${word.text} is no prefix of up to 64 bits`);
  }
  return prefix;
}

function printPrefix({ address, mask }: Prefix): string {
  return `${formatAddress(address)}/${prefixLengthOf(mask)}`;
}
