import { Command, CommanderError, Option } from "commander";
import { COLLECT_SCRIPT } from "./collect-script.ts";
import { compare } from "./compare.ts";
import { EXIT_DONE, EXIT_USAGE, exitCodeOf, messageOf } from "./errors.ts";
import { explain } from "./explain.ts";
import { generate } from "./generate.ts";
import { kubeProxy } from "./kube-proxy.ts";
import { lint } from "./lint.ts";
import {
  eventWords,
  frameSize,
  id,
  idList,
  interfaceMap,
  macAddress,
  positiveInteger,
  seconds,
  seed,
  service,
  share,
} from "./option-values.ts";
import { replay } from "./replay.ts";
import { web } from "./web.ts";

const REPLAY_EXAMPLES = `
Examples:
  $ hookwalk replay node/ capture.pcap                       what happened to the packets, and the paths they took
  $ hookwalk replay node/ capture.pcapng -w out.pcapng       the packets as they leave the node
  $ hookwalk replay node/ capture.pcap --interface eth0      a classic pcap names no interface
  $ tcpdump -w - -i eth0 | hookwalk replay node.tar.gz -     from standard input
  $ hookwalk replay node/ capture.pcapng --verify            is all that left explained? (exit code 1: no)
  $ hookwalk replay node/ capture.pcapng --results out/      all that the real tools would print afterwards
  $ hookwalk replay node/ capture.pcap tcp port 443          only these packets run
  $ hookwalk replay node/ capture.pcap --only 'fate dropped' all run; only what was dropped is reported
  $ hookwalk replay node/ capture.pcap --table out.parquet   rows for SQL; out.flows.parquet has the flows

A filter before the run has tcpdump's words: host, net, port, portrange, tcp, udp, icmp, ip6, vlan, tcp[tcpflags], and, or, not.
--only also knows fate, reason, out, path, hook, table, chain, rule, service, server, ct.state.

NODE is a folder (or a tar of it) that "hookwalk collect" fills on a live node: addr.json, route.json, iptables.save, ...
Exit codes: 0 done, 2 bad input or usage, 3 the node has something that is not emulated, 130 interrupted.`;

const EXPLAIN_EXAMPLES = `
Examples:
  $ hookwalk explain node/ capture.pcapng --packet 12
  $ hookwalk explain node/ capture.pcapng --packet 12 --why-not filter:FORWARD:3
  $ hookwalk explain node/ 'tcp 10.0.0.9:40000 > 10.96.0.1:443 S' --on eth0`;

const COMPARE_EXAMPLES = `
Examples:
  $ hookwalk compare node-iptables/ node-ipvs/ capture.pcapng
  $ hookwalk compare before/ after/ capture.pcapng --markdown > report.md

Replies come from the servers that each run chooses (--replies retarget), so that whole conversations play through both.
Exit codes: 0 both do the same (the choice of a server apart), 1 they differ, 2 bad input or usage.`;

const LINT_EXAMPLES = `
Examples:
  $ hookwalk lint iptables.save ipset.save
  $ hookwalk lint --canonical /etc/iptables/rules.v4
Exit codes: 0 every file is accepted, 1 one is refused, 2 bad usage.`;

const KUBE_PROXY_EXAMPLES = `
Examples:
  $ kubectl get services,endpointslices,nodes -A -o yaml > cluster.yaml
  $ hookwalk kube-proxy cluster.yaml --mode ipvs --node worker-1 -o node-ipvs/
  $ hookwalk kube-proxy cluster.yaml --mode iptables --config kube-proxy.yaml --node worker-1 --base worker-1.tar -o node/

OBJECTS are files, folders of files, or - for standard input: JSON or YAML, one or several documents, Lists.
FILE is a KubeProxyConfiguration, or the ConfigMap that holds one. Without --base a plain node is made up.
nftables mode: the transaction is written to nftables.nft, but NOT EMULATED; replay refuses such a node.
Exit codes: 0 done, 2 bad input or usage, 3 written, but not emulated (nftables mode).`;

