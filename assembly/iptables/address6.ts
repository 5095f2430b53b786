import { load16, load32 } from "../packet/bytes";

/** Classes of IPv6 addresses, as __ipv6_addr_type() tells them (net/ipv6/addrconf_core.c). Addresses lie as in packets. */
export function isMulticast6(address: usize): bool {
  return load<u8>(address) == 0xff;
}

export function isUnspecified6(address: usize): bool {
  return (load<u64>(address) | load<u64>(address, 8)) == 0;
}

/** Neither multicast, nor unspecified, nor an IPv4 address mapped into IPv6. */
export function isUnicast6(address: usize): bool {
  return !isMulticast6(address) && !isUnspecified6(address) && !isMapped6(address);
}

export function isMapped6(address: usize): bool {
  return load<u64>(address) == 0 && load32(address + 8) == 0xffff;
}

export const SCOPE6_LOOPBACK: u32 = 0x10;
export const SCOPE6_LINK: u32 = 0x20;
export const SCOPE6_SITE: u32 = 0x40;

/** ipv6_addr_scope(): one of `SCOPE6_*`, 0 for global. */
export function scopeOf6(address: usize): u32 {
  if (isMulticast6(address)) return multicastScope(load<u8>(address, 1) & 15);
  const word = load16(address);
  if ((word & 0xffc0) == 0xfe80) return SCOPE6_LINK;
  if ((word & 0xffc0) == 0xfec0) return SCOPE6_SITE;
  const isLoopback = load<u64>(address) == 0 && load32(address + 8) == 0 && load32(address + 12) == 1;
  return isLoopback ? SCOPE6_LOOPBACK : 0;
}

/** ipv6_addr_scope2type(). */
function multicastScope(scope: u32): u32 {
  if (scope == 1) return SCOPE6_LOOPBACK;
  if (scope == 2) return SCOPE6_LINK;
  return scope == 5 ? SCOPE6_SITE : 0;
}
