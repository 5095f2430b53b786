/** Letters of a command line's short options, which may share a word. */
export function shortLetters(words: readonly string[]): Set<string> {
  const letters = new Set<string>();
  for (const word of words) if (/^-[a-zA-Z0-9]+$/.test(word)) for (const letter of word.slice(1)) letters.add(letter);
  return letters;
}
