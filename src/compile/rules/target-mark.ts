import { CtEvent, type Helper } from "../../../assembly/abi/conntrack.ts";
import { ConnmarkMode, TargetKind } from "../../../assembly/abi/rule.ts";
import { maskOf } from "../../config/address.ts";
import {
  ConnmarkActionLayout,
  CtActionLayout,
  HmarkActionLayout,
  MarkActionLayout,
} from "../../core/layout.generated.ts";
import type { ConnmarkTarget, CtTarget, HmarkTarget, MarkTarget, NotrackTarget } from "../../model/target.ts";
import { HELPERS } from "../helper.ts";
import { type RuleContext, refuse } from "./context.ts";
import { targetEncoder } from "./encoder.ts";

export const mark = targetEncoder<MarkTarget>(TargetKind.Mark, MarkActionLayout, (to, target) => {
  to.set(MarkActionLayout.value, target.value);
  to.set(MarkActionLayout.mask, target.mask);
});

export const hmark = targetEncoder<HmarkTarget>(TargetKind.Hmark, HmarkActionLayout, (to, target, { family }) => {
  const layout = HmarkActionLayout;
  to.bytes(layout.sourceMask0, maskOf(family, target.sourcePrefix));
  to.bytes(layout.destinationMask0, maskOf(family, target.destinationPrefix));
  to.bytes(layout.portMask, bigEndian(target.portMask));
  to.bytes(layout.portSet, bigEndian(target.portSet));
  to.set(layout.protocolMask, target.protocolMask);
  to.set(layout.seed, target.seed);
  to.set(layout.modulus, target.modulus);
  to.set(layout.offset, target.offset);
  to.set(layout.useConnection, target.useConnection);
});

function bigEndian(value: number): Uint8Array {
  return new Uint8Array([value >>> 24, value >>> 16, value >>> 8, value]);
}

const MODES: Readonly<Record<ConnmarkTarget["mode"], ConnmarkMode>> = {
  set: ConnmarkMode.Set,
  save: ConnmarkMode.Save,
  restore: ConnmarkMode.Restore,
};

export const connmark = targetEncoder<ConnmarkTarget>(TargetKind.Connmark, ConnmarkActionLayout, (to, target) => {
  const layout = ConnmarkActionLayout;
  to.set(layout.value, target.value);
  to.set(layout.ctMask, target.ctMask);
  to.set(layout.nfMask, target.nfMask);
  to.set(layout.mode, MODES[target.mode]);
  to.set(layout.shiftBits, target.shift?.bits ?? 0);
  to.set(layout.shiftRight, target.shift?.direction === "right");
});

export const notrack = targetEncoder<NotrackTarget>(TargetKind.Notrack, CtActionLayout, (to) => {
  to.set(CtActionLayout.notrack, true);
});

function helperNumber(name: string, context: RuleContext): Helper {
  const known = [...HELPERS.keys()].join(" and ");
  return HELPERS.get(name) ?? refuse(context, `CT --helper ${name}: of helpers only ${known} are emulated`);
}

const EVENTS: ReadonlyMap<string, CtEvent> = new Map([
  ["new", CtEvent.New],
  ["related", CtEvent.Related],
  ["destroy", CtEvent.Destroy],
  ["reply", CtEvent.Reply],
  ["assured", CtEvent.Assured],
  ["protoinfo", CtEvent.ProtoInfo],
  ["helper", CtEvent.Helper],
  ["mark", CtEvent.Mark],
]);

function eventBits(names: readonly string[] = []): number {
  return names.reduce((bits, name) => bits | (1 << EVENTS.get(name)!), 0);
}

const ZONE_DIRECTIONS = { orig: 1, reply: 2, both: 3 } as const;

export const ct = targetEncoder<CtTarget>(TargetKind.Ct, CtActionLayout, (to, target, context) => {
  const layout = CtActionLayout;
  if (target.helper !== undefined) to.set(layout.helper, helperNumber(target.helper, context));
  if (target.timeoutPolicy !== undefined) {
    refuse(
      context,
      `CT --timeout ${target.timeoutPolicy}: the numbers of a timeout policy are not part of the saved state`,
    );
  }
  const expectBits = target.expectEvents ? 1 << CtEvent.ExpectNew : 0;
  to.set(layout.events, eventBits(target.events) | expectBits);
  to.set(layout.notrack, target.notrack);
  to.set(layout.zoneFromMark, target.zone === "mark");
  if (typeof target.zone === "number") to.set(layout.zone, target.zone);
  to.set(layout.zoneDirections, ZONE_DIRECTIONS[target.zoneDirection ?? "both"]);
});
