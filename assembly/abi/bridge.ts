/** What a bridge does about groups (mcast_snooping). */
export enum Snooping {
  Off = 0,
  /** It reads IGMP and MLD, and sends frames for many to all ports. */
  On = 1,
  /** Somebody asked for members of groups: it would send them to those ports alone that asked for them. */
  Active = 2,
}
