import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { addressBytes, concat, hex } from "./bytes.ts";
import { type Ends, type IpFields, ip, isIpv6, TCP, type TcpFields, tcp, UDP, udp } from "./packets.ts";
import type { Random } from "./random.ts";
import { LOAD_MODULES, OF_WHOLE_GUEST, writeSetup } from "./setup.ts";

/** An answer to whatever an earlier step became on its way through the node, in the oracle's words. */
export interface Answer {
  readonly kind: "tcp" | "udp" | "echo" | "icmp-error" | "sctp";
  readonly [field: string]: unknown;
}

type Step = Readonly<Record<string, unknown>>;

const CLASSES = ["NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED"];
/** What a packet takes in the guest, so that it keeps to the clock. */
const SPACING_S = 0.008;
/** Time for building devices. */
const SETUP_S = 4;
/** Flows of a scenario for one that its kind names: setting up a node takes as long as a hundred packets. */
const FLOWS_FACTOR = 4;

/**
 * A router between eth0 (clients) and eth1 (servers), and the packets that it is to see, as the oracle's plan. Every
 * packet that comes out carries in its TOS byte what conntrack thought of it: class, ASSURED, and a range of its timeout.
 */
export class Plan {
  readonly random: Random;
  readonly isIpv6: boolean;
  readonly #steps: Step[] = [];
  readonly #neighbours = new Map<string, string>();
  readonly #sysctls: Record<string, string> = {};
  readonly #lateSysctls: Record<string, string> = {};
  readonly #tables = new Map<string, string[]>();
  readonly #virtual: string[] = [];
  readonly #services: string[] = [];
  readonly #setup: string[] = [];
  readonly #files = new Map<string, string>();
  readonly #masks: string[] = [];
  readonly #listings = new Map<string, string>();
  #now = 0;
  #nextPort = 2000;
  #spacing = SPACING_S;

  constructor(random: Random, isIpv6: boolean) {
    this.random = random;
    this.isIpv6 = isIpv6;
    for (const chain of ["POSTROUTING", "INPUT"]) this.#markBy(chain);
  }

