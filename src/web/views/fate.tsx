import type { Verdict } from "../../index.ts";

/** A sign for each fate, so that none depends on its colour. */
const SIGNS: Readonly<Record<Verdict["fate"], string>> = {
  sent: "→",
  delivered: "●",
  dropped: "✕",
  waiting: "…",
  ignored: "○",
};

/** A fate in its colour, with its sign and in its word. */
export function Fate({ fate }: { fate: Verdict["fate"] | undefined }) {
  return (
    <span class={`fate ${fate ?? "none"}`}>
      <span aria-hidden="true">{fate ? SIGNS[fate] : "–"}</span> {fate ?? "no input"}
    </span>
  );
}
