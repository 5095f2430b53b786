// `npm run demo`: the main job on recorded captures. Sends real traffic through three nodes and shows what became of it:
// the example of two web servers behind a virtual address, and a node of a Kubernetes cluster in kube-proxy's iptables and
// IPVS modes.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const HOOKWALK = "dist/src/cli/main.js";
const SCENARIOS = "test/conformance/corpus/unpacked";
const OUT = "build/demo";

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });

section("192.168.1.100:80 is served by .101 and .102, round robin (IPVS as Linux really does it)");
replay(`${SCENARIOS}/ipvs/seed-example`, "seed-example");

section("the same with the rule that is often published for it: -A INPUT -d 192.168.1.100 -p tcp --dport 80 -j IPVS");
replay(nodeWithPublishedRule(), "published-rule");

section("a Kubernetes node, kube-proxy in iptables mode");
replay(`${SCENARIOS}/kube/cluster-ip-iptables`, "kube-iptables");

section("the same Services, kube-proxy in IPVS mode");
replay(`${SCENARIOS}/kube/cluster-ip-ipvs`, "kube-ipvs");

section("one packet of the last run, step by step");
hookwalk(
  "explain",
  `${SCENARIOS}/kube/cluster-ip-ipvs`,
  `${SCENARIOS}/kube/cluster-ip-ipvs/in.pcapng`,
  "--packet",
  "1",
);

/** Linux refuses `-j IPVS`; hookwalk runs it as an extension of its own and says so. */
function nodeWithPublishedRule() {
  const node = join(OUT, "published-rule-node");
  cpSync(`${SCENARIOS}/ipvs/seed-example`, node, { recursive: true });
  rmSync(join(node, "expected"), { recursive: true });
  const rule = "-A INPUT -d 192.168.1.100/32 -p tcp -m tcp --dport 80 -j IPVS";
  writeFileSync(join(node, "iptables.save"), `*filter\n:INPUT ACCEPT [0:0]\n${rule}\nCOMMIT\n`);
  return node;
}

function replay(node, name) {
  const rewritten = join(OUT, `${name}.pcapng`);
  const results = join(OUT, name);
  hookwalk("replay", node, join(node, "in.pcapng"), "-w", rewritten, "--results", results);
  printCounters(results);
  console.log(`\nThe packets as they left the node: ${rewritten}`);
  console.log(`The state afterwards, as the tools print it: ${results}/`);
}

/** The rules that matched most, and what each virtual service and server got. */
function printCounters(results) {
  let table = "";
  const counted = [];
  for (const line of linesOf(join(results, "iptables.save"))) {
    if (line.startsWith("*")) table = line.slice(1);
    const packets = Number(/^\[(\d+):/.exec(line)?.[1] ?? 0);
    if (packets > 0) counted.push({ text: `${table.padEnd(8)} ${line}`, packets });
  }
  counted.sort((a, b) => b.packets - a.packets);
  if (counted.length > 0) {
    console.log(`\nRules that matched (${counted.length}), the busiest first, [packets:bytes]:`);
    for (const { text } of counted.slice(0, 8)) console.log(`  ${text}`);
  }
  const services = linesOf(join(results, "ipvs.stats"));
  if (services.length > 0) console.log(`\nVirtual services and servers:\n${services.slice(1).join("\n")}`);
}

function linesOf(file) {
  return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
}

function hookwalk(...args) {
  console.log(`$ hookwalk ${args.join(" ")}\n`);
  const { status } = spawnSync(process.execPath, [HOOKWALK, ...args], { stdio: "inherit" });
  if (status !== 0) {
    console.error(`hookwalk ended with exit code ${status}`);
    process.exit(1);
  }
}

function section(title) {
  console.log(`\n=== ${title}\n`);
}
