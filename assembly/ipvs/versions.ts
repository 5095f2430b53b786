import { config } from "../packet/config";

const KERNEL_6_1: u32 = (6 << 8) | 1;

/**
 * Does the FTP helper refuse numbers that are too large, and judge checksums of IPv6 as conntrack does? 6.1.192 does, 6.1.176
 * does not; stable kernels of other versions are taken to be as 6.1.176.
 */
export function checksFtpWell(): bool {
  return config.kernelVersion == KERNEL_6_1 && config.kernelPatch >= 192;
}
