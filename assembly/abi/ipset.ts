/** Set types of ipset. */
export enum SetType {
  BitmapIp = 1,
  BitmapIpMac = 2,
  BitmapPort = 3,
  HashIp = 4,
  HashMac = 5,
  HashIpMac = 6,
  HashIpMark = 7,
  HashIpPort = 8,
  HashIpPortIp = 9,
  HashIpPortNet = 10,
  HashNet = 11,
  HashNetNet = 12,
  HashNetPort = 13,
  HashNetPortNet = 14,
  HashNetIface = 15,
  ListSet = 16,
}

/** What adding or removing a member answers (enum ipset_errno, include/uapi/linux/netfilter/ipset/ip_set.h). */
export enum SetResult {
  Ok = 0,
  /** IPSET_ERR_EXIST: it is there already (add), or it is not there (del). */
  Exist = 1,
  /** IPSET_ERR_HASH_FULL: the set holds as many members as it may. */
  Full = 2,
  /** EAGAIN: the bucket is full; only a command from outside makes the table grow. */
  BucketFull = 3,
  /** IPSET_ERR_HASH_ELEM: a zero address or MAC cannot be stored. */
  NullElement = 4,
  /** IPSET_ERR_BITMAP_RANGE: outside of the set's range. */
  OutOfRange = 5,
  /** IPSET_ERR_REF_EXIST: the set that `before` or `after` names is not in the list. */
  NoReference = 6,
  /** The packet has no such element: no port, no MAC, no interface. */
  NoElement = 7,
  /** IPSET_ERR_TYPE_MISMATCH: too few directions, or the other family. */
  TypeMismatch = 8,
  /** IPSET_ERR_INVALID_CIDR. */
  InvalidPrefix = 9,
}

// What a set keeps beside its members (IPSET_FLAG_WITH_*).
export const SET_WITH_TIMEOUT = 1;
export const SET_WITH_COUNTERS = 2;
export const SET_WITH_COMMENTS = 4;
export const SET_WITH_SKBINFO = 8;
export const SET_WITH_FORCEADD = 16;

// Flags of a member as host and core exchange it.
export const MEMBER_NOMATCH = 1;
export const MEMBER_PHYSDEV = 2;
export const MEMBER_WILDCARD = 4;
/** It has a MAC (bitmap:ip,mac may lack it). */
export const MEMBER_MAC = 8;
/** `timeout`, `packets` and `bytes` were given. */
export const MEMBER_TIMEOUT = 16;
export const MEMBER_PACKETS = 32;
export const MEMBER_BYTES = 64;
/** list:set: `reference` names the set that it comes before, or after. */
export const MEMBER_BEFORE = 128;
export const MEMBER_AFTER = 256;
