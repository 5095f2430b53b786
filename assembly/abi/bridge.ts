/** What a bridge does about groups (mcast_snooping). */
export enum Snooping {
  Off = 0,
  /** It reads IGMP and MLD; once somebody asks for members, frames go to those ports alone that asked for them. */
  On = 1,
}

/** Are there multicast routers behind a port or the bridge itself (mcast_router; MDB_RTR_TYPE_*)? */
export enum RouterPort {
  Never = 0,
  /** As long as it hears from them. */
  Learned = 1,
  Always = 2,
  /** Learned, and taken for one to begin with. */
  Temporary = 3,
}
