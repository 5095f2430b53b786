import type { DroppedFile } from "./session/inputs.ts";

/** Reads what was dropped on the page, folders with all that is in them. */
export async function readDropped(transfer: DataTransfer): Promise<DroppedFile[]> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  return (await Promise.all(entries.map(readEntry))).flat();
}

/** Reads files that were chosen in a dialogue. */
export function readChosen(files: Iterable<File>): Promise<DroppedFile[]> {
  return Promise.all([...files].map((file) => readFile(file, file.webkitRelativePath || file.name)));
}

async function readEntry(entry: FileSystemEntry): Promise<DroppedFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [await readFile(file, entry.fullPath.slice(1))];
  }
  const children = await readChildren(entry as FileSystemDirectoryEntry);
  return (await Promise.all(children.map(readEntry))).flat();
}

/** A reader gives some hundred entries at a time, and none at the end. */
async function readChildren(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const children: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return children;
    children.push(...some);
  }
}

async function readFile(file: File, path: string): Promise<DroppedFile> {
  return { path, bytes: new Uint8Array(await file.arrayBuffer()) };
}
