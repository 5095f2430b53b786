/** Route types (include/uapi/linux/rtnetlink.h). */
export enum RouteType {
  Unspec = 0,
  Unicast = 1,
  Local = 2,
  Broadcast = 3,
  Anycast = 4,
  Multicast = 5,
  Blackhole = 6,
  Unreachable = 7,
  Prohibit = 8,
  Throw = 9,
}

/** Scopes of routes and addresses, from wide to narrow. */
export const SCOPE_UNIVERSE = 0;
export const SCOPE_SITE = 200;
export const SCOPE_LINK = 253;
export const SCOPE_HOST = 254;
export const SCOPE_NOWHERE = 255;

/** Numbers of the tables that always exist. */
export const TABLE_DEFAULT = 253;
export const TABLE_MAIN = 254;
export const TABLE_LOCAL = 255;

/** What a route look-up ends with; the error names are those of errno. */
export enum RouteResult {
  /** Delivered to the node itself. */
  Local = 0,
  /** Sent on: forwarded, or leaving the node. */
  Forward = 1,
  /** Broadcast or multicast that the node takes in. */
  Broadcast = 2,
  /** No route (ENETUNREACH): ICMP network unreachable. */
  NetUnreachable = 3,
  /** Route of type unreachable, or forwarding is off (EHOSTUNREACH): ICMP host unreachable. */
  HostUnreachable = 4,
  /** Route of type prohibit (EACCES): ICMP administratively prohibited. */
  Prohibited = 5,
  /** Silent: blackhole, martian address, reverse path filter (EINVAL, EXDEV). */
  Invalid = 6,
  MartianSource = 7,
  MartianDestination = 8,
  ReversePath = 9,
  /** Multicast that no device has joined. */
  NotJoined = 10,
}
