/** Something that is timed: `prepare` is not. */
export interface Contender {
  readonly name: string;
  readonly prepare?: () => void;
  readonly run: () => void;
}

/** CPU time of a contender, in nanoseconds for one packet. */
export interface Measurement {
  readonly name: string;
  readonly median: number;
  readonly least: number;
}

/**
 * CPU time of several contenders that do the same job, taken in turns so that a busy machine hurts all of them alike. The
 * first two rounds are for the compilers and are not counted.
 */
export function measure(contenders: readonly Contender[], packets: number, rounds: number): Measurement[] {
  const times = contenders.map((): number[] => []);
  for (let round = -2; round < rounds; round++) {
    for (const [i, { prepare, run }] of contenders.entries()) {
      prepare?.();
      const before = process.cpuUsage();
      run();
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) times[i]!.push(((user + system) * 1000) / packets);
    }
  }
  return contenders.map(({ name }, i) => {
    const sorted = times[i]!.sort((a, b) => a - b);
    return { name, median: sorted[sorted.length >> 1]!, least: sorted[0]! };
  });
}