/** Options that say how a node is loaded and run; shared by all commands that run packets. */
function withRunOptions(command: Command): Command {
  return command
    .option("--seed <n>", "seed of what the kernel does at random, hash keys included", seed, 1)
    .option("--strict", "refuse what Linux refuses (-j IPVS), instead of warning")
    .option("--ignore-unsupported", "leave out rules that are not emulated, and list them")
    .option("--keep-counters", "start rule counters at what the files say, as iptables-restore -c does")
    .option("--interface <map>", "[FILE_IF=]NODE_IF: where the capture was taken; may be repeated", interfaceMap, [])
    .addOption(new Option("--checksums <mode>", "how transport checksums are treated").choices(["verify", "trust"]))
    .option("--local-uid <uid>", "user whose processes send the node's own packets (-m owner; default: root)", id)
    .option("--local-gid <gid>", "their group", id)
    .option("--local-groups <gids>", "their other groups, with commas (-m owner --suppl-groups)", idList)
    .option("--local-classid <n>", "their class of net_cls (-m cgroup --cgroup)", id)
    .option("--local-cgroup <path>", "their cgroup (-m cgroup --path)")
    .option("--kernel <version>", "kernel version, where the node does not say it")
    .option("--hz <n>", "timer ticks a second of the node's kernel", positiveInteger)
    .option("--timeline <file>", "run commands meanwhile: lines of SECONDS (after the first packet) and a COMMAND")
    .option("--advance <seconds>", "let virtual time go on after the last packet", seconds)
    .addOption(
      new Option(
        "--replies <mode>",
        "servers' packets: as captured, from the servers that this run chooses, or left out",
      ).choices(["capture", "retarget", "none"]),
    )
    .option("--reorder <seconds>", "merge packets by time within this window", seconds)
    .option("--no-path-cache", "walk every table for every packet (same results)")
    .option("--no-index", "evaluate long chains rule by rule (same results)")
    .option("--batch <n>", "packets that are looked at ahead; 1 is none (same results)", positiveInteger);
}

