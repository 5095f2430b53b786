/**
 * Packs recorded scenarios into the project's corpus: `npm run corpus:pack [-- RECORDINGS]`. RECORDINGS has a folder for
 * each group; default: ../shared/conformance. Scenarios that are in an archive and not among the recordings stay.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { CORPUS, filesOfFolder, GROUPS } from "./corpus.ts";
import { type ArchivedFile, readTar, writeTar } from "./tar.ts";

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
  const recorded = filesOfFolder(join(recordings, group)).map(([path, bytes]) => ({ path, bytes }));
  const renewed = new Set(recorded.map(({ path }) => scenarioOf(path)));
  const kept = archiveOf(group).filter(({ path }) => !renewed.has(scenarioOf(path)));
  const files = [...recorded, ...kept].sort((a, b) => (a.path < b.path ? -1 : 1));
  const archive = gzipSync(writeTar(files), { level: 9 });
  writeFileSync(join(CORPUS, `${group}.tar.gz`), archive);
  total += archive.length;
  const scenarios = new Set(files.map(({ path }) => scenarioOf(path))).size;
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

function archiveOf(group: string): ArchivedFile[] {
  const archive = join(CORPUS, `${group}.tar.gz`);
  return existsSync(archive) ? readTar(new Uint8Array(gunzipSync(readFileSync(archive)))) : [];
}

function scenarioOf(path: string): string {
  return path.split("/", 1)[0]!;
}
