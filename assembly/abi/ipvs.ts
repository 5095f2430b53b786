/** Forwarding methods of IPVS: the low bits of a connection's flags (include/uapi/linux/ip_vs.h). */
export enum ForwardMethod {
  Masq = 0,
  LocalNode = 1,
  Tunnel = 2,
  DirectRoute = 3,
  Bypass = 4,
}

/** Flags of a connection (IP_VS_CONN_F_*). */
export const CONN_F_FWD_MASK = 0x7;
export const CONN_F_NOOUTPUT = 0x80;
export const CONN_F_INACTIVE = 0x100;
export const CONN_F_NO_CPORT = 0x800;
export const CONN_F_TEMPLATE = 0x1000;
export const CONN_F_ONE_PACKET = 0x2000;
export const CONN_F_NFCT = 0x10000;

/** Schedulers; `ipvsadm -s` names them in lower case. */
export enum Scheduler {
  None = 0,
  Rr = 1,
  Wrr = 2,
  Lc = 3,
  Wlc = 4,
  Lblc = 5,
  Lblcr = 6,
  Dh = 7,
  Sh = 8,
  Sed = 9,
  Nq = 10,
  Fo = 11,
  Ovf = 12,
  Mh = 13,
  Twos = 14,
}

/** Flags of a service (IP_VS_SVC_F_*). */
export const SVC_F_PERSISTENT = 0x1;
export const SVC_F_HASHED = 0x2;
export const SVC_F_ONEPACKET = 0x4;
export const SVC_F_SCHED1 = 0x8;
export const SVC_F_SCHED2 = 0x10;
export const SVC_F_SCHED3 = 0x20;

/** TCP states of IPVS. */
export enum IpvsTcpState {
  None = 0,
  Established = 1,
  SynSent = 2,
  SynRecv = 3,
  FinWait = 4,
  TimeWait = 5,
  Close = 6,
  CloseWait = 7,
  LastAck = 8,
  Listen = 9,
  SynAck = 10,
}

/** How a tunnel to a server is made. */
export enum TunnelType {
  Ipip = 0,
  Gue = 1,
  Gre = 2,
}

export const TUNNEL_CSUM = 0x1;
export const TUNNEL_REMCSUM = 0x2;
