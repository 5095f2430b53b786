import { MatchKind } from "../../../assembly/abi/rule.ts";
import {
  Addresses6Layout,
  MatchLayout,
  NatRangeLayout,
  RuleLayout,
  TcpTestLayout,
  UdpTestLayout,
} from "../../core/layout.generated.ts";
import { type Field, stride } from "../../core/record.ts";
import { type Hole, NO_SHAPE, type RuleLines } from "../../model/rule-lines.ts";
import type { Rule } from "../../model/ruleset.ts";
import type { Image } from "./image.ts";
import { findTargetEncoder } from "./targets.ts";

/** A record that a rule has for itself. */
interface OwnRecord {
  readonly pointer: Field;
  readonly at: number;
  readonly size: number;
}

/** Where the value of a hole goes. */
interface Patch {
  readonly hole: Hole;
  /** The first of its values among those of the rule. */
  readonly value: number;
  /** Of a port: where in the matches. */
  readonly offset: number;
}

/** The first rule of a shape as it was written. */
interface Written {
  readonly ruleAt: number;
  /** In the order in which a rule asks for room. */
  readonly records: readonly OwnRecord[];
  /** Pointers to what rules share. */
  readonly shared: readonly { readonly pointer: Field; readonly target: number }[];
  readonly patches: readonly Patch[];
}

const FIRST_COPIED = RuleLayout.source.offset;
const COPIED = RuleLayout.id.offset - FIRST_COPIED;

/**
 * Writes rules by copying the first of their shape and changing what differs. The image is, byte for byte, the one that
 * writing them one by one would have made.
 */
export class ShapeCopies {
  readonly #lines: RuleLines;
  readonly #image: Image;
  readonly #chainAt: (chain: number) => number;
  readonly #written: (Written | undefined)[] = [];

  constructor(lines: RuleLines, image: Image, chainAt: (chain: number) => number) {
    this.#lines = lines;
    this.#image = image;
    this.#chainAt = chainAt;
  }

  /** Writes a rule of a shape that was kept. @returns false for others. */
  write(number: number, at: number): boolean {
    const shape = this.#lines.shapeOf[number]!;
    const first = shape === NO_SHAPE ? undefined : this.#written[shape];
    if (!first) return false;
    const image = this.#image;
    image.copyWords(first.ruleAt + FIRST_COPIED, at + FIRST_COPIED, COPIED);
    let matchesAt = 0;
    let targetAt = 0;
    for (const { pointer, at: from, size } of first.records) {
      const to = image.reserve(size);
      image.copyWords(from, to, size);
      image.point(at, pointer, to);
      if (pointer === RuleLayout.matches) matchesAt = to;
      else if (pointer === RuleLayout.target) targetAt = to;
    }
    for (const { pointer, target } of first.shared) image.point(at, pointer, target);
    const { values } = this.#lines;
    const valuesAt = this.#lines.valueStarts[number]!;
    for (const { hole, value, offset } of first.patches) {
      const given = values[valuesAt + value]!;
      switch (hole) {
        case "source":
        case "destination":
          this.#writePrefix(at, hole, given, values[valuesAt + value + 1]!);
          break;
        case "sourcePort":
        case "destinationPort":
          image.setUint16(matchesAt + offset, given);
          image.setUint16(matchesAt + offset + 2, given);
          break;
        case "jump":
          image.point(at, RuleLayout.target, this.#chainAt(given));
          break;
        case "translation":
          this.#writeTranslation(targetAt, given, values[valuesAt + value + 1]!);
      }
    }
    return true;
  }

  #writePrefix(at: number, hole: "source" | "destination", address: number, length: number): void {
    this.#image.setAddress(at + RuleLayout[hole].offset, address);
    this.#image.setAddress(at + RuleLayout[`${hole}Mask`].offset, -1 << (32 - length));
  }

  #writeTranslation(at: number, address: number, port: number): void {
    this.#image.setAddress(at + NatRangeLayout.min0.offset, address);
    this.#image.setAddress(at + NatRangeLayout.max0.offset, address);
    this.#image.setUint16(at + NatRangeLayout.minPort.offset, port);
    this.#image.setUint16(at + NatRangeLayout.maxPort.offset, port);
  }

  /** A rule was written at `at`: if it is of a shape, others will be copied from it. */
  keep(number: number, at: number, addressesBefore: number): void {
    const shape = this.#lines.shapeOf[number]!;
    if (shape === NO_SHAPE) return;
    const records = this.#recordsOf(this.#lines.rule(number), at);
    const shared = [RuleLayout.inDevices, RuleLayout.outDevices]
      .map((pointer) => ({ pointer, target: this.#image.target(at, pointer) }))
      .filter(({ target }) => target !== 0);
    const holes = this.#lines.shapes[shape]!.holes;
    const jumps = holes.includes("jump") ? 1 : 0;
    // A record with an address inside is not copied: nobody here knows where in it.
    if (this.#image.addressCount - addressesBefore !== records.length + shared.length + jumps) return;
    this.#written[shape] = { ruleAt: at, records, shared, patches: this.#patchesOf(holes, at) };
  }

  #recordsOf({ target }: Rule, at: number): OwnRecord[] {
    const isRecord = target !== undefined && target.kind !== "jump" && target.kind !== "goto";
    const sizes = [
      { pointer: RuleLayout.addresses6, size: Addresses6Layout.byteLength },
      { pointer: RuleLayout.matches, size: this.#sizeOfMatches(at) },
      { pointer: RuleLayout.target, size: isRecord ? (findTargetEncoder(target.kind)?.size ?? 0) : 0 },
    ];
    return sizes
      .map(({ pointer, size }) => ({ pointer, at: this.#image.target(at, pointer), size }))
      .filter((record) => record.at !== 0 && record.size !== 0);
  }

  #matchesOf(at: number): number[] {
    const found: number[] = [];
    let match = this.#image.target(at, RuleLayout.matches);
    for (let left = this.#image.get(at, RuleLayout.matchCount); left > 0; left--) {
      found.push(match);
      match += this.#image.get(match, MatchLayout.size);
    }
    return found;
  }

  #sizeOfMatches(at: number): number {
    return this.#matchesOf(at).reduce((sum, match) => sum + this.#image.get(match, MatchLayout.size), 0);
  }

  #patchesOf(holes: readonly Hole[], at: number): Patch[] {
    let value = 0;
    return holes.map((hole) => {
      const patch = { hole, value, offset: this.#offsetOf(hole, at) };
      value += hole === "source" || hole === "destination" || hole === "translation" ? 2 : 1;
      return patch;
    });
  }

  /** Where in the rule's matches the ports of the hole stand: both ends of a range, one behind the other. */
  #offsetOf(hole: Hole, at: number): number {
    if (hole !== "sourcePort" && hole !== "destinationPort") return 0;
    const matches = this.#matchesOf(at);
    const test = matches.find((match) => {
      const kind = this.#image.get(match, MatchLayout.kind);
      return kind === MatchKind.Tcp || kind === MatchKind.Udp;
    })!;
    const layout = this.#image.get(test, MatchLayout.kind) === MatchKind.Tcp ? TcpTestLayout : UdpTestLayout;
    const field = hole === "sourcePort" ? layout.sourceFrom : layout.destinationFrom;
    return test - matches[0]! + stride(MatchLayout) + field.offset;
  }
}
