/** What a bridge read in a frame for many. */
export enum Snooped {
  /** It is dropped. */
  Broken,
  /** It goes to all, as everything for the groups that all belong to. */
  Plain,
  /** It goes to those who asked for its group, and to routers. */
  ForMembers,
  /** About groups, and for all. */
  Message,
  /** About groups, and for routers. */
  ForRouters,
}
