import { parseConfiguration } from "../../../src/kubernetes/configuration.ts";
import { kubeProxyNode } from "../../../src/kubernetes/node-folder.ts";
import { parseObjects } from "../../../src/kubernetes/objects.ts";
import { chunk, type Ends, echo, icmpProtocol, initValue, ip, SCTP, sctp, TCP, tcp, UDP, udp } from "../packets.ts";
import type { Plan } from "../plan.ts";
import { answerWithError } from "./icmp.ts";
import { NODE, type Port, someCluster } from "./kube-objects.ts";

const FLOWS = 10;
/** Pods that talk. One that IPVS sends to itself gets a port by chance where its connection begins anew. */
const PODS = [11, 18] as const;
const OTHER_PODS = [21, 26] as const;
const NO_DATA = new Uint8Array(0);
/** Chains that every table of a plan has. */
const BUILT_IN = /^:(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) /;

/** Flows of clients, pods and the node itself to services, through the node that kube-proxy makes of random objects. */
export function kubeTraffic(plan: Plan): void {
  const { random } = plan;
  const mode = random.pick(["iptables", "ipvs"] as const);
  const { list, ports } = someCluster(plan, mode === "ipvs");
  loadNode(plan, mode, list);
  const flows = plan.flows(FLOWS);
  for (let i = 0; i < flows; i++) {
    const port = random.pick(ports);
    if (random.chance(0.12)) talkFromNode(plan, port);
    else talk(plan, port, mode === "ipvs" ? OTHER_PODS : PODS);
  }
}

function loadNode(plan: Plan, mode: "iptables" | "ipvs", list: object): void {
  const { random } = plan;
  const pods = plan.isIpv6 ? "fd00:2::/64" : "10.2.0.0/24";
  const settings = {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode,
    ...(random.chance(0.7) && { clusterCIDR: pods }),
    iptables: { masqueradeAll: random.chance(0.2), localhostNodePorts: random.chance(0.5) },
    ipvs: { scheduler: random.pick(["rr", "wrr", "lc", "sh"]) },
  };
  const { files } = kubeProxyNode(parseObjects(new Map([["cluster.json", JSON.stringify(list)]])), {
    mode,
    configuration: parseConfiguration(JSON.stringify(settings), "kube-proxy.json"),
    node: NODE,
  });
  const text = (name: string) => String(files.get(name) ?? "");
  addRules(plan, text(plan.isIpv6 ? "ip6tables.save" : "iptables.save"));
  plan.services(...text("ipvsadm.save").split("\n").filter(Boolean));
  if (files.has("ipset.save")) plan.file("ipset.save", text("ipset.save"));
  for (const line of text("sysctl.txt").split("\n")) {
    const [name, value] = line.split(" = ");
    if (name?.startsWith("net.ipv4.vs.")) plan.setting(name, Number(value));
  }
}

/** kube-proxy's rules, but that servers take turns where it has chance choose: the kernel's chance is not known. */
function addRules(plan: Plan, text: string): void {
  let table = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("*")) table = line.slice(1);
    else if (line.startsWith("-A") || (line.startsWith(":") && !BUILT_IN.test(line))) plan.rules(table, inTurns(line));
  }
}

function inTurns(rule: string): string {
  return rule.replace(
    /--mode random --probability ([\d.]+)/,
    (_, probability: string) => `--mode nth --every ${Math.round(1 / Number(probability))} --packet 0`,
  );
}

