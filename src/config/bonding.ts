/** The ports of bonds in the order in which they joined, from what /proc/net/bonding/ holds, one file after another. */
export function parseBonding(text: string): string[] {
  return [...text.matchAll(/^Slave Interface: (\S+)$/gm)].map(([, name]) => name!);
}