  #markBy(chain: string): void {
    const mark = (match: string, value: number, mask: number) =>
      this.rules(
        "mangle",
        `-A ${chain} -m conntrack ${match} -j TOS --set-tos 0x${value.toString(16)}/0x${mask.toString(16)}`,
      );
    for (const [i, name] of CLASSES.entries()) mark(`--ctstate ${name}`, (i + 1) << 2, 0x1c);
    mark("--ctstatus ASSURED", 0x20, 0x20);
    // The timeout of a first packet counts from its confirmation, and cannot be asked yet.
    mark("--ctstate ESTABLISHED --ctexpire 45:200", 0x40, 0x40);
    mark("--ctstate ESTABLISHED --ctexpire 400:4294967295", 0xc0, 0xc0);
    mark("--ctstate ESTABLISHED --ctexpire 201:399", 0x80, 0x80);
  }

  get length(): number {
    return this.#steps.length;
  }

  client(host: number): string {
    return this.#host("eth0", host);
  }

  server(host: number): string {
    return this.#host("eth1", host);
  }

  /** The node's own address. */
  node(device: "eth0" | "eth1"): string {
    return this.#address(device, 1);
  }

  /** How many flows to make where a kind's smallest scenario has `count`. */
  flows(count: number): number {
    return count * FLOWS_FACTOR;
  }

  /** An address that services are reached by: it is local, on a device that leads nowhere. */
  virtual(host: number): string {
    const address = this.isIpv6 ? `fd00:96::${host.toString(16)}` : `10.96.0.${host}`;
    if (!this.#virtual.includes(address)) this.#virtual.push(address);
    return address;
  }

  /** Lines of ipvsadm-save. */
  services(...lines: readonly string[]): void {
    this.#services.push(...lines);
  }

  /** No rule looks at conntrack any more, so that it stays off where nothing else asks for it. */
  forgetMarks(): void {
    this.#tables.delete("mangle");
  }

  /** A port that no flow has yet. */
  freePort(): number {
    this.#nextPort += 1 + this.random.below(7);
    return this.#nextPort;
  }

  rules(table: string, ...rules: readonly string[]): void {
    this.#tables.set(table, [...(this.#tables.get(table) ?? []), ...rules]);
  }

  hasTable(name: string): boolean {
    return this.#tables.has(name);
  }

  /** Commands that build the node's devices further, once eth0 to eth3 are there. Their settings count as `sysctls`. */
  setUp(commands: readonly string[], sysctls: Readonly<Record<string, string>> = {}): void {
    this.#setup.push(...commands);
    Object.assign(this.#lateSysctls, sysctls);
  }

  /** Modules that the guest is to load, and that the node says it has. */
  modules(...names: readonly string[]): void {
    this.file("modules.txt", `${names.join("\n")}\n`);
    this.command(`${LOAD_MODULES} ${names.join(" ")}`);
  }

  /** A setting that only the guest as a whole has. */
  guestSetting(name: string, value: number): void {
    this.command(`${OF_WHOLE_GUEST} sysctl -qw ${name}=${value}`);
  }

  /** A field that the kernel chooses by chance: a name of the recorder's masks. */
  mask(name: string): void {
    this.#masks.push(name);
  }

  /** A file of the node that a command prints once its devices are built. */
  listing(file: string, command: string): void {
    this.#listings.set(file, command);
  }

  /** A file of the node besides. */
  file(name: string, content: string): void {
    this.#files.set(name, content);
  }

  sysctl(name: string, value: number): void {
    this.setting(`net.netfilter.nf_conntrack_${name}`, value);
  }

  setting(name: string, value: number): void {
    this.#sysctls[name] = String(value);
  }

  /** Seconds between packets, where no timer of the scenario is so short that it matters: a busy guest keeps up. */
  pace(seconds: number): void {
    this.#spacing = seconds;
  }

  wait(seconds: number): void {
    this.#now += seconds;
  }

  /** @returns number of the step, to answer it. */
  send(ends: Ends, protocol: number, payload: Uint8Array, fields: IpFields = {}): number {
    return this.raw(ends.from, ip(ends, protocol, payload, fields));
  }

  tcp(ends: Ends, fields: TcpFields): number {
    return this.send(ends, TCP, tcp(ends, fields));
  }

  /** A whole IP packet that arrives from a host; `to` is the MAC address of the frame, by default the node's. */
  raw(from: string, packet: Uint8Array, to?: string): number {
    const device = this.#neighbours.get(from) ?? "eth0";
    const mac = to ?? (device === "eth0" ? "020000000010" : "020000000011");
    const type = isIpv6(from) ? "86dd" : "0800";
    return this.#step({ if: device, hex: mac + hex(macOf(from)) + type + hex(packet) });
  }

  /** A frame as it arrives at a device. */
  frame(device: string, bytes: Uint8Array): number {
    return this.#step({ if: device, hex: hex(bytes) });
  }

  /** A packet that the node itself sends. */
  local(packet: Uint8Array): number {
    return this.#step({ if: "local", hex: hex(packet) });
  }

  answer(to: number, answer: Answer): number {
    return this.#step({ reply: { to, out: 0, ...answer } });
  }

  /** A command that runs on the node before the next packet. */
  command(text: string): void {
    this.#steps.push({ event: text });
  }

  /** The last packet once more. */
  repeat(): void {
    this.#step({ ...this.#steps.at(-1) });
  }

  #step(step: Step): number {
    this.#steps.push({ ...step, t: Math.round(this.#now * 1e6) / 1e6 });
    this.#now += this.#spacing;
    return this.#steps.length - 1;
  }

  #host(device: "eth0" | "eth1", host: number): string {
    const address = this.#address(device, host);
    this.#neighbours.set(address, device);
    return address;
  }

  #address(device: "eth0" | "eth1", host: number): string {
    const network = device === "eth0" ? 1 : 2;
    return this.isIpv6 ? `fd00:${network}::${host.toString(16)}` : `10.${network}.0.${host}`;
  }

  /** Writes a scenario folder that the oracle can record. */
  write(folder: string, name: string): void {
    mkdirSync(folder, { recursive: true });
    const write = (file: string, content: unknown) =>
      writeFileSync(join(folder, file), typeof content === "string" ? content : JSON.stringify(content));
    const isSetUp = this.#setup.length > 0;
    const addresses = isSetUp
      ? [[], [], [], []]
      : [
          ["10.1.0.1", "fd00:1::1"],
          ["10.2.0.1", "fd00:2::1"],
        ];
    const devices = addresses.map((_, i) => `eth${i}`);
    write("addr.json", [
      link("lo", []),
      ...addresses.map((own, i) => link(devices[i]!, own)),
      ...(this.#virtual.length > 0 ? [dummy(this.#virtual)] : []),
    ]);
    write("route.json", []);
    write(
      "neigh.json",
      [...this.#neighbours].map(([dst, dev]) => neighbour(dst, dev)),
    );
    if (this.#tables.size > 0) write(this.isIpv6 ? "ip6tables.save" : "iptables.save", this.#save());
    if (this.#services.length > 0) write("ipvsadm.save", `${this.#services.join("\n")}\n`);
    for (const [file, content] of this.#files) write(file, content);
    const description = { name, description: name, tags: ["kernel-diff"], mask: this.#masks, sysctls: this.#sysctls };
    write("scenario.json", isSetUp ? { ...description, setupSysctls: this.#lateSysctls } : description);
    write(
      "in.plan.json",
      isSetUp ? this.#stepsAfter(writeSetup(folder, this.#setup, this.#listings, devices)) : this.#steps,
    );
  }

  /** The event comes between a packet that goes nowhere and the others, which wait for it. */
  #stepsAfter(event: string): readonly Step[] {
    const nowhere = { from: "10.255.0.1", to: "10.255.0.2" };
    const first = {
      if: "local",
      t: 0,
      hex: hex(ip(nowhere, UDP, udp(nowhere, { sourcePort: 9, destinationPort: 9, data: new Uint8Array(0) }))),
    };
    const later = this.#steps.map((step): Step => {
      const reply = step.reply as { readonly to: number } | undefined;
      return { ...step, t: (step.t as number) + SETUP_S, ...(reply && { reply: { ...reply, to: reply.to + 2 } }) };
    });
    return [first, { event }, ...later];
  }

  #save(): string {
    const chains: Record<string, readonly string[]> = {
      raw: ["PREROUTING", "OUTPUT"],
      mangle: ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
      nat: ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
      filter: ["INPUT", "FORWARD", "OUTPUT"],
    };
    const tables = [...this.#tables].map(([table, rules]) =>
      [`*${table}`, ...chains[table]!.map((chain) => `:${chain} ACCEPT [0:0]`), ...rules, "COMMIT\n"].join("\n"),
    );
    return tables.join("");
  }
}

function macOf(address: string): Uint8Array {
  const bytes = addressBytes(address);
  if (bytes.length === 4) return concat(Uint8Array.of(2, 4), bytes);
  return concat(Uint8Array.of(2, 6), bytes.subarray(2, 4), bytes.subarray(14));
}

function neighbour(dst: string, dev: string): object {
  return { dst, dev, lladdr: macText(dst), state: ["PERMANENT"] };
}

/** The MAC address of the host that has an address. */
export function macText(address: string): string {
  return [...macOf(address)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function link(ifname: string, addresses: readonly string[]): object {
  if (ifname === "lo") {
    const loopback = { family: "inet", local: "127.0.0.1", prefixlen: 8 };
    const address = "00:00:00:00:00:00";
    return { ifindex: 1, ifname, flags: ["LOOPBACK", "UP"], address, mtu: 65536, addr_info: [loopback] };
  }
  return {
    ifindex: 2 + Number(ifname.slice(3)),
    ifname,
    flags: ["BROADCAST", "MULTICAST", "UP"],
    address: `02:00:00:00:00:1${ifname.slice(3)}`,
    mtu: 1500,
    addr_info: addresses.map((local) =>
      isIpv6(local)
        ? { family: "inet6", local, prefixlen: 64 }
        : { family: "inet", local, prefixlen: 24, broadcast: local.replace(/1$/, "255") },
    ),
  };
}

function dummy(addresses: readonly string[]): object {
  return {
    ifindex: 4,
    ifname: "kube-ipvs0",
    flags: ["BROADCAST", "NOARP", "UP"],
    address: "02:00:00:00:01:03",
    mtu: 1500,
    linkinfo: { info_kind: "dummy" },
    addr_info: addresses.map((local) => ({
      family: isIpv6(local) ? "inet6" : "inet",
      local,
      prefixlen: isIpv6(local) ? 128 : 32,
    })),
  };
}
