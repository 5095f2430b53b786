import {
  NAT_RANGE_MAP_IPS,
  NAT_RANGE_PERSISTENT,
  NAT_RANGE_PROTO_OFFSET,
  NAT_RANGE_PROTO_RANDOM,
  NAT_RANGE_PROTO_RANDOM_FULLY,
  NAT_RANGE_PROTO_SPECIFIED,
} from "../../../assembly/abi/nat.ts";
import { TargetKind } from "../../../assembly/abi/rule.ts";
import { NatRangeLayout } from "../../core/layout.generated.ts";
import type { MasqueradeTarget, NatTarget, NetmapTarget } from "../../model/target.ts";
import { type TargetEncoder, targetEncoder } from "./encoder.ts";
import type { RecordWriter } from "./image.ts";

interface PortRange {
  readonly from: number;
  readonly to: number;
  readonly base?: number;
}

function writePorts(to: RecordWriter, ports: PortRange | undefined): number {
  if (!ports) return 0;
  to.set(NatRangeLayout.minPort, ports.from);
  to.set(NatRangeLayout.maxPort, ports.to);
  if (ports.base === undefined) return NAT_RANGE_PROTO_SPECIFIED;
  to.set(NatRangeLayout.basePort, ports.base);
  return NAT_RANGE_PROTO_SPECIFIED | NAT_RANGE_PROTO_OFFSET;
}

function randomFlags(target: { readonly random: boolean; readonly randomFully: boolean }): number {
  return (target.random ? NAT_RANGE_PROTO_RANDOM : 0) | (target.randomFully ? NAT_RANGE_PROTO_RANDOM_FULLY : 0);
}

function natEncoder(kind: TargetKind): TargetEncoder<NatTarget> {
  return targetEncoder<NatTarget>(kind, NatRangeLayout, (to, target) => {
    let flags = writePorts(to, target.ports) | randomFlags(target);
    if (target.persistent) flags |= NAT_RANGE_PERSISTENT;
    if (target.addresses) {
      flags |= NAT_RANGE_MAP_IPS;
      to.bytes(NatRangeLayout.min0, target.addresses.from);
      to.bytes(NatRangeLayout.max0, target.addresses.to);
    }
    to.set(NatRangeLayout.flags, flags);
  });
}

export const dnat = natEncoder(TargetKind.Dnat);
export const snat = natEncoder(TargetKind.Snat);

function ownAddressEncoder(kind: TargetKind): TargetEncoder<MasqueradeTarget> {
  return targetEncoder<MasqueradeTarget>(kind, NatRangeLayout, (to, target) => {
    to.set(NatRangeLayout.flags, writePorts(to, target.ports) | randomFlags(target));
  });
}

export const masquerade = ownAddressEncoder(TargetKind.Masquerade);
export const redirect = ownAddressEncoder(TargetKind.Redirect);

/** The range runs from the network's first to its last address. */
export const netmap = targetEncoder<NetmapTarget>(TargetKind.Netmap, NatRangeLayout, (to, target) => {
  const { address, mask } = target.to;
  to.bytes(NatRangeLayout.min0, address);
  to.bytes(
    NatRangeLayout.max0,
    address.map((byte, i) => byte | (~mask[i]! & 0xff)),
  );
  to.set(NatRangeLayout.flags, NAT_RANGE_MAP_IPS);
});
