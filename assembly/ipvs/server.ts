import { CONN_F_FWD_MASK, ForwardMethod } from "../abi/ipvs";
import { release } from "../memory/allocate";
import { Pool } from "../memory/pool";
import { Route } from "../route/route";
import { IpvsStats, newStats } from "./statistics";

/**
 * A real server of a service (struct ip_vs_dest). The first two fields are its links in the service's ring; the
 * service itself is the ring's head and begins with the same two fields.
 */
@unmanaged
export class IpvsServer {
  next: IpvsServer;
  previous: IpvsServer;
  /** Network byte order; IPv4 fills the first four bytes. */
  address0: u64;
  address1: u64;
  /** Of the service that it belongs or belonged to: how the trash finds it again. */
  virtualAddress0: u64;
  virtualAddress1: u64;
  fwmark: u32;
  /** Ports in host order. */
  port: u16;
  virtualPort: u16;
  family: u8;
  protocol: u8;
  /** In its service's list, not in the trash. */
  available: bool;
  /** A threshold was reached: no new connections. */
  overloaded: bool;
  weight: i32;
  /** Last weight that was not 0, or the one it was added with. */
  lastWeight: i32;
  /** Flags that its connections get: forwarding method, `CONN_F_NOOUTPUT`, `CONN_F_INACTIVE`. */
  connectionFlags: u32;
  upperThreshold: u32;
  lowerThreshold: u32;
  /** A `TunnelType`. */
  tunnelType: u8;
  /** `TUNNEL_*` bits. */
  tunnelFlags: u8;
  tunnelPort: u16;
  active: i32;
  inactive: i32;
  /** Its place in the service's tournament, from 1; 0 for none. */
  place: u32;
  /** Templates. */
  persistent: i32;
  /** Users: connections and scheduler tables. */
  references: u32;
  /** Number over all servers that ever were, from 1. */
  number: u32;
  /** The service (an `IpvsService`), also after it was deleted. */
  service: usize;
  stats: IpvsStats;
  /** Route to it, remembered from its first use; null before. */
  route: Route | null;
  /** `routeFlushes` at the look-up; once it is another, the route is looked up anew. */
  routeFlushes: u32;
  /**
   * Does it name the next hop, as it was looked up for a packet that keeps its destination (FLOWI_FLAG_KNOWN_NH)? Otherwise a packet's own destination is
   * the neighbour that it goes to, where the server is on the link.
   */
  leadsToServer: bool;
  /** `learnedPathMtus` at the look-up. */
  learnedPathMtus: u32;
  /** Was an MTU known for its address when the route was looked up? */
  knowsPathMtu: bool;
  /** Link in the table of real servers; see real-servers. */
  realNext: usize;
  inRealTable: bool;
  /** Trash: the next one, and since when nobody uses it (0: not looked at yet). */
  trashNext: usize;
  idleSince: u64;

  get method(): ForwardMethod {
    return this.connectionFlags & CONN_F_FWD_MASK;
  }

  get addressField(): usize {
    return changetype<usize>(this) + offsetof<IpvsServer>("address0");
  }

  get virtualAddressField(): usize {
    return changetype<usize>(this) + offsetof<IpvsServer>("virtualAddress0");
  }

  /** Connections that thresholds look at. */
  get connections(): u32 {
    return this.active + this.inactive;
  }

  /** ip_vs_dest_conn_overhead(): an active connection weighs as much as 256 inactive ones. */
  get overhead(): i32 {
    return (this.active << 8) + this.inactive;
  }

  /** Active connections with the new one counted in: what sed and nq go by. */
  get expectedDelay(): i64 {
    return <i64>this.active + 1;
  }

  /** May a scheduler choose it, as most of them judge? */
  get usable(): bool {
    return this.weight > 0 && !this.overloaded;
  }
}

const servers = Pool.create(offsetof<IpvsServer>());
let lastNumber: u32 = 0;

export function newServer(): IpvsServer {
  const server = changetype<IpvsServer>(servers.take());
  server.number = ++lastNumber;
  server.stats = newStats();
  return server;
}

export function freeServer(server: IpvsServer): void {
  forgetRoute(server);
  release(changetype<usize>(server.stats));
  servers.give(changetype<usize>(server));
}

/** The route to it is looked up anew with its next packet. */
export function forgetRoute(server: IpvsServer): void {
  release(changetype<usize>(server.route));
  server.route = null;
}

/** Tests the thresholds after a connection or template was bound (ip_vs_bind_dest). */
export function noteBound(server: IpvsServer): void {
  if (server.upperThreshold != 0 && server.connections >= server.upperThreshold) server.overloaded = true;
}

/** Tests them after one was let go (ip_vs_unbind_dest); 75 % of the upper one stand in for a missing lower one. */
export function noteUnbound(server: IpvsServer): void {
  if (server.lowerThreshold != 0) {
    if (server.connections < server.lowerThreshold) server.overloaded = false;
  } else if (server.upperThreshold != 0) {
    if (<u64>server.connections * 4 < <u64>server.upperThreshold * 3) server.overloaded = false;
  } else {
    server.overloaded = false;
  }
}
