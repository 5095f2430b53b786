import {
  ForwardMethod,
  Scheduler,
  SVC_F_ONEPACKET,
  SVC_F_PERSISTENT,
  SVC_F_SCHED1,
  SVC_F_SCHED2,
  SVC_F_SCHED3,
  TUNNEL_CSUM,
  TUNNEL_REMCSUM,
  TunnelType,
} from "../../assembly/abi/ipvs.ts";
import { printEndpoint } from "../config/ipvs/address.ts";
import { changedDaemons } from "../config/ipvs/daemons.ts";
import type { Core } from "../core/core.ts";
import { ServerRequestLayout, ServiceRequestLayout } from "../core/layout.generated.ts";
import { type Field, setNumber } from "../core/record.ts";
import type { Address } from "../model/address.ts";
import type { IpvsCommand } from "../model/command.ts";
import type { IpvsDaemon, IpvsMethod, IpvsServer, IpvsService, IpvsServiceKey } from "../model/ipvs.ts";
import { type IpvsConnectionState, type IpvsServiceState, readConnections, readServices } from "./ipvs-reader.ts";

const SCHEDULERS: Readonly<Record<string, Scheduler>> = {
  none: Scheduler.None,
  rr: Scheduler.Rr,
  wrr: Scheduler.Wrr,
  lc: Scheduler.Lc,
  wlc: Scheduler.Wlc,
  lblc: Scheduler.Lblc,
  lblcr: Scheduler.Lblcr,
  dh: Scheduler.Dh,
  sh: Scheduler.Sh,
  sed: Scheduler.Sed,
  nq: Scheduler.Nq,
  fo: Scheduler.Fo,
  ovf: Scheduler.Ovf,
  mh: Scheduler.Mh,
  twos: Scheduler.Twos,
};

const METHODS: Readonly<Record<IpvsMethod, ForwardMethod>> = {
  masq: ForwardMethod.Masq,
  route: ForwardMethod.DirectRoute,
  tunnel: ForwardMethod.Tunnel,
};

const TUNNELS: Readonly<Record<IpvsServer["tunnel"]["type"], TunnelType>> = {
  ipip: TunnelType.Ipip,
  gue: TunnelType.Gue,
  gre: TunnelType.Gre,
};

const TUNNEL_FLAGS: Readonly<Record<IpvsServer["tunnel"]["checksum"], number>> = {
  none: 0,
  csum: TUNNEL_CSUM,
  remcsum: TUNNEL_REMCSUM,
};

/** The flags by their position, whatever the scheduler calls them. */
const FLAGS: Readonly<Record<string, number>> = {
  "flag-1": SVC_F_SCHED1,
  "flag-2": SVC_F_SCHED2,
  "flag-3": SVC_F_SCHED3,
  "sh-fallback": SVC_F_SCHED1,
  "sh-port": SVC_F_SCHED2,
  "mh-fallback": SVC_F_SCHED1,
  "mh-port": SVC_F_SCHED2,
};

/** What the core answers where it refuses. */
const ESRCH = -3;
const ENOENT = -2;
const EINVAL = -22;

/** A command that ipvsadm would refuse; nothing changed. */
export class IpvsCommandError extends Error {
  override readonly name = "IpvsCommandError";
}

/** A service as it stands: its description, and its servers by their texts, in the order they were entered. */
interface LoadedService {
  readonly description: IpvsService;
  readonly servers: Map<string, IpvsServer>;
}

/** The virtual services that a core holds. */
export class LoadedServices {
  readonly #core: Core;
  readonly #services = new Map<number, LoadedService>();
  /** Numbers of services by what names them; some may be deleted. */
  readonly #numbers = new Map<string, number>();
  /** Texts of all services and servers that ever were, by their numbers. */
  readonly #serviceTexts = new Map<number, string>();
  readonly #serverTexts = new Map<number, string>();
  /** Texts of the services that servers belong or belonged to, by the servers' numbers. */
  readonly #servicesOfServers = new Map<number, string>();

  readonly #hz: number;
  /** Seconds, as `ipvsadm --set` left them. */
  #timeouts = { tcp: 900, tcpFin: 120, udp: 300 };
  #daemons: readonly IpvsDaemon[] = [];

  private constructor(core: Core, hz: number) {
    this.#core = core;
    this.#hz = hz;
  }

  /**
   * Enters services and their servers in a core, in the order given. The clock must stand at the time when the node's
   * state was loaded.
   *
   * @param hz ticks in a second of the node's kernel.
   * @throws IpvsCommandError when two of them are the same.
   */
  static load(core: Core, services: readonly IpvsService[], hz: number): LoadedServices {
    const loaded = new LoadedServices(core, hz);
    for (const service of services) {
      loaded.#enterService(service, "add");
      for (const server of service.servers) loaded.#enterServer(service.key, server, "add");
    }
    return loaded;
  }

