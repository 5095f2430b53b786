import { config } from "../packet/config";

/** Where connection tracking and NAT differ between kernels (spec netfilter.md section 3). The default is 6.1. */
const KERNEL_6_1: u32 = (6 << 8) | 1;
const KERNEL_6_12: u32 = (6 << 8) | 12;
const KERNEL_6_18: u32 = (6 << 8) | 18;

/** DNAT into a port range begins at its lowest port, not at a random one. */
export function beginsAtLowestPort(): bool {
  return config.kernelVersion >= KERNEL_6_12;
}

/** A source port whose last connection is over may be taken from it. */
export function takesOverClosed(): bool {
  return config.kernelVersion >= KERNEL_6_12;
}

/** A reset that leaves the connection ESTABLISHED gives it tcp_timeout_unacknowledged, not tcp_timeout_close. */
export function keepsAfterReset(): bool {
  return config.kernelVersion >= KERNEL_6_12 && config.kernelVersion < KERNEL_6_18;
}

/** DCCP is tracked by its ports and states. */
export function tracksDccp(): bool {
  return config.kernelVersion < KERNEL_6_18;
}

/**
 * Stable kernels for a while gave the helper of the master to every connection that it expected, until expectations told the
 * one that they were made by from the one that they assign. Measured at 6.1.176; 6.1.192 has it no more.
 */
export function inheritsHelper(): bool {
  return config.kernelVersion == KERNEL_6_1 && config.kernelPatch >= 176 && config.kernelPatch < 192;
}
