import { TargetKind } from "../../../assembly/abi/rule.ts";
import {
  SET_QUERY_EXIST,
  SET_QUERY_MAP_MARK,
  SET_QUERY_MAP_PRIORITY,
  SET_QUERY_MAP_QUEUE,
} from "../../../assembly/abi/set-query.ts";
import { RejectActionLayout, SetQueryLayout, SetTargetRecordLayout } from "../../core/layout.generated.ts";
import type { Field } from "../../core/record.ts";
import type { RejectTarget, SetOperation, SetTarget } from "../../model/target.ts";
import { refuse } from "./context.ts";
import { targetEncoder } from "./encoder.ts";
import { RecordWriter } from "./image.ts";
import { writeSetQuery } from "./match-set.ts";

/** Codes of ICMP and ICMPv6 destination unreachable by the name that REJECT prints. */
const CODES: Readonly<Record<string, number>> = {
  "icmp-net-unreachable": 0,
  "icmp-host-unreachable": 1,
  "icmp-proto-unreachable": 2,
  "icmp-port-unreachable": 3,
  "icmp-net-prohibited": 9,
  "icmp-host-prohibited": 10,
  "icmp-admin-prohibited": 13,
  "icmp6-no-route": 0,
  "icmp6-adm-prohibited": 1,
  "icmp6-not-neighbour": 2,
  "icmp6-addr-unreachable": 3,
  "icmp6-port-unreachable": 4,
  "icmp6-policy-fail": 5,
  "icmp6-reject-route": 6,
};

export const reject = targetEncoder<RejectTarget>(TargetKind.Reject, RejectActionLayout, (to, target, context) => {
  to.set(RejectActionLayout.tcpReset, target.with === "tcp-reset");
  if (target.with === "tcp-reset") return;
  const code = CODES[target.with];
  if (code === undefined) refuse(context, `REJECT --reject-with ${target.with} is not known`);
  to.set(RejectActionLayout.code, code);
});

export const set = targetEncoder<SetTarget>(TargetKind.Set, SetTargetRecordLayout, (to, target, context) => {
  const query = (field: Field, operation: SetOperation | undefined, flags: number, timeout?: number): void => {
    if (!operation) return;
    const record = to.image.reserve(SetQueryLayout.byteLength);
    to.point(field, record);
    writeSetQuery(new RecordWriter(to.image, record), context, { ...operation, flags, timeout });
  };
  query(SetTargetRecordLayout.add, target.add, target.exist ? SET_QUERY_EXIST : 0, target.timeout);
  query(SetTargetRecordLayout.remove, target.delete, 0);
  let map = 0;
  if (target.mapMark) map |= SET_QUERY_MAP_MARK;
  if (target.mapPriority) map |= SET_QUERY_MAP_PRIORITY;
  if (target.mapQueue) map |= SET_QUERY_MAP_QUEUE;
  query(SetTargetRecordLayout.map, target.map, map);
});