  /** The description of a service that exists, by its number. */
  service(number: number): IpvsService | undefined {
    return this.#services.get(number)?.description;
  }

  /** The servers of a service that exists, by their addresses and ports. */
  serversOf(number: number): ReadonlyMap<string, IpvsServer> {
    return this.#services.get(number)?.servers ?? new Map();
  }

  /** The services that exist, in the order they were entered. */
  all(): IpvsService[] {
    return [...this.#services.values()].map(({ description, servers }) => ({
      ...description,
      servers: [...servers.values()],
    }));
  }

  /** The services that exist, with their servers and counters as they are now; the newest first. */
  read(): IpvsServiceState[] {
    return readServices(this.#core);
  }

  /** Connections and templates as they are now. */
  readConnections(): IpvsConnectionState[] {
    return readConnections(this.#core, this.#hz);
  }

  /** Seconds that TCP connections live when established and after a FIN, and UDP ones. */
  get timeouts(): { readonly tcp: number; readonly tcpFin: number; readonly udp: number } {
    return this.#timeouts;
  }

  /** Synchronization daemons that run; their packets are not emulated. */
  get daemons(): readonly IpvsDaemon[] {
    return this.#daemons;
  }

  /** `TCP 10.96.0.1:443` or `FWM 7`, by the core's number; also of services that were deleted. */
  serviceText(number: number): string | undefined {
    return this.#serviceTexts.get(number);
  }

  /** `10.244.0.5:8443`, by the core's number; also of servers that were removed. */
  serverText(number: number): string | undefined {
    return this.#serverTexts.get(number);
  }

  /** The service of a server, by the server's number; also of servers that were removed. */
  serviceOfServer(number: number): string | undefined {
    return this.#servicesOfServers.get(number);
  }

  /**
   * Does what a command of ipvsadm asks for.
   *
   * @throws IpvsCommandError with the tool's message.
   */
  apply({ action }: IpvsCommand): void {
    switch (action.verb) {
      case "add-service":
        this.#enterService(action.service, "add");
        return;
      case "edit-service":
        this.#enterService(action.service, "edit");
        return;
      case "delete-service":
        this.#writeKey(action.key);
        this.#services.delete(ofService(this.#core.ipvsDeleteService()));
        return;
      case "add-server":
        this.#enterServer(action.key, action.server, "add");
        return;
      case "edit-server":
        this.#enterServer(action.key, action.server, "edit");
        return;
      case "delete-server":
        this.#deleteServer(action.key, action.server);
        return;
      case "clear":
        this.#core.ipvsClear();
        this.#services.clear();
        return;
      case "zero":
        this.#zero(action.key);
        return;
      case "set-timeouts": {
        const { tcp, tcpFin, udp } = this.#timeouts;
        this.#core.ipvsSetTimeouts(action.tcp, action.tcpFin, action.udp);
        this.#timeouts = { tcp: action.tcp || tcp, tcpFin: action.tcpFin || tcpFin, udp: action.udp || udp };
        return;
      }
      case "start-daemon":
      case "stop-daemon": {
        const changed = changedDaemons(this.#daemons, action);
        if (typeof changed === "string") throw new IpvsCommandError(changed);
        this.#daemons = changed;
        return;
      }
    }
  }

  #zero(key: IpvsServiceKey | undefined): void {
    if (!key) {
      this.#core.ipvsZeroServices();
      return;
    }
    this.#writeKey(key);
    ofService(this.#core.ipvsZeroService());
  }

  #enterService(service: IpvsService, verb: "add" | "edit"): void {
    const put = this.#writeKey(service.key);
    const layout = ServiceRequestLayout;
    put(layout.flags, flagsOf(service));
    put(layout.scheduler, SCHEDULERS[service.scheduler] ?? Scheduler.None);
    put(layout.timeoutSeconds, service.persistence ?? 0);
    put(layout.engine, service.engine === undefined ? 0 : 1);
    put(layout.netmask, service.netmask ?? (service.key.family === 4 ? 0xffffffff : 128));
    const answer = verb === "add" ? this.#core.ipvsAddService() : this.#core.ipvsEditService();
    if (answer < 0 && verb === "add") throw new IpvsCommandError("Service already exists");
    const number = ofService(answer);
    this.#services.set(number, { description: service, servers: this.#services.get(number)?.servers ?? new Map() });
    this.#numbers.set(keyText(service.key), number);
    this.#serviceTexts.set(number, keyText(service.key));
  }

  #enterServer(key: IpvsServiceKey, server: IpvsServer, verb: "add" | "edit"): void {
    this.#writeKey(key);
    const put = this.#writeServerKey(server);
    const layout = ServerRequestLayout;
    put(layout.weight, server.weight);
    put(layout.upperThreshold, server.upperThreshold);
    put(layout.lowerThreshold, server.lowerThreshold);
    put(layout.method, METHODS[server.method]);
    const isTunnel = server.method === "tunnel";
    put(layout.tunnelType, isTunnel ? TUNNELS[server.tunnel.type] : 0);
    put(layout.tunnelFlags, isTunnel ? TUNNEL_FLAGS[server.tunnel.checksum] : 0);
    put(layout.tunnelPort, isTunnel && server.tunnel.type === "gue" ? server.tunnel.port : 0);
    const number = ofServer(verb === "add" ? this.#core.ipvsAddServer() : this.#core.ipvsEditServer());
    const text = printEndpoint(server.address, server.port);
    this.#serverTexts.set(number, text);
    this.#servicesOfServers.set(number, keyText(key));
    this.#serversOf(key)?.set(text, server);
  }

  #deleteServer(key: IpvsServiceKey, server: ServerKey): void {
    this.#writeKey(key);
    this.#writeServerKey(server);
    ofServer(this.#core.ipvsDeleteServer());
    this.#serversOf(key)?.delete(printEndpoint(server.address, server.port));
  }

  #serversOf(key: IpvsServiceKey): Map<string, IpvsServer> | undefined {
    return this.#services.get(this.#numbers.get(keyText(key)) ?? 0)?.servers;
  }

  #writeKey(key: IpvsServiceKey): Put {
    const put = this.#writer(this.#core.ipvsServiceRequest());
    const layout = ServiceRequestLayout;
    const isMark = key.fwmark !== undefined;
    put(layout.family, key.family);
    put(layout.fwmark, isMark ? key.fwmark : 0);
    put(layout.protocol, isMark ? 0 : key.protocol);
    put(layout.port, isMark ? 0 : key.port);
    this.#writeAddress(this.#core.ipvsServiceRequest() + layout.address0.offset, isMark ? undefined : key.address);
    return put;
  }

  #writeServerKey(server: ServerKey): Put {
    const put = this.#writer(this.#core.ipvsServerRequest());
    put(ServerRequestLayout.family, server.family);
    put(ServerRequestLayout.port, server.port);
    this.#writeAddress(this.#core.ipvsServerRequest() + ServerRequestLayout.address0.offset, server.address);
    return put;
  }

  #writer(record: number): Put {
    const view = new DataView(this.#core.memory.buffer);
    return (field, value) => setNumber(view, record, field, value);
  }

  #writeAddress(at: number, address: Address | undefined): void {
    const bytes = new Uint8Array(this.#core.memory.buffer, at, 16);
    bytes.fill(0);
    if (address) bytes.set(address);
  }
}

