// Pages of the site are called by their headings, not by their files' names.
import { Converter } from "typedoc";

/** @param {import("typedoc").Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
    const [first] = document.content;
    const heading = first?.kind === "text" ? /^# (.+)$/m.exec(first.text) : undefined;
    if (heading) document.name = heading[1];
  });
}