/** @param exit receives the exit code of the command that ran. */
function program(exit: (code: number) => void): Command {
  const command = new Command("hookwalk")
    .description("Replays a capture through a Linux node's iptables, conntrack, NAT, ipset and IPVS state.")
    .version("0.1.0")
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  withRunOptions(
    command
      .command("replay")
      .description("send the packets of a capture through a node")
      .argument("<node>", "folder or tar with the node's state")
      .argument("<capture>", "pcap or pcapng file, may be gzipped; - for standard input")
      .argument("[filter...]", "packets to take, in tcpdump's words: tcp port 80 and not host 10.0.0.1")
      .option(
        "-w, --write <file>",
        "write the packets that leave the node: pcapng with their paths, or bare IP as .pcap",
      )
      .option("--table <file>", "write a row for every packet, and flows beside it: .parquet or .ndjson")
      .option("--only <expression>", "report, write and list only these: fate dropped and chain KUBE-FORWARD")
      .option("--events <file>", "write what happens to connections, as conntrack -E shows it")
      .option("--expect-events <file>", "write which connections helpers expect, as conntrack -E expect shows it")
      .addOption(
        new Option("--events-form <words>", "what each of those lines has, as after conntrack -E -o")
          .argParser(eventWords)
          .default(["extended"], "extended"),
      )
      .option("--results <dir>", "write verdicts, packets, and the state afterwards as the tools print it")
      .addOption(
        new Option("--list <command>", "print what this lists afterwards, as 'ipvsadm -Ln --rate'; may be repeated")
          .argParser((text: string, before: readonly string[]) => [...before, text])
          .default([], "none")
          .conflicts(["json", "ndjson"]),
      )
      .addOption(
        new Option(
          "--verify",
          "the capture was taken on the node: hold what comes out against what left in it",
        ).conflicts(["write", "table", "only", "results", "ndjson", "replies", "list"]),
      )
      .option("--local <capture>", "with --verify: what the node itself sent, captured by NFLOG in OUTPUT")
      .addOption(new Option("--json", "print the report as JSON").conflicts("ndjson"))
      .option("--ndjson", "print one JSON line for every packet"),
  )
    .addHelpText("after", REPLAY_EXAMPLES)
    .action(async (node, capture, filter, values) => exit(await replay(node, capture, filter, values)));
  withRunOptions(
    command
      .command("explain")
      .description("say step by step what the node does with one packet, and why")
      .argument("<node>", "folder or tar with the node's state")
      .argument("<capture>", "capture file (- for standard input), or a packet in words")
      .option("--packet <n>", "number of the packet in the capture, from 1", positiveInteger)
      .option("--flow <packet>", "all packets of a flow, given as 'tcp A:P > B:P'")
      .option("--on <interface>", "where a packet in words arrives (local: the node sends it)")
      .option("--why-not <rule>", "say why this rule did not match: TABLE:CHAIN:NUMBER, as filter:FORWARD:3")
      .option("--json", "print the steps as JSON"),
  )
    .addHelpText("after", EXPLAIN_EXAMPLES)
    .action(async (node, subject, values) => exit(await explain(node, subject, values)));
  withRunOptions(
    command
      .command("compare")
      .description("send a capture through two nodes, and say which conversations differ, where they part and why")
      .argument("<a>", "folder or tar with a node's state")
      .argument("<b>", "folder or tar with the other's")
      .argument("<capture>", "pcap or pcapng file, may be gzipped; - for standard input")
      .option("--same-endpoints", "another server of the same service is a difference, too")
      .addOption(new Option("--json", "print all of it as JSON").conflicts("markdown"))
      .option("--markdown", "print Markdown, to be pasted into a pull request"),
  )
    .addHelpText("after", COMPARE_EXAMPLES)
    .action(async (a, b, capture, values) => exit(await compare(a, b, capture, values)));
  command
    .command("kube-proxy")
    .description("write the node that kube-proxy would make of Services, EndpointSlices and Nodes")
    .argument("<objects...>", "files or folders with Kubernetes objects, as kubectl get -o json or yaml prints them")
    .addOption(new Option("--mode <mode>", "kube-proxy's mode").choices(["iptables", "ipvs", "nftables"]))
    .option("--config <file>", "kube-proxy's configuration, or its ConfigMap")
    .option("--node <name>", "node that kube-proxy runs on; needed where there are several Node objects")
    .option("--base <node>", "folder or tar of a real node to merge into")
    .option(
      "--since <objects...>",
      "the objects before a change: also write what a partial sync feeds to iptables-restore",
    )
    .option("--random-fully", "the node's iptables knows MASQUERADE --random-fully (1.6.2 and later)")
    .requiredOption("-o, --output <folder>", "where the node's files go")
    .addHelpText("after", KUBE_PROXY_EXAMPLES)
    .action(async (objects, values) => exit(await kubeProxy(objects, values)));
  command
    .command("lint")
    .description("check saved rules, sets and services as the tools that load them would")
    .argument("[files...]", "iptables-save, ip6tables-save, ipset save or ipvsadm-save; told apart by content")
    .option("--canonical", "print what the tool would save again")
    .option("--jsonl", "answer questions on standard input, one JSON object a line")
    .addHelpText("after", LINT_EXAMPLES)
    .action(async (files, values) => exit(await lint(files, values)));
  command
    .command("generate")
    .description("write a capture of made-up traffic; the same options give the same bytes")
    .requiredOption("-w, --write <file>", "pcapng file to write")
    .option("--packets <n>", "packets to write", positiveInteger, 100_000)
    .option("--seed <n>", "seed of all that is chosen", seed, 1)
    .option("--flows <n>", "conversations under way at a time", positiveInteger, 1000)
    .option("--zipf <exponent>", "how unevenly they talk; 0: all alike", seconds, 1)
    .option("--size <bytes>", "frames that carry data: imix, or a length", frameSize, "imix")
    .option("--rate <n>", "packets a second", positiveInteger, 100_000)
    .option("--udp <share>", "share of UDP among the conversations", share, 0.2)
    .option("--icmp <share>", "share of echo among the conversations", share, 0.02)
    .option(
      "--to <service>",
      "clients at eth0 talk to this service of the node: tcp:10.96.0.10:80; may be repeated",
      service,
    )
    .option("--mac <address>", "MAC address of the node there", macAddress)
    .addOption(
      new Option("--ipv6 <share>", "share of IPv6 among the conversations: fd00:1::/64 with fd00:2::/64")
        .argParser(share)
        .conflicts("to"),
    )
    .option("--loss <share>", "share of the packets that are lost behind the node, and sent again", share, 0)
    .option("--syn-flood <share>", "share of the packets that are a SYN flood", share, 0)
    .option("--port-scan <share>", "share of the packets that are a port scan", share, 0)
    .action(generate);
  command
    .command("web")
    .description("serve the page that shows all this in a browser; nothing leaves this machine")
    .option("--port <n>", "port of 127.0.0.1 to listen on", positiveInteger, 8080)
    .action(async (values) => exit(await web(values)));
  command
    .command("collect")
    .description("print a shell script that saves a live node's state for hookwalk")
    .action(() => {
      process.stdout.write(COLLECT_SCRIPT);
    });
  return command;
}

/**
 * Runs the command.
 *
 * @param args as on the command line, without the command's own name.
 * @returns its exit code.
 */
export async function run(args: readonly string[]): Promise<number> {
  let code = EXIT_DONE;
  const exit = (value: number) => {
    code = value;
  };
  try {
    await program(exit).parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_DONE : EXIT_USAGE;
    process.stderr.write(`hookwalk: ${messageOf(error)}\n`);
    return exitCodeOf(error);
  }
}
