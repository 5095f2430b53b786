import { echo, icmpProtocol, isIpv6, SCTP, TCP, UDP } from "../packets.ts";
import type { Plan } from "../plan.ts";
import type { Random } from "../random.ts";

const SCHEDULERS = ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "mh", "sed", "nq", "fo", "ovf"];
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  sh: ["", "", "-b sh-port", "-b sh-fallback", "-b sh-port,sh-fallback"],
  mh: ["", "", "-b mh-port", "-b mh-fallback", "-b mh-port,mh-fallback"],
};
const OPTIONS: Readonly<Record<number, string>> = { [TCP]: "-t", [UDP]: "-u", [SCTP]: "--sctp-service" };
const METHODS = ["-m", "-m", "-m", "-m", "-g", "-i"];
const TUNNELS = ["", "", "--tun-type gre", "--tun-type gre --tun-csum"];
const MARKED = 7;

/** A virtual service, as the traffic needs to know it. */
export class PlannedService {
  readonly protocol: number;
  /** `-t 10.96.0.1:80`, `-f 7`. */
  readonly key: string;
  readonly #addresses: readonly string[];
  /** 0: any port. */
  readonly #port: number;
  readonly isMark: boolean;
  /** Has it the persistence engine sip? */
  readonly isSip: boolean;
  /** Servers by their address, and how each is described. */
  readonly servers = new Map<string, string>();

  constructor(
    protocol: number,
    key: string,
    addresses: readonly string[],
    port: number,
    isMark: boolean,
    isSip: boolean,
  ) {
    this.protocol = protocol;
    this.key = key;
    this.#addresses = addresses;
    this.#port = port;
    this.isMark = isMark;
    this.isSip = isSip;
  }

  target(random: Random): string {
    return random.pick(this.#addresses);
  }

  port(random: Random): number {
    return this.#port || random.pick([80, 81, 8000]);
  }
}

/** The node's services, and changes of them in mid-run that the tool accepts. */
export class Services {
  readonly #plan: Plan;
  readonly #services: PlannedService[] = [];

  constructor(plan: Plan) {
    this.#plan = plan;
    for (let i = plan.random.between(2, 4); i > 0; i--) this.#create(i);
  }

  any(): PlannedService {
    return this.#plan.random.pick(this.#services);
  }

  #create(number: number): void {
    const plan = this.#plan;
    const { random } = plan;
    const protocol = random.pick([TCP, TCP, TCP, UDP, UDP, SCTP]);
    const isMark = number === 1 && random.chance(0.5);
    const isPersistent = random.chance(0.3);
    const port = isPersistent && random.chance(0.4) ? 0 : 80;
    const addresses = isMark ? [21, 22, 23, 24].map((host) => plan.virtual(host)) : [plan.virtual(number)];
    const endpoint = bracketed(addresses[0]!, port);
    const key = isMark ? `-f ${MARKED}${plan.isIpv6 ? " -6" : ""}` : `${OPTIONS[protocol]} ${endpoint}`;
    const isSip = isPersistent && protocol === UDP && random.chance(0.5);
    const trafficPort = isMark && !isPersistent ? 80 : port;
    const service = new PlannedService(protocol, key, addresses, trafficPort, isMark, isSip);
    const line = `-A ${key} ${this.#schedule(isPersistent)}${isSip ? " --pe sip" : ""}`;
    plan.services(protocol === UDP && random.chance(0.15) ? `${line} -o` : line);
    if (isMark) {
      const other = `-d ${plan.server(9)}/${plan.isIpv6 ? 128 : 32}`;
      plan.rules("mangle", `-A OUTPUT ${other} -j MARK --set-xmark 0x${MARKED.toString(16)}/0xffffffff`);
      for (const address of addresses) {
        const match = `-d ${address}/${plan.isIpv6 ? 128 : 32} -j MARK --set-xmark 0x${MARKED.toString(16)}/0xffffffff`;
        plan.rules("mangle", `-A PREROUTING ${match}`, `-A OUTPUT ${match}`);
      }
    }
    for (let i = random.between(0, 4); i > 0; i--) this.#addServer(service, (text) => plan.services(text));
    this.#services.push(service);
  }

