/**
 * Packs recorded scenarios into the project's corpus: `npm run corpus:pack [-- RECORDINGS]`. RECORDINGS has a folder for
 * each group; default: ../shared/conformance.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { CORPUS, filesOfFolder, GROUPS } from "./corpus.ts";
import { writeTar } from "./tar.ts";

/** Scenarios that lie open in the project too, for people to read, and for the demonstration. */
const UNPACKED = [
  "conntrack/tcp-reset",
  "ipvs/seed-example",
  "kube/cluster-ip-iptables",
  "kube/cluster-ip-ipvs",
  "nat/snat-masquerade",
];

const recordings = resolve(process.argv[2] ?? "../shared/conformance");
mkdirSync(CORPUS, { recursive: true });
let total = 0;
for (const group of GROUPS) {
  // Recordings may be of some groups only: the archives of the others stay.
  if (!existsSync(join(recordings, group))) continue;
  const files = filesOfFolder(join(recordings, group)).map(([path, bytes]) => ({ path, bytes }));
  const archive = gzipSync(writeTar(files), { level: 9 });
  writeFileSync(join(CORPUS, `${group}.tar.gz`), archive);
  total += archive.length;
  const scenarios = new Set(files.map(({ path }) => dirname(path).split("/", 1)[0])).size;
  console.log(`${group}: ${scenarios} scenarios, ${Math.round(archive.length / 1024)} KiB`);
}
for (const id of UNPACKED) {
  if (!existsSync(join(recordings, id))) continue;
  const target = join(CORPUS, "unpacked", id);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(dirname(target), { recursive: true });
  for (const [path, bytes] of filesOfFolder(join(recordings, id))) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), bytes);
  }
}
const firstLight = join(recordings, "first-light.txt");
if (existsSync(firstLight)) writeFileSync(join(CORPUS, "first-light.txt"), readFileSync(firstLight));
console.log(`${(total / 1e6).toFixed(2)} MB in all`);
