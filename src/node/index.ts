/**
 * hookwalk's readers and writers of files, for Node.
 *
 * @module hookwalk/node
 */
export { openCapture } from "./capture-file.ts";
export { readNodeFiles } from "./node-files.ts";
export { readObjectFiles } from "./object-files.ts";
export { FileWriter, FolderWriter } from "./results.ts";
export { type ServedPage, servePage } from "./serve.ts";
export { openTable, type TableFile } from "./table-file.ts";
export { readText } from "./text.ts";
