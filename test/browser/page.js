// The page's own script: uses the built package as any page would, and offers the test what it asks of it.
import * as hookwalk from "hookwalk";

const { Emulator, listing, parseNode, Results, replay } = hookwalk;

globalThis.page = {
  exports: Object.keys(hookwalk).sort(),
  replayAll,
  streamCore,
};

/** Replays scenarios; SHA-256 of each result file by name, or the message of the error that ended the replay. */
async function replayAll(ids) {
  const digests = {};
  for (const id of ids) {
    const files = await fetchNode(id);
    digests[id] = await replayOne(files).catch((error) => error.message);
  }
  return digests;
}

async function replayOne(files) {
  const pieces = new Map();
  let results;
  const { emulator, records } = await replay(parseNode(files), files.get("in.pcapng"), {
    record: "rules",
    observe: (emulator) => {
      results = new Results(emulator, (file, piece) => {
        const copy = typeof piece === "string" ? piece : piece.slice();
        pieces.set(file, [...(pieces.get(file) ?? []), copy]);
      });
      return [results];
    },
  });
  results.finish(records);
  pieces.set("nf_conntrack.txt", [listing(emulator, "cat /proc/net/nf_conntrack")]);
  pieces.set("nf_conntrack_expect.txt", [listing(emulator, "cat /proc/net/nf_conntrack_expect")]);
  const digest = {};
  for (const [file, parts] of pieces) digest[file] = await sha256(await new Blob(parts).arrayBuffer());
  return digest;
}

/** Makes an emulator with a core that was compiled while it came over the network. */
async function streamCore(id) {
  const core = await WebAssembly.compileStreaming(fetch("/dist/core.wasm"));
  const emulator = await Emulator.create(parseNode(await fetchNode(id)), { core });
  emulator.finish();
  return emulator.node.interfaces.map(({ name }) => name);
}

async function fetchNode(id) {
  const encoded = await (await fetch(`/scenarios/${id}`)).json();
  const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new Map(Object.entries(encoded).map(([name, base64]) => [name, bytesOf(base64)]));
}

async function sha256(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
