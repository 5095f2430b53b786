import { Fate as PacketFate, Reason } from "../../assembly/abi/fate.ts";
import type { Ending, OutputFrame } from "../../src/engine/outputs.ts";
import { Emulator, kubeProxyNode, parseNode, readState } from "../../src/index.ts";
import { hostPort } from "../../src/kubernetes/addresses.ts";
import { parseDocuments } from "../../src/kubernetes/documents.ts";
import { readObjects } from "../../src/kubernetes/objects.ts";
import { configurationOf, factsOfCase, type ProxyCase } from "./case.ts";
import { CLIENT_DEVICE, flowNode, MASQUERADE_SOURCES, macOf } from "./flow-node.ts";
import { type FlowPacket, frameFor, packetOf, readPacket, type SeenPacket } from "./packets.ts";

/** A packet that left, or that reached the node's own stack. */
interface Output extends SeenPacket {
  readonly isDelivered: boolean;
}

const ETHERNET_BYTES = 14;

/** The node of a case, with packets of flows running through it. */
export class FlowRun {
  readonly emulator: Emulator;
  readonly #outputs: Output[] = [];
  #isDroppedByRule = false;

  static async create(of: Pick<ProxyCase, "name" | "config" | "objects">, seed = 1): Promise<FlowRun> {
    const objects = readObjects(parseDocuments(JSON.stringify(of.objects), of.name));
    const { mode, nodeName, nodeAddresses } = of.config;
    const { files } = kubeProxyNode(objects, {
      mode,
      node: nodeName,
      configuration: configurationOf(of.config),
      base: flowNode(nodeAddresses),
      facts: factsOfCase(of.config),
    });
    const encoder = new TextEncoder();
    const bytes = new Map(
      [...files].map(([name, content]) => [name, typeof content === "string" ? encoder.encode(content) : content]),
    );
    return new FlowRun(await Emulator.create(parseNode(bytes), { seed, verifyChecksums: false }));
  }

  private constructor(emulator: Emulator) {
    this.emulator = emulator;
    emulator.observe({
      ending: ({ fate, reason }: Ending) => {
        this.#isDroppedByRule ||= fate === PacketFate.Dropped && reason === Reason.Rule;
      },
      frame: ({ device, bytes }: OutputFrame) =>
        this.#outputs.push({
          ...readPacket(device === 0 ? bytes : bytes.subarray(ETHERNET_BYTES)),
          isDelivered: device === 0,
        }),
    });
  }

  /** Sends a packet at a device, or from the node itself. */
  send(packet: FlowPacket & { readonly iif?: string; readonly nodeOriginated?: boolean }): Fate {
    this.#outputs.length = 0;
    this.#isDroppedByRule = false;
    const bytes = packetOf(packet);
    if (packet.nodeOriginated) this.emulator.send(bytes, "local");
    else {
      const device = packet.iif ?? CLIENT_DEVICE;
      this.emulator.send(frameFor(bytes, macOf(device)), device);
    }
    return this.#outputs[0] ? fateOf(packet, this.#outputs[0]) : { kind: this.#isDroppedByRule ? "drop" : "lost" };
  }

  /** Counters of the rules that accept packets to health check ports. */
  healthCheckRules(): string[] {
    const { emulator } = this;
    const text = [...readState(emulator)]
      .map(([file, content]) => (file.endsWith("tables.save") ? content : ""))
      .join("");
    return text.split("\n").filter((line) => /-A KUBE-NODE-?PORTS? .*-j ACCEPT/.test(line));
  }

  /** Lets time pass. */
  wait(seconds: number): void {
    this.emulator.runUntil(this.emulator.core.now() + BigInt(seconds) * 1_000_000_000n);
  }
}

/** What became of a packet, in the words of the corpus. */
export type Fate =
  | { readonly kind: "endpoint"; readonly endpoint: string; readonly masq: boolean }
  | { readonly kind: "reject" | "drop" | "lost"; readonly source?: string; readonly icmp?: string }
  /** Left as it was, through a device or to the node's own stack. */
  | { readonly kind: "pass"; readonly isDelivered: boolean };

const UNREACHABLE: ReadonlySet<string> = new Set(["3/3", "1/4"]);

function fateOf(packet: FlowPacket, output: Output): Fate {
  const { source, icmp } = output;
  if (icmp !== undefined && UNREACHABLE.has(icmp)) return { kind: "reject", source, icmp };
  const isRewritten =
    output.destination !== packet.to || (icmp === undefined && output.destinationPort !== packet.port);
  const masq = MASQUERADE_SOURCES.has(source);
  if (!isRewritten && !masq) return { kind: "pass", isDelivered: output.isDelivered };
  return { kind: "endpoint", endpoint: hostPort(output.destination, output.destinationPort), masq };
}
