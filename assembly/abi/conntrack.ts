/** How a packet relates to its conntrack entry (enum ip_conntrack_info). */
export enum CtInfo {
  Established = 0,
  Related = 1,
  New = 2,
  EstablishedReply = 3,
  RelatedReply = 4,
  Untracked = 7,
}

/** Direction of a packet within its connection. */
export enum Direction {
  Original = 0,
  Reply = 1,
}

/** Status bits of an entry (enum ip_conntrack_status). */
export const IPS_EXPECTED = 0x1;
export const IPS_SEEN_REPLY = 0x2;
export const IPS_ASSURED = 0x4;
export const IPS_CONFIRMED = 0x8;
export const IPS_SRC_NAT = 0x10;
export const IPS_DST_NAT = 0x20;
export const IPS_SEQ_ADJUST = 0x40;
export const IPS_SRC_NAT_DONE = 0x80;
export const IPS_DST_NAT_DONE = 0x100;
export const IPS_DYING = 0x200;
export const IPS_FIXED_TIMEOUT = 0x400;
export const IPS_TEMPLATE = 0x800;
export const IPS_NAT_CLASH = 0x1000;
export const IPS_HELPER = 0x2000;

/** TCP states of conntrack (enum tcp_conntrack). */
export enum TcpState {
  None = 0,
  SynSent = 1,
  SynRecv = 2,
  Established = 3,
  FinWait = 4,
  CloseWait = 5,
  LastAck = 6,
  TimeWait = 7,
  Close = 8,
  SynSent2 = 9,
}

/** SCTP states of conntrack (enum sctp_conntrack). */
export enum SctpState {
  None = 0,
  Closed = 1,
  CookieWait = 2,
  CookieEchoed = 3,
  Established = 4,
  ShutdownSent = 5,
  ShutdownRecd = 6,
  ShutdownAckSent = 7,
  HeartbeatSent = 8,
}

/** DCCP states of conntrack (enum ct_dccp_states). */
export enum DccpState {
  None = 0,
  Request = 1,
  Respond = 2,
  PartOpen = 3,
  Open = 4,
  CloseReq = 5,
  Closing = 6,
  TimeWait = 7,
}

/** Connection tracking helpers that are emulated (net/netfilter/nf_conntrack_{ftp,tftp}.c); 0 is none. */
export enum Helper {
  None = 0,
  Ftp = 1,
  Tftp = 2,
}

/** Why a helper drops a packet, as it says in the log. The first four are of FTP's commands, in the order of `FtpCommand`. */
export enum Complaint {
  PartialPort = 0,
  PartialEprt = 1,
  PartialPasv = 2,
  PartialEpsv = 3,
  CannotExpect = 4,
  PortsInUse = 5,
  CannotMangle = 6,
}

/** The commands and answers of FTP that name an address and a port (RFC 959, RFC 1123, RFC 2428), and TFTP's requests. */
export enum Announcement {
  Port = 0,
  Eprt = 1,
  Pasv = 2,
  Epsv = 3,
  TftpRequest = 4,
}

/** What a helper made of a packet. */
export enum HelperOutcome {
  /** The segment does not begin where a line does: it was not read. */
  NotALine = 0,
  /** It announces nothing. */
  Nothing = 1,
  /** An announcement begins in it and does not go on as it should. */
  Partial = 2,
  /** It announces another address than the sender's: passed over. */
  OtherAddress = 3,
  /** The connection is expected. */
  Expects = 4,
  /** It could not be expected, or the packet not be changed. */
  Refused = 5,
}

/** What happens to a connection and listeners hear of (enum ip_conntrack_events); bit numbers. */
export enum CtEvent {
  New = 0,
  Related = 1,
  Destroy = 2,
  Reply = 3,
  Assured = 4,
  ProtoInfo = 5,
  Helper = 6,
  Mark = 7,
  SeqAdjust = 8,
  SecMark = 9,
  Label = 10,
  SynProxy = 11,
  /** Of what the connection expects: not the kernel's numbers, whose masks of both kinds stand apart. */
  ExpectNew = 14,
  ExpectDestroy = 15,
}

/** Flags of an expectation (NF_CT_EXPECT_*). */
export const EXPECT_PERMANENT = 0x1;
export const EXPECT_INACTIVE = 0x2;
export const EXPECT_USERSPACE = 0x4;

/** What looking over the connection table may find wrong (conntrack/audit). */
export enum ConntrackFault {
  /** A connection is not found under one of its tuples. */
  NotFound = 1,
  /** The table holds more references, or fewer, than the connections have. */
  References = 2,
  /** Lists by source hold others than the connections that NAT has seen. */
  BySource = 4,
  /** Made is not alive and ended. */
  Balance = 8,
}
