/** Settings of the node (sysctls and kernel facts). The host writes them before the first packet. */
@unmanaged
export class Config {
  // net.ipv4 / net.ipv6, netfilter-hooks.md section 13
  ipDefaultTtl: u32;
  ipv6HopLimit: u32;
  ipForwardUsePmtu: u32;
  /** Does forwarding set skb->priority from the TOS? */
  ipForwardUpdatePriority: u32;
  /** net.ipv6.conf.all.forwarding itself, which ip6_forward asks beside the device's. */
  ipv6Forwarding: u32;
  fibMultipathHashPolicy: u32;
  fibMultipathUseNeigh: u32;
  ipv6MultipathHashPolicy: u32;
  fwmarkReflect: u32;
  ipv6FwmarkReflect: u32;
  icmpErrorsUseInboundIfaddr: u32;
  /** ICMP rate limit: milliseconds per destination and mask of types. */
  icmpRatelimit: u32;
  icmpRatemask: u32;
  icmpMsgsPerSec: u32;
  icmpMsgsBurst: u32;
  ipv6IcmpRatelimit: u32;
  /** Is a type limited: one bit for each of the 256 ICMPv6 types (net.ipv6.icmp.ratemask). */
  ipv6IcmpRatemask0: u64;
  ipv6IcmpRatemask1: u64;
  ipv6IcmpRatemask2: u64;
  ipv6IcmpRatemask3: u64;
  /** Reassembly: seconds, and bytes of memory beyond which fragments are refused. */
  ipfragTime: u32;
  ipfragHighThresh: u32;
  ipfragMaxDist: u32;
  ip6fragTime: u32;
  ip6fragHighThresh: u32;
  // net.netfilter, conntrack.md section 7; seconds
  conntrackMax: u32;
  /** Buckets of the kernel's table: how near another entry must be to make room for a new one when the table is full. */
  conntrackBuckets: u32;
  conntrackAcct: u32;
  conntrackChecksum: u32;
  conntrackTimestamp: u32;
  /** Expectations that there may be (nf_conntrack_expect_max). */
  expectMax: u32;
  /** net.netfilter.nf_conntrack_events, and whether somebody listens to them. */
  conntrackEvents: u32;
  listensEvents: u32;
  tcpLoose: u32;
  tcpBeLiberal: u32;
  tcpMaxRetrans: u32;
  tcpIgnoreInvalidRst: u32;
  tcpTimeoutSynSent: u32;
  tcpTimeoutSynRecv: u32;
  tcpTimeoutEstablished: u32;
  tcpTimeoutFinWait: u32;
  tcpTimeoutCloseWait: u32;
  tcpTimeoutLastAck: u32;
  tcpTimeoutTimeWait: u32;
  tcpTimeoutClose: u32;
  tcpTimeoutMaxRetrans: u32;
  tcpTimeoutUnacknowledged: u32;
  udpTimeout: u32;
  udpTimeoutStream: u32;
  icmpTimeout: u32;
  icmpv6Timeout: u32;
  greTimeout: u32;
  greTimeoutStream: u32;
  genericTimeout: u32;
  sctpTimeoutClosed: u32;
  sctpTimeoutCookieWait: u32;
  sctpTimeoutCookieEchoed: u32;
  sctpTimeoutEstablished: u32;
  sctpTimeoutShutdownSent: u32;
  sctpTimeoutShutdownRecd: u32;
  sctpTimeoutShutdownAckSent: u32;
  sctpTimeoutHeartbeatSent: u32;
  dccpTimeoutRequest: u32;
  dccpTimeoutRespond: u32;
  dccpTimeoutPartopen: u32;
  dccpTimeoutOpen: u32;
  dccpTimeoutClosereq: u32;
  dccpTimeoutClosing: u32;
  dccpTimeoutTimewait: u32;
  dccpLoose: u32;
  frag6Timeout: u32;
  frag6HighThresh: u32;
  // Modules of helpers: may FTP announce other addresses (nf_conntrack_ftp.loose)? Are nf_nat_ftp and nf_nat_tftp there?
  ftpLoose: u32;
  natFtp: u32;
  natTftp: u32;
  /** Does somebody write what helpers say into the log (nf_log_syslog)? */
  logsHelpers: u32;
  /** Does a rule or IPVS need conntrack in this family (netfilter-hooks.md section 1)? */
  conntrackActive4: u32;
  conntrackActive6: u32;
  /** Are defragmentation hooks on without conntrack (socket, TPROXY)? */
  defragActive4: u32;
  defragActive6: u32;
  // net.ipv4.vs, ipvs.md section 4
  vsConntrack: u32;
  vsConnReuseMode: u32;
  vsExpireNodestConn: u32;
  vsExpireQuiescentTemplate: u32;
  vsSloppyTcp: u32;
  vsSloppySctp: u32;
  vsSnatReroute: u32;
  vsNatIcmpSend: u32;
  vsScheduleIcmp: u32;
  vsCacheBypass: u32;
  vsIgnoreTunneled: u32;
  vsPmtuDisc: u32;
  /** Is ip_vs_ftp loaded? */
  vsFtp: u32;
  vsDropEntry: u32;
  vsDropPacket: u32;
  vsAmDroprate: u32;
  vsSecureTcp: u32;
  vsLblcExpiration: u32;
  vsLblcrExpiration: u32;
  vsRunEstimation: u32;
  /** A backup daemon runs, and takes no requests (backup_only). */
  vsBackupOnly: u32;
  ipUnprivilegedPortStart: u32;
  // how to run
  /** Record every step as an event. */
  record: u32;
  /** Id of the rule whose evaluations are recorded with `record`, for each family; 0 is none. */
  watchedRule4: u32;
  watchedRule6: u32;
  /** Remember table walks (idea 2). */
  pathCache: u32;
  /** Use chain indexes (idea 3). */
  index: u32;
  /** Packets looked at ahead (idea 4); 1 is none. */
  batch: u32;
  /** Check transport checksums as conntrack does; 0 trusts them. */
  verifyChecksums: u32;
  /** Kernel version as major << 8 | minor, and the third number (0 where it is not known). */
  kernelVersion: u32;
  kernelPatch: u32;
}

export const config = changetype<Config>(memory.data(offsetof<Config>(), 8));

/** Where the host writes the settings. */
export function configAddress(): usize {
  return changetype<usize>(config);
}
