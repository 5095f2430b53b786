import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
  ".json": "application/json",
};

/** The page that is served, and how to end that. */
export interface ServedPage {
  readonly address: string;
  readonly server: Server;
}

/**
 * Serves the built page (`npm run build:web`) on this machine. It is static and asks for nothing but its own files.
 *
 * @param port 0: any that is free.
 * @throws Error when the page is not built, or (with Node's `code`) the port is taken.
 */
export async function servePage(port: number, host = "127.0.0.1"): Promise<ServedPage> {
  const folder = pageFolder();
  const server = createServer(async ({ url = "/" }, response) => {
    const path = normalize(new URL(url, "http://page").pathname);
    const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
    const body = await readFile(file).catch(() => undefined);
    response.writeHead(body ? 200 : 404, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    response.end(body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return { address: `http://${host}:${(server.address() as AddressInfo).port}/`, server };
}

/** Beside the built package; when this runs from the sources, in their dist. */
function pageFolder(): string {
  const places = ["../../web", "../../dist/web"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const found = places.find((place) => existsSync(join(place, "index.html")));
  if (found === undefined)
    throw new Error(`the page is not built (npm run build): no index.html in ${places.join(", ")}`);
  return found;
}
