import { CONN_F_FWD_MASK, CONN_F_INACTIVE, CONN_F_NOOUTPUT, ForwardMethod, Scheduler, SVC_F_HASHED } from "../abi/ipvs";
import { RouteType } from "../abi/route";
import { forgetFlows } from "../iptables/flow-memory";
import { seconds } from "../packet/clock";
import { addressType } from "../route/index";
import { hashRealServer, unhashRealServer } from "./real-servers";
import { doneScheduler, initScheduler, ServerChange, serverChanged } from "./schedulers/index";
import { forgetRoute, IpvsServer, newServer } from "./server";
import { putInTrash, takeFromTrash } from "./server-trash";
import {
  countEngine,
  findByMark,
  findExact,
  hashService,
  IpvsService,
  newestService,
  newService,
  unhashService,
} from "./service";
import { resumeStats, settleStats, zeroStats } from "./statistics";
import { noteSchedulerChanged, noteServerRemoved } from "./timers";

/**
 * What `ipvsadm` asks the kernel for (net/netfilter/ipvs/ip_vs_ctl.c). The host fills a {@link ServiceRequest} and a
 * {@link ServerRequest} and calls; the answer is a number of the service or server, or an {@link IpvsError}.
 */
@unmanaged
export class ServiceRequest {
  address0: u64;
  address1: u64;
  fwmark: u32;
  port: u16;
  family: u8;
  protocol: u8;
  /** `SVC_F_*` bits. */
  flags: u32;
  /** A `Scheduler`. */
  scheduler: u32;
  timeoutSeconds: u32;
  /** IPv4: mask in host order; IPv6: prefix length. */
  netmask: u32;
  /** Persistence engine sip. */
  engine: u32;
}

@unmanaged
export class ServerRequest {
  address0: u64;
  address1: u64;
  weight: i32;
  upperThreshold: u32;
  lowerThreshold: u32;
  port: u16;
  family: u8;
  /** A `ForwardMethod`. */
  method: u8;
  /** A `TunnelType`. */
  tunnelType: u8;
  tunnelFlags: u8;
  tunnelPort: u16;
}

/** Why a request was refused: errno, negative. */
export enum IpvsError {
  NoService = -3,
  NoServer = -2,
  Exists = -17,
  NotUnicast = -22,
}

export const serviceRequest = changetype<ServiceRequest>(memory.data(offsetof<ServiceRequest>(), 8));
export const serverRequest = changetype<ServerRequest>(memory.data(offsetof<ServerRequest>(), 8));

export function addService(): i32 {
  const request = serviceRequest;
  if (requestedService() !== null) return IpvsError.Exists;
  const service = newService(request.family);
  service.protocol = request.protocol;
  service.address0 = request.address0;
  service.address1 = request.address1;
  service.port = request.port;
  service.fwmark = request.fwmark;
  applyServiceRequest(service);
  initScheduler(service, request.scheduler);
  noteSchedulerChanged();
  hashService(service);
  return service.number;
}

/** A scheduler that stays the same keeps its state; new flags act at once. */
export function editService(): i32 {
  const service = requestedService();
  if (service === null) return IpvsError.NoService;
  const wanted: Scheduler = serviceRequest.scheduler;
  if (service.scheduler != wanted) {
    doneScheduler(service);
    initScheduler(service, wanted);
    noteSchedulerChanged();
  }
  applyServiceRequest(service);
  return service.number;
}

function applyServiceRequest(service: IpvsService): void {
  const request = serviceRequest;
  service.flags = request.flags | SVC_F_HASHED;
  if ((request.engine != 0) != service.engine) countEngine(request.engine != 0);
  service.engine = request.engine != 0;
  service.timeout = seconds(request.timeoutSeconds);
  service.netmask = service.family == 4 ? bswap<u32>(request.netmask) : request.netmask;
}

/** Its servers go to the trash; its connections go on. */
export function deleteService(): i32 {
  const service = requestedService();
  if (service === null) return IpvsError.NoService;
  removeService(service);
  return service.number;
}

/** `ipvsadm -C`. */
export function clearServices(): void {
  while (newestService() != 0) removeService(changetype<IpvsService>(newestService()));
}

function removeService(service: IpvsService): void {
  unhashService(service);
  if (service.engine) countEngine(false);
  doneScheduler(service);
  while (service.first !== service.head) {
    const server = service.first;
    unlinkServer(service, server);
    discardServer(server);
  }
}

export function addServer(): i32 {
  const service = requestedService();
  if (service === null) return IpvsError.NoService;
  if (requestedServer(service) !== null) return IpvsError.Exists;
  const server = newServerOf(service);
  if (server === null) return IpvsError.NotUnicast;
  updateServer(service, server);
  server.next = service.first;
  server.previous = service.head;
  service.first.previous = server;
  service.first = server;
  service.serverCount += 1;
  serverChanged(service, server, ServerChange.Added);
  return server.number;
}

/**
 * Either a server that was removed before comes back, with its connections, or a new one is made; null when its address
 * is no host's.
 */