/** Somebody talks to a service: from outside, or a pod, to any of the addresses that lead there. */
function talk(plan: Plan, port: Port, pods: readonly [number, number]): void {
  const { random } = plan;
  const from = random.chance(0.6) ? plan.client(random.between(8, 13)) : plan.server(random.between(...pods));
  const isNodePort = port.nodePort !== 0 && random.chance(0.5);
  const to = isNodePort ? plan.node(random.pick(["eth0", "eth1"])) : random.pick(port.addresses);
  const destinationPort = isNodePort ? port.nodePort : random.chance(0.05) ? 99 : port.port;
  const ends = { from, to };
  // Each its own: where a masqueraded port is taken, the kernel begins to look at a random one.
  const sourcePort = plan.freePort();
  if (port.protocol === "TCP") talkTcp(plan, ends, { sourcePort, destinationPort });
  else if (port.protocol === "UDP") talkUdp(plan, ends, { sourcePort, destinationPort });
  else talkSctp(plan, ends, { sourcePort, destinationPort });
  if (random.chance(0.1)) plan.send(ends, icmpProtocol(ends), echo(ends, sourcePort, 1));
}

interface Ports {
  readonly sourcePort: number;
  readonly destinationPort: number;
}

function talkTcp(plan: Plan, ends: Ends, ports: Ports): void {
  const { random } = plan;
  const client = (flags: string, sequence: number, acknowledge: number, data: Uint8Array = NO_DATA) =>
    plan.tcp(ends, { ...ports, flags, sequence, acknowledge, data });
  const question = client("S", 5000, 0);
  const answer = (flags: string, seq: number, ack: number, payload = "") =>
    plan.answer(question, { kind: "tcp", flags, seq, ack, payload });
  const shape = random.pick(["whole", "open", "silent", "reset", "error"]);
  if (shape === "silent") return;
  if (shape === "error") answerWithError(plan, question);
  if (shape === "reset") answer("RA", 0, 5001);
  if (shape === "error" || shape === "reset") return;
  answer("SA", 9000, 5001);
  client("A", 5001, 9001);
  client("PA", 5001, 9001, random.bytes(11));
  answer("PA", 9001, 5012, "616263");
  if (shape === "open") return;
  client("FA", 5012, 9004);
  answer("FA", 9004, 5013);
  client("A", 5013, 9005);
  if (random.chance(0.3)) client("S", 105000, 0);
}

function talkUdp(plan: Plan, ends: Ends, ports: Ports): void {
  const { random } = plan;
  for (let i = random.between(1, 3); i > 0; i--) {
    const question = plan.send(ends, UDP, udp(ends, { ...ports, data: random.bytes(9) }));
    if (random.chance(0.7)) plan.answer(question, { kind: "udp", payload: "616263" });
    else if (random.chance(0.5)) answerWithError(plan, question);
  }
}

function talkSctp(plan: Plan, ends: Ends, { sourcePort, destinationPort }: Ports): void {
  const init = [chunk(1, 0, initValue(77))];
  const question = plan.send(ends, SCTP, sctp(sourcePort, destinationPort, 0, init));
  if (plan.random.chance(0.6)) answerWithError(plan, question);
}

/** A program of the node talks to a service, perhaps by 127.0.0.1. */
function talkFromNode(plan: Plan, port: Port): void {
  const { random } = plan;
  const isNodePort = port.nodePort !== 0 && random.chance(0.5);
  const own = plan.node(random.pick(["eth0", "eth1"]));
  const loopback = plan.isIpv6 ? "::1" : "127.0.0.1";
  const isLoopback = isNodePort && random.chance(0.3);
  const ends = {
    from: isLoopback ? loopback : own,
    to: isLoopback ? loopback : isNodePort ? own : random.pick(port.addresses),
  };
  const ports = { sourcePort: plan.freePort(), destinationPort: isNodePort ? port.nodePort : port.port };
  const isTcp = port.protocol !== "UDP";
  const payload = isTcp ? tcp(ends, { ...ports, flags: "S" }) : udp(ends, { ...ports, data: random.bytes(9) });
  const question = plan.local(ip(ends, isTcp ? TCP : UDP, payload));
  if (random.chance(0.6)) {
    plan.answer(question, isTcp ? { kind: "tcp", flags: "SA", seq: 1, ack: 1 } : { kind: "udp", payload: "616263" });
  }
}
