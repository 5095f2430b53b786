export const RULES_PAGE = "is-ipvs-built-on-iptables.md";
const FIRST = "<!-- rules: written by npm run docs:rules -->";
const LAST = "<!-- /rules -->";

/** The page with another table between its marks. */
export function replaceRules(page: string, table: string): string {
  const [begin, end] = bounds(page);
  return `${page.slice(0, begin)}\n\n${table}\n\n${page.slice(end)}`;
}

/** The rows of the page's table, each as the cells between its bars. */
export function readRules(page: string): string[] {
  const [begin, end] = bounds(page);
  return page.slice(begin, end).trim().split("\n");
}

function bounds(page: string): [begin: number, end: number] {
  const begin = page.indexOf(FIRST);
  const end = page.indexOf(LAST);
  if (begin < 0 || end < begin) throw new Error(`the page has no ${FIRST} ... ${LAST}`);
  return [begin + FIRST.length, end];
}