function newServerOf(service: IpvsService): IpvsServer | null {
  const request = serverRequest;
  const old = takeFromTrash(service, request.family, changetype<usize>(request), request.port);
  if (old !== null) {
    old.lastWeight = request.weight;
    resumeStats(old.stats);
    return old;
  }
  if (!isUnicast(request.family, changetype<usize>(request))) return null;
  const fresh = newServer();
  fresh.family = request.family;
  fresh.port = request.port;
  fresh.address0 = request.address0;
  fresh.address1 = request.address1;
  fresh.protocol = service.protocol;
  fresh.fwmark = service.fwmark;
  fresh.virtualPort = service.port;
  fresh.virtualAddress0 = service.address0;
  fresh.virtualAddress1 = service.address1;
  fresh.lastWeight = request.weight;
  return fresh;
}

/** The address test of ip_vs_new_dest(). @param address a 16-byte field. */
function isUnicast(family: u32, address: usize): bool {
  if (family == 4) {
    const type = addressType(4, address, 0);
    return type == RouteType.Local || type == RouteType.Unicast;
  }
  const first: u32 = load<u8>(address);
  const isLinkLocal = first == 0xfe && (load<u8>(address, 1) & 0xc0) == 0x80;
  const isAny = load<u64>(address) == 0 && load<u64>(address, 8) == 0;
  if (first != 0xff && !isLinkLocal && !isAny) return true;
  return addressType(6, address, 0) == RouteType.Local;
}

export function editServer(): i32 {
  const service = requestedService();
  if (service === null) return IpvsError.NoService;
  const server = requestedServer(service);
  if (server === null) return IpvsError.NoServer;
  updateServer(service, server);
  serverChanged(service, server, ServerChange.Edited);
  return server.number;
}

/** __ip_vs_update_dest(): what an addition and an edit have in common. */
function isSameMethod(server: IpvsServer, request: ServerRequest): bool {
  return (
    <u32>server.method == request.method &&
    server.tunnelType == request.tunnelType &&
    server.tunnelPort == request.tunnelPort
  );
}

function updateServer(service: IpvsService, server: IpvsServer): void {
  const request = serverRequest;
  if (request.weight != 0) server.lastWeight = request.weight;
  server.weight = request.weight;
  // One that stays what it was keeps its place among others of the same address.
  if (!isSameMethod(server, request)) unhashRealServer(server);
  let flags: u32 = (request.method & CONN_F_FWD_MASK) | CONN_F_INACTIVE;
  if (request.method != ForwardMethod.Masq) flags |= CONN_F_NOOUTPUT;
  server.connectionFlags = flags;
  server.tunnelType = request.tunnelType;
  server.tunnelPort = request.tunnelPort;
  server.tunnelFlags = request.tunnelFlags;
  hashRealServer(server);
  if (server.service != 0 && server.service != changetype<usize>(service)) zeroStats(server.stats);
  server.service = changetype<usize>(service);
  server.available = true;
  if (request.upperThreshold == 0 || request.upperThreshold > server.upperThreshold) server.overloaded = false;
  server.upperThreshold = request.upperThreshold;
  server.lowerThreshold = request.lowerThreshold;
  forgetRoute(server);
  // Shortcuts hold the way to the server as it was.
  forgetFlows();
}

export function deleteServer(): i32 {
  const service = requestedService();
  if (service === null) return IpvsError.NoService;
  const server = requestedServer(service);
  if (server === null) return IpvsError.NoServer;
  unlinkServer(service, server);
  serverChanged(service, server, ServerChange.Removed);
  discardServer(server);
  return server.number;
}

/** Takes the server out of the ring; its own links stay, schedulers look at them. */
function unlinkServer(service: IpvsService, server: IpvsServer): void {
  server.available = false;
  server.previous.next = server.next;
  server.next.previous = server.previous;
  service.serverCount -= 1;
}

function discardServer(server: IpvsServer): void {
  unhashRealServer(server);
  settleStats(server.stats);
  putInTrash(server);
  noteServerRemoved();
}

/** `ipvsadm -Z`, for the requested service. */
export function zeroService(): i32 {
  const service = requestedService();
  if (service === null) return IpvsError.NoService;
  zeroAll(service);
  return service.number;
}

export function zeroServices(): void {
  for (let at = newestService(); at != 0; at = changetype<IpvsService>(at).listNext)
    zeroAll(changetype<IpvsService>(at));
}

function zeroAll(service: IpvsService): void {
  zeroStats(service.stats);
  for (let server = service.first; server !== service.head; server = server.next) zeroStats(server.stats);
}

function requestedService(): IpvsService | null {
  const request = serviceRequest;
  if (request.fwmark != 0) return findByMark(request.family, request.fwmark);
  return findExact(request.family, request.protocol, changetype<usize>(request), request.port);
}

function requestedServer(service: IpvsService): IpvsServer | null {
  const request = serverRequest;
  for (let server = service.first; server !== service.head; server = server.next) {
    if (
      server.port == request.port &&
      server.address0 == request.address0 &&
      server.address1 == request.address1 &&
      server.family == request.family
    ) {
      return server;
    }
  }
  return null;
}
