/**
 * Steps of a path. A step is one u32: the kind in the upper 4 bits, what it names in the lower 28. Steps name rules,
 * services and servers, never tuples, ports or marks, so that packets treated alike share one path.
 */
export enum StepKind {
  /** A hook list begins: payload is {@link hookStep}. */
  Hook = 1,
  /** A walk through a table that was seen before: payload is the number of the remembered walk. */
  TableWalk = 2,
  /** Conntrack attached an entry: payload is the CtInfo, or 15 for INVALID. */
  Conntrack = 3,
  /** NAT rewrote the packet: payload is 0 source, 1 destination. */
  Nat = 4,
  /** IPVS found or chose: payload is the number of the server (0: a service without a usable server). */
  IpvsServer = 5,
  /** IPVS looked up a service: payload is its number. */
  IpvsService = 6,
  /** Routing decided: payload is the RouteResult. */
  Route = 7,
  /** The walk ended: payload is fate << 8 | reason. */
  End = 8,
}

/** Events in the core's event buffer; each record begins with an EventHeader. */
export enum EventKind {
  /** A rule matched (TRACE's `rule`). */
  Rule = 1,
  /** A user chain returned at its end, or by RETURN in a rule that is reported as Rule. */
  Return = 2,
  /** The policy of a built-in chain decided. */
  Policy = 3,
  /** LOG wrote a line. */
  Log = 4,
  /** NAT set up a binding or rewrote the packet. */
  Nat = 5,
  /** Conntrack attached an entry (or none). */
  Conntrack = 6,
  /** Routing decided. */
  Route = 7,
  /** IPVS handled the packet. */
  Ipvs = 8,
  /** The packet, or one that it caused, ended. */
  End = 9,
  /** A hook list begins. */
  Hook = 10,
  /** The core met something that it does not emulate; payload is an Unsupported number. */
  Unsupported = 11,
  /** The watched rule was evaluated; detail is the `Condition` that failed. */
  Evaluated = 12,
  /** A match of a rule before the watched one dropped the packet. */
  Hotdrop = 13,
  /** A conntrack helper drops the packet, and says so in the log; subject is the `Helper` << 8 | `Complaint`. */
  HelperLog = 14,
  /** An IPVS scheduler chose; subject is the service, data an `IpvsDecision` and its candidates. */
  IpvsChoice = 15,
  /** An IPVS template was found; subject is the service, detail the server << 1, and 1 if it is used. */
  IpvsTemplate = 16,
  /**
   * A connection came, changed or went: subject is a bit for each `CtEvent`, detail 1 when a command did it, and the data is an
   * `EntryRecord`.
   */
  Connection = 17,
  /** A connection is expected (subject 1), or no longer (0); the data is an `ExpectationRecord`. */
  Expectation = 18,
  /** A helper has read the packet: subject is the `HelperOutcome`, the data a `HelperFinding`. */
  Helper = 19,
  /** Sequence numbers were shifted, as NAT had changed lengths before: the data is a `SequenceShift`. */
  SequenceShift = 20,
}

/** Things that the core counts as differences when it meets them. */
export enum Unsupported {
  /** A match needed bytes that the capture did not keep. */
  MissingBytes = 1,
  /** A helper would have parsed this packet. */
  Helper = 2,
  /** A neighbour is unknown: the frame leaves with destination 00:00:00:00:00:00. */
  Neighbour = 3,
  /** The packet left through a tunnel, and is shown as it enters it. */
  Tunnel = 4,
  /** The frame left through a bond, and nobody knows through which of its ports. */
  BondPort = 5,
  /** A bridge that keeps lists of sources sent the frame to all ports; Linux does it to those alone that asked for it. */
  GroupPorts = 6,
}