type Put = (field: Field, value: number) => void;
type ServerKey = Pick<IpvsServer, "family" | "address" | "port">;

const PROTOCOLS: Readonly<Record<number, string>> = { 6: "TCP", 17: "UDP", 132: "SCTP" };

function keyText(key: IpvsServiceKey): string {
  if (key.fwmark !== undefined) return `FWM ${key.fwmark}${key.family === 6 ? " IPv6" : ""}`;
  return `${PROTOCOLS[key.protocol] ?? key.protocol} ${printEndpoint(key.address, key.port)}`;
}

function flagsOf(service: IpvsService): number {
  let flags = service.flags.reduce((bits, flag) => bits | (FLAGS[flag] ?? 0), 0);
  if (service.persistence !== undefined) flags |= SVC_F_PERSISTENT;
  if (service.onePacket) flags |= SVC_F_ONEPACKET;
  return flags;
}

/** @returns the number of the service; else what ipvsadm 1.31 prints (libipvs.c: ipvs_strerror). */
function ofService(answer: number): number {
  if (answer > 0) return answer;
  throw new IpvsCommandError("No such service");
}

/** @returns the number of the server. */
function ofServer(answer: number): number {
  if (answer > 0) return answer;
  if (answer === ESRCH) throw new IpvsCommandError("Service not defined");
  if (answer === EINVAL) {
    const detail = "Invalid operation.  Possibly wrong module version, address not unicast, ...";
    throw new IpvsCommandError(detail);
  }
  throw new IpvsCommandError(answer === ENOENT ? "No such destination" : "Destination already exists");
}
