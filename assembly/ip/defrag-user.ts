/** Who reassembles: queues are kept apart (enum ip_defrag_users). */
export enum DefragUser {
  /** The IP stack, at local delivery. */
  Local = 0,
  ConntrackIn = 1,
  ConntrackOut = 2,
  IpvsIn = 3,
  IpvsOut = 4,
  IpvsForward = 5,
}
