import { useState } from "preact/hooks";
import type { BenchResult } from "../session/shown.ts";
import { worker } from "../worker-client.ts";

const PACKETS = 200_000;
const REPETITIONS = 5;

/** How fast this browser is: made-up traffic of 1,000 conversations through a small firewall. */
export function BenchView() {
  const [results, setResults] = useState<readonly BenchResult[]>();
  const [isRunning, setIsRunning] = useState(false);
  const measure = async () => {
    setIsRunning(true);
    setResults(await worker.bench(PACKETS, REPETITIONS));
    setIsRunning(false);
  };
  return (
    <div class="bench">
      <h2>How fast is it in this browser?</h2>
      <p>
        {PACKETS.toLocaleString("en")} packets of 1,000 conversations through a firewall of three rules with connection
        tracking, {REPETITIONS} times over; reading the capture is part of it.
      </p>
      <button type="button" class="primary" disabled={isRunning} onClick={() => void measure()}>
        {isRunning ? "Measuring…" : "Measure"}
      </button>
      {results && (
        <table>
          <thead>
            <tr>
              <th>What</th>
              <th class="number">Median, ns a packet</th>
              <th class="number">From</th>
              <th class="number">To</th>
              <th class="number">Million packets a second</th>
            </tr>
          </thead>
          <tbody>
            {results.map((result) => (
              <Result result={result} />
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function Result({ result: { name, packets, tookMs } }: { result: BenchResult }) {
  const sorted = tookMs.map((ms) => (ms * 1e6) / packets).toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)]!;
  return (
    <tr>
      <td>{name}</td>
      <td class="number">{median.toFixed(0)}</td>
      <td class="number">{sorted[0]!.toFixed(0)}</td>
      <td class="number">{sorted.at(-1)!.toFixed(0)}</td>
      <td class="number">{(1000 / median).toFixed(1)}</td>
    </tr>
  );
}
