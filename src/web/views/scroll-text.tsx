/** Text as a tool prints it, with its own scroll bars. */
export function ScrollText({ label, text }: { label: string; text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section class="scroll-text" aria-label={label} tabIndex={0}>
      <pre>{text}</pre>
    </section>
  );
}
