import {
  DCCP_TEST_DESTINATION,
  DCCP_TEST_OPTION,
  DCCP_TEST_SOURCE,
  DCCP_TEST_TYPES,
  MatchKind,
} from "../../../assembly/abi/rule.ts";
import { BpfTestLayout, ClusterTestLayout, ConstantTestLayout, DccpTestLayout } from "../../core/layout.generated.ts";
import type { BpfMatch, ClusterMatch, DccpMatch, Eui64Match, OsfMatch, PolicyMatch } from "../../model/match.ts";
import { complaintAboutProgram } from "./bpf-program.ts";
import { refuse } from "./context.ts";
import { type MatchEncoder, matchEncoder, TestBits } from "./encoder.ts";

const INSTRUCTIONS = 8;

export const bpf: MatchEncoder<BpfMatch> = {
  kind: MatchKind.Bpf,
  size: (match) => INSTRUCTIONS + (match.program?.length ?? 0) * 8,
  write: (to, { program }, context) => {
    if (!program) refuse(context, "match bpf --object-pinned is not emulated: the program is not in the rule");
    const complaint = complaintAboutProgram(program);
    if (complaint) refuse(context, `match bpf: ${complaint}`);
    to.set(BpfTestLayout.count, program.length);
    for (const [i, { code, jumpTrue, jumpFalse, k }] of program.entries()) {
      const at = to.at + INSTRUCTIONS + i * 8;
      to.image.setUint16(at, code);
      to.image.setUint16(at + 2, jumpTrue | (jumpFalse << 8));
      to.image.setUint32(at + 4, k);
    }
  },
};

export const cluster = matchEncoder<ClusterMatch>(MatchKind.Cluster, ClusterTestLayout, (to, match) => {
  to.set(ClusterTestLayout.totalNodes, match.total);
  to.set(ClusterTestLayout.nodeMask, match.nodes.value);
  to.set(ClusterTestLayout.seed, match.seed);
  to.set(ClusterTestLayout.invert, match.nodes.invert);
});

export const dccp = matchEncoder<DccpMatch>(MatchKind.Dccp, DccpTestLayout, (to, match) => {
  const layout = DccpTestLayout;
  const collected = new TestBits();
  const source = collected.add(DCCP_TEST_SOURCE, match.sourcePort);
  if (source) {
    to.set(layout.sourceFrom, source.from);
    to.set(layout.sourceTo, source.to);
  }
  const destination = collected.add(DCCP_TEST_DESTINATION, match.destinationPort);
  if (destination) {
    to.set(layout.destinationFrom, destination.from);
    to.set(layout.destinationTo, destination.to);
  }
  to.set(layout.types, collected.add(DCCP_TEST_TYPES, match.types) ?? 0);
  to.set(layout.option, collected.add(DCCP_TEST_OPTION, match.option) ?? 0);
  to.set(layout.tests, collected.tests);
  to.set(layout.inverted, collected.inverted);
});

export const eui64: MatchEncoder<Eui64Match> = { kind: MatchKind.Eui64, size: () => 0, write: () => {} };

/** XFRM is not emulated: no packet was decrypted or will be encrypted (net/netfilter/xt_policy.c without a secpath). */
export const policy = matchEncoder<PolicyMatch>(MatchKind.Policy, ConstantTestLayout, (to, match) => {
  to.set(ConstantTestLayout.holds, match.none);
});

/** No fingerprints are loaded: none fits, whether the rule says `!` or not (nf_osf_match, net/netfilter/nfnetlink_osf.c). */
export const osf = matchEncoder<OsfMatch>(MatchKind.Osf, ConstantTestLayout, (to) => {
  to.set(ConstantTestLayout.holds, false);
});