  #schedule(isPersistent: boolean): string {
    const { random } = this.#plan;
    const scheduler = random.pick(SCHEDULERS);
    const flags = random.pick(FLAGS[scheduler] ?? [""]);
    const mask = this.#plan.isIpv6 ? random.pick(["", "-M 64", "-M 120"]) : random.pick(["", "-M 255.255.255.0"]);
    const persistence = isPersistent ? `-p ${random.pick([4, 300])} ${mask}` : "";
    return ["-s", scheduler, persistence, flags].filter((word) => word !== "").join(" ");
  }

  #addServer(service: PlannedService, run: (line: string) => void): void {
    const { random } = this.#plan;
    const host = random.between(11, 16);
    const isOwn = random.chance(0.04);
    const address = isOwn ? this.#plan.node("eth1") : this.#plan.server(host);
    if ([...service.servers.keys()].some((key) => key.startsWith(isIpv6(address) ? `[${address}]` : `${address}:`)))
      return;
    const method = random.pick(METHODS);
    const port = method === "-m" ? random.pick([80, 8080, 8080, 0]) : service.isMark ? 0 : this.#portOf(service);
    const tunnel = method === "-i" ? random.pick(TUNNELS) : "";
    const endpoint = bracketed(address, port === 0 && !service.isMark ? this.#portOf(service) : port);
    const how = [method, tunnel].filter((word) => word !== "").join(" ");
    service.servers.set(endpoint, how);
    run(`-a ${service.key} -r ${endpoint} ${how} -w ${random.pick([0, 1, 1, 1, 2, 3, 5])}${this.#thresholds()}`);
  }

  #portOf(service: PlannedService): number {
    return Number(/:([0-9]+)$/.exec(service.key)?.[1] ?? 0);
  }

  #thresholds(): string {
    const { random } = this.#plan;
    if (!random.chance(0.15)) return "";
    const upper = random.between(1, 4);
    return ` -x ${upper} -y ${random.below(upper + 1)}`;
  }

  /** Two commands at once are a race with what the first one leaves to a timer (expire_nodest_conn). */
  #letTimePass(): void {
    const ends = { from: this.#plan.client(10), to: this.#plan.server(9) };
    this.#plan.send(ends, icmpProtocol(ends), echo(ends, this.#plan.freePort(), 1));
  }

  /** One change of the kinds that happen on living nodes. */
  edit(): void {
    const { random } = this.#plan;
    const service = this.any();
    const run = (line: string) => this.#plan.command(`ipvsadm ${line}`);
    const [endpoint, how] = service.servers.size > 0 ? random.pick([...service.servers]) : [];
    const kind = random.pick([
      "weight",
      "weight",
      "weight",
      "add",
      "add",
      "delete",
      "method",
      "service",
      "timeouts",
      "again",
    ]);
    if (kind === "add" || endpoint === undefined) this.#addServer(service, run);
    else if (kind === "weight") {
      run(`-e ${service.key} -r ${endpoint} ${how} -w ${random.pick([0, 0, 1, 2, 4, 7])}${this.#thresholds()}`);
    } else if (kind === "delete") {
      run(`-d ${service.key} -r ${endpoint}`);
      service.servers.delete(endpoint);
    } else if (kind === "again") {
      run(`-d ${service.key} -r ${endpoint}`);
      this.#letTimePass();
      run(`-a ${service.key} -r ${endpoint} ${how} -w 1`);
    } else if (kind === "method" && endpoint.endsWith(service.isMark ? ":0" : `:${this.#portOf(service)}`)) {
      const method = random.pick(["-m", "-g", "-i"]);
      service.servers.set(endpoint, method);
      run(`-e ${service.key} -r ${endpoint} ${method} -w 2`);
    } else if (kind === "service") {
      const isPersistent = service.key.endsWith(":0") || random.chance(0.3);
      run(`-E ${service.key} ${this.#schedule(isPersistent)}`);
    } else if (kind === "timeouts")
      run(`--set ${random.pick([0, 4, 900])} ${random.pick([0, 4])} ${random.pick([0, 4, 300])}`);
  }
}

function bracketed(address: string, port: number): string {
  return isIpv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
