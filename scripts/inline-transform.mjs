// Run by the AssemblyScript compiler: functions whose doc comment has the tag @inline are put where they are called, as with
// the compiler's decorator of that name, which neither TypeScript nor the formatter knows before a function.
import { Node } from "assemblyscript";
import { Transform } from "assemblyscript/transform";

export default class InlineTransform extends Transform {
  afterParse(parser) {
    for (const source of parser.sources) {
      for (const statement of source.statements) {
        const { range, signature } = statement;
        if (signature === undefined || !isTagged(source.text.slice(0, range.start))) continue;
        const name = Node.createIdentifierExpression("inline", range);
        statement.decorators = [...(statement.decorators ?? []), Node.createDecorator(name, null, range)];
      }
    }
  }
}

/** Does the text end with a doc comment that has the tag? */
function isTagged(text) {
  const before = text.trimEnd();
  return before.endsWith("*/") && before.slice(before.lastIndexOf("/**")).includes("@inline");
}
