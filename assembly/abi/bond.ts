/** How a bond chooses the port for a frame (BOND_MODE_*, include/uapi/linux/if_bonding.h). */
export enum BondMode {
  /** Nobody can tell: by load (balance-tlb, balance-alb), or the node does not say. */
  Unknown = 0,
  RoundRobin = 1,
  ActiveBackup = 2,
  /** balance-xor and 802.3ad: by a hash of the frame. */
  Hash = 3,
  Broadcast = 4,
}

/** What a bond's hash is of (BOND_XMIT_POLICY_*). */
export enum BondPolicy {
  Layer2 = 0,
  Layer23 = 1,
  Layer34 = 2,
  VlanSourceMac = 3,
}
