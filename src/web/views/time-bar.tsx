interface Props {
  /** Seconds since the first packet. */
  readonly seconds: number;
  /** When the last packet is. */
  readonly last: number;
  readonly onTime: (seconds: number) => void;
}

/** Virtual time, to be scrubbed through: the list and the tables follow. */
export function TimeBar({ seconds, last, onTime }: Props) {
  const said = `${seconds.toFixed(6)} s`;
  return (
    <label class="time">
      <span>Time</span>
      <input
        type="range"
        min={0}
        max={last}
        step="any"
        value={seconds}
        aria-valuetext={said}
        onInput={(event) => onTime(event.currentTarget.valueAsNumber)}
      />
      <output>{said}</output>
    </label>
  );
}
