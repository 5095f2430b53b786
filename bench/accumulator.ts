/** Packets that left, and a sum over their first 60 bytes: those who do the same job have the same. */
export interface Checked {
  packets: number;
  accumulator: number;
}

const HEADER_BYTES = 60;

/** Adds a frame of 60 bytes at least. */
export function accumulate(checked: Checked, frame: Uint8Array): void {
  let sum = checked.accumulator;
  for (let i = 0; i < HEADER_BYTES; i += 4) {
    const word = frame[i]! | (frame[i + 1]! << 8) | (frame[i + 2]! << 16) | (frame[i + 3]! << 24);
    sum = Math.imul(sum ^ word, 0x01000193);
  }
  checked.packets++;
  checked.accumulator = sum >>> 0;
}

/** @throws Error when contenders did not make the same packets of the same input: then there is nothing to compare. */
export function compareChecked(all: Readonly<Record<string, Checked | undefined>>): void {
  const known = Object.entries(all).filter((entry): entry is [string, Checked] => entry[1] !== undefined);
  const [first] = known;
  for (const [name, { packets, accumulator }] of known) {
    const [other, wanted] = first!;
    if (packets === wanted.packets && accumulator === wanted.accumulator) continue;
    throw new Error(
      `${name} sent ${packets} packets (sum ${accumulator}), ${other} ${wanted.packets} (sum ${wanted.accumulator}): nothing to compare`,
    );
  }
}
