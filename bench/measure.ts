/** Something that is timed: `prepare` is not. */
export interface Contender {
  readonly name: string;
  readonly prepare?: () => unknown;
  /** May answer, or promise, its CPU time in nanoseconds, where it ran in another process. */
  readonly run: () => unknown;
}

/** CPU time of a contender, in nanoseconds for one packet (or whatever is counted). */
export interface Measurement {
  readonly name: string;
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

const WARM_UP = 2;

/**
 * CPU time of several contenders that do the same job, taken in turns so that a busy machine hurts all of them alike. The
 * first two rounds are for the compilers and are not counted.
 */
export async function measure(
  contenders: readonly Contender[],
  packets: number,
  rounds: number,
  warmUp = WARM_UP,
): Promise<Measurement[]> {
  const times = contenders.map((): number[] => []);
  for (let round = -warmUp; round < rounds; round++) {
    for (const [i, { prepare, run }] of contenders.entries()) {
      await prepare?.();
      const before = process.cpuUsage();
      const own = await run();
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) times[i]!.push((typeof own === "number" ? own : (user + system) * 1000) / packets);
    }
  }
  return contenders.map(({ name }, i) => summary(name, times[i]!));
}

/** Median and spread of several times. */
export function summary(name: string, times: readonly number[]): Measurement {
  const sorted = [...times].sort((a, b) => a - b);
  return { name, median: sorted[sorted.length >> 1]!, least: sorted[0]!, most: sorted.at(-1)! };
}
