import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { importMap } from "./import-map.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".json": "application/json",
};

/** A page that finds the built package by its name, as any page without a bundler would. */
const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>hookwalk</title>
<script type="importmap">${JSON.stringify({ imports: importMap(PROJECT) })}</script>
<script type="module" src="/test/browser/page.js"></script>`;

/** Serves the page at /, and the built package with what it depends on. */
export class PageServer {
  readonly #server: Server;
  /** What else is served: a path and its contents. */
  readonly documents = new Map<string, string>();

  constructor() {
    this.#server = createServer(async ({ url = "/" }, response) => {
      const found = await this.#find(url);
      response.writeHead(found ? 200 : 404, { "content-type": found?.type ?? "text/plain" });
      response.end(found?.body);
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #find(url: string): Promise<{ type: string; body: string | Uint8Array } | undefined> {
    if (url === "/") return { type: "text/html", body: PAGE };
    const document = this.documents.get(url);
    if (document !== undefined) return { type: "application/json", body: document };
    const path = normalize(url).slice(1);
    if (!/^(dist|test\/browser|node_modules)\//.test(path)) return undefined;
    const body = await readFile(join(PROJECT, path)).catch(() => undefined);
    return body && { type: TYPES[extname(path)] ?? "application/octet-stream", body };
  }
}
