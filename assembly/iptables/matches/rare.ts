import { MatchKind } from "../../abi/rule";
import { Packet } from "../../packet/packet";
import { matchesAh } from "./ah";
import { BpfTest, matchesBpf } from "./bpf";
import { CgroupTest, matchesCgroup } from "./cgroup";
import { ClusterTest, matchesCluster } from "./cluster";
import { ConnbytesTest, matchesConnbytes } from "./connbytes";
import { ConnlabelTest, matchesConnlabel } from "./connlabel";
import { ConnlimitTest, matchesConnlimit } from "./connlimit";
import { DccpTest, matchesDccp } from "./dccp";
import { DevgroupTest, matchesDevgroup } from "./devgroup";
import { matchesTos, TosTest } from "./dscp";
import { EcnTest, matchesEcn } from "./ecn";
import { matchesEsp, matchesIpcomp, SpiTest } from "./esp";
import { matchesEui64 } from "./eui64";
import { FragTest, matchesFrag } from "./frag";
import { HashlimitTest, matchesHashlimit } from "./hashlimit";
import { matchesOptionsHeader, OptionsHeaderTest } from "./hbh";
import { HelperTest, matchesHelper } from "./helper";
import { HopTest, matchesHops } from "./hl";
import { Ipv6headerTest, matchesIpv6header } from "./ipv6header";
import { LengthTest, matchesLength } from "./length";
import { MacTest, matchesMac } from "./mac";
import { MhTest, matchesMh } from "./mh";
import { matchesNfacct, NfacctTest } from "./nfacct";
import { matchesOwner, OwnerTest } from "./owner";
import { matchesPhysdev, PhysdevTest } from "./physdev";
import { matchesPkttype, PkttypeTest } from "./pkttype";
import { matchesQuota, QuotaTest } from "./quota";
import { matchesRateest, RateestTest } from "./rateest";
import { matchesRealm, RealmTest } from "./realm";
import { matchesRpfilter, RpfilterTest } from "./rpfilter";
import { matchesRt, RtTest } from "./rt";
import { matchesSctp, SctpTest } from "./sctp";
import { matchesSrh, SrhTest } from "./srh";
import { matchesString, StringTest } from "./string";
import { matchesTcpmss, TcpmssTest } from "./tcpmss";
import { matchesTime, TimeTest } from "./time";
import { matchesU32, U32Test } from "./u32";

/** A match whose answer is the same for every packet: worked out when the rule is compiled. */
@unmanaged
export class ConstantTest {
  holds: bool;
}

/** The matches that fewer rules have, apart from the others so that the common switch stays short. */
export function matchesRare(packet: Packet, kind: MatchKind, record: usize): bool {
  switch (kind) {
    case MatchKind.Length:
      return matchesLength(packet, changetype<LengthTest>(record));
    case MatchKind.Ttl:
    case MatchKind.Hl:
      return matchesHops(packet, changetype<HopTest>(record));
    case MatchKind.Tos:
    case MatchKind.Dscp:
      return matchesTos(packet, changetype<TosTest>(record));
    case MatchKind.Ecn:
      return matchesEcn(packet, changetype<EcnTest>(record));
    case MatchKind.Mac:
      return matchesMac(packet, changetype<MacTest>(record));
    case MatchKind.Pkttype:
      return matchesPkttype(packet, changetype<PkttypeTest>(record));
    case MatchKind.String:
      return matchesString(packet, changetype<StringTest>(record));
    case MatchKind.U32:
      return matchesU32(packet, changetype<U32Test>(record));
    case MatchKind.Connbytes:
      return matchesConnbytes(packet, changetype<ConnbytesTest>(record));
    case MatchKind.Quota:
      return matchesQuota(packet, changetype<QuotaTest>(record));
    case MatchKind.Hashlimit:
      return matchesHashlimit(packet, changetype<HashlimitTest>(record));
    case MatchKind.Connlimit:
      return matchesConnlimit(packet, changetype<ConnlimitTest>(record));
    case MatchKind.Rpfilter:
      return matchesRpfilter(packet, changetype<RpfilterTest>(record));
    case MatchKind.Time:
      return matchesTime(changetype<TimeTest>(record));
    case MatchKind.Owner:
      return matchesOwner(packet, changetype<OwnerTest>(record));
    case MatchKind.Cgroup:
      return matchesCgroup(packet, changetype<CgroupTest>(record));
    case MatchKind.Physdev:
      return matchesPhysdev(packet, changetype<PhysdevTest>(record));
    case MatchKind.Bpf:
      return matchesBpf(packet, changetype<BpfTest>(record));
    case MatchKind.Cluster:
      return matchesCluster(packet, changetype<ClusterTest>(record));
    case MatchKind.Eui64:
      return matchesEui64(packet);
    case MatchKind.Nfacct:
      return matchesNfacct(packet, changetype<NfacctTest>(record));
    case MatchKind.Rateest:
      return matchesRateest(changetype<RateestTest>(record));
    case MatchKind.Devgroup:
      return matchesDevgroup(changetype<DevgroupTest>(record));
    case MatchKind.Realm:
      return matchesRealm(packet, changetype<RealmTest>(record));
    case MatchKind.Connlabel:
      return matchesConnlabel(packet, changetype<ConnlabelTest>(record));
    case MatchKind.Helper:
      return matchesHelper(packet, changetype<HelperTest>(record));
    case MatchKind.Socket:
    case MatchKind.Cpu:
    case MatchKind.Policy:
    case MatchKind.Osf:
      return changetype<ConstantTest>(record).holds;
    default:
      return matchesHeader(packet, kind, record);
  }
}

/** Matches on headers of single protocols. */
function matchesHeader(packet: Packet, kind: MatchKind, record: usize): bool {
  switch (kind) {
    case MatchKind.Sctp:
      return matchesSctp(packet, changetype<SctpTest>(record));
    case MatchKind.Dccp:
      return matchesDccp(packet, changetype<DccpTest>(record));
    case MatchKind.Tcpmss:
      return matchesTcpmss(packet, changetype<TcpmssTest>(record));
    case MatchKind.Ipv6header:
      return matchesIpv6header(packet, changetype<Ipv6headerTest>(record));
    case MatchKind.Rt:
      return matchesRt(packet, changetype<RtTest>(record));
    case MatchKind.Hbh:
    case MatchKind.Dst:
      return matchesOptionsHeader(packet, changetype<OptionsHeaderTest>(record));
    case MatchKind.Frag:
      return matchesFrag(packet, changetype<FragTest>(record));
    case MatchKind.Ah:
      return matchesAh(packet, changetype<SpiTest>(record));
    case MatchKind.Esp:
      return matchesEsp(packet, changetype<SpiTest>(record));
    case MatchKind.Ipcomp:
      return matchesIpcomp(packet, changetype<SpiTest>(record));
    case MatchKind.Srh:
      return matchesSrh(packet, changetype<SrhTest>(record));
    case MatchKind.Mh:
      return matchesMh(packet, changetype<MhTest>(record));
    default:
      return false;
  }
}
