import { allocate, release } from "../../memory/allocate";
import { IpvsServer } from "../server";
import { IpvsService } from "../service";
import { gcd } from "./weights";

/** wrr (net/netfilter/ipvs/ip_vs_wrr.c): servers of at least the current weight take turns, then the weight sinks. */
@unmanaged
export class WrrState {
  /** Server chosen last, or the ring's head. */
  current: IpvsServer;
  weight: i32;
  maximum: i32;
  /** By how much the weight sinks. */
  step: i32;
}

export function initWrr(service: IpvsService): void {
  const state = changetype<WrrState>(allocate(offsetof<WrrState>()));
  service.schedulerState = changetype<usize>(state);
  measure(service, state);
  state.weight = state.maximum;
}

export function doneWrr(service: IpvsService): void {
  release(service.schedulerState);
}

/** After each addition, removal and edit. The current weight survives where it can. */
export function wrrChanged(service: IpvsService): void {
  const state = changetype<WrrState>(service.schedulerState);
  measure(service, state);
  if (state.weight > state.maximum || state.weight == 0) state.weight = state.maximum;
  else if (state.step > 1) state.weight = (state.weight / state.step) * state.step + 1;
}

function measure(service: IpvsService, state: WrrState): void {
  let divisor: i32 = 0;
  let largest: i32 = 0;
  for (let server = service.first; server !== service.head; server = server.next) {
    const weight = server.weight;
    if (weight <= 0) continue;
    divisor = divisor > 0 ? gcd(weight, divisor) : weight;
    if (weight > largest) largest = weight;
  }
  state.current = service.head;
  state.step = divisor != 0 ? divisor : 1;
  state.maximum = largest - (state.step - 1);
}

export function pickWrr(service: IpvsService): IpvsServer | null {
  const state = changetype<WrrState>(service.schedulerState);
  if (state.maximum == 0) return null;
  const head = service.head;
  const last = state.current;
  let stop = changetype<IpvsServer>(0);
  let lastPass = false;
  let restarted = false;
  let server = last;
  while (true) {
    server = server.next;
    while (server !== head) {
      if (!server.overloaded && server.weight >= state.weight) {
        state.current = server;
        return server;
      }
      if (server === stop) {
        state.current = server;
        return null;
      }
      server = server.next;
    }
    state.weight -= state.step;
    if (state.weight <= 0) {
      state.weight = state.maximum;
      if (lastPass || last === head) break;
      restarted = true;
    }
    lastPass = state.weight <= state.step;
    // The first pass for weight 1 only saw the servers behind the last one: look at the others, too.
    if (lastPass && restarted && last !== head) stop = last;
  }
  state.current = server;
  return null;
}
