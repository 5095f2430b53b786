// Run by the AssemblyScript compiler: writes the offsets of every @unmanaged class of the core for the host.
// It reads the compiler's own data structures, so package.json pins the compiler's exact version.
import { Transform } from "assemblyscript/transform";

export default class LayoutTransform extends Transform {
  afterCompile() {
    const lines = [
      "// Generated from the @unmanaged classes in assembly/ by scripts/layout-transform.mjs. Do not edit.",
    ];
    const classes = [...this.program.instancesByName].filter(
      ([path, element]) =>
        path.startsWith("assembly/") && element.nextMemoryOffset !== undefined && element.type.isUnmanaged,
    );
    classes.sort(([a], [b]) => (a < b ? -1 : 1));
    const seen = new Map();
    for (const [path, { name, nextMemoryOffset, members }] of classes) {
      if (seen.has(name)) throw new Error(`two unmanaged classes are called ${name}: ${seen.get(name)} and ${path}`);
      seen.set(name, path);
      lines.push("", `export const ${name}Layout = {`, `  byteLength: ${nextMemoryOffset},`);
      for (const [field, { instance }] of members) {
        if (!(instance?.memoryOffset >= 0)) continue; // a method or an accessor
        const type = instance.type.toString().endsWith("usize") ? "usize" : instance.type.toString();
        lines.push(`  ${field}: { offset: ${instance.memoryOffset}, type: "${scalar(type, instance.type)}" },`);
      }
      lines.push("} as const;");
    }
    this.writeFile("src/core/layout.generated.ts", `${lines.join("\n")}\n`, this.baseDir);
  }
}

/** A field whose type is a class or `usize` is an address: 32 bits. */
function scalar(name, type) {
  if (type.isReference || name === "usize") return "u32";
  return name === "bool" ? "u8" : name;
}
