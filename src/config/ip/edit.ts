import type { Address, Family } from "../../model/address.ts";
import type { IpAction } from "../../model/command.ts";
import type { Interface, Neighbour, Node, Route } from "../../model/node.ts";
import { formatAddress } from "../address.ts";
import { addAddress, changeLink, deleteAddress, type Links } from "./edit-links.ts";
import { editRoutes } from "./edit-routes.ts";
import { editRules } from "./edit-rules.ts";
import { IpRefusal } from "./refusal.ts";

/** What `ip` changes of a node. */
export type NetworkState = Pick<Node, "interfaces" | "routes" | "rules" | "neighbours" | "sysctls">;

/**
 * Does what a command of `ip` asks for.
 *
 * @returns the node's network as it is then.
 * @throws IpRefusal with the message of ip, where the kernel refuses.
 */
export function editNetwork(state: NetworkState, action: IpAction): NetworkState {
  switch (action.object) {
    case "addr":
      return editAddresses(state, action);
    case "link": {
      const { isUp, mtu, device } = action;
      const changed = { ...state, ...changeLink(state, deviceOf(state.interfaces, device), { isUp, mtu }) };
      return isUp === false ? { ...changed, neighbours: withoutNeighbours(state.neighbours, device) } : changed;
    }
    case "route": {
      const routes = action.verb === "flush" ? withoutTable(state.routes, action) : editRoutes(state, action);
      return { ...state, routes };
    }
    case "rule":
      return { ...state, rules: editRules(state.rules, action) };
    case "neigh":
      return { ...state, neighbours: editNeighbours(state, action) };
  }
}

function deviceOf(interfaces: readonly Interface[], name: string): Interface {
  const device = interfaces.find((each) => each.name === name);
  if (!device) throw new IpRefusal(`Cannot find device "${name}"`);
  return device;
}

/** A device that goes down, or loses its last IPv4 address, forgets its neighbours, permanent ones too (neigh_ifdown). */
function withoutNeighbours(neighbours: readonly Neighbour[], device: string, family?: Family): Neighbour[] {
  return neighbours.filter((each) => each.device !== device || (family !== undefined && familyOf(each) !== family));
}

function familyOf({ address }: Neighbour): Family {
  return address.length === 4 ? 4 : 6;
}

/** The same for a device that has just lost addresses. */
function afterLoss(state: NetworkState, name: string): NetworkState {
  const { addresses } = deviceOf(state.interfaces, name);
  if (addresses.some(({ family }) => family === 4)) return state;
  return { ...state, neighbours: withoutNeighbours(state.neighbours, name, 4) };
}

function editAddresses(state: NetworkState, action: Extract<IpAction, { readonly object: "addr" }>): NetworkState {
  const device = deviceOf(state.interfaces, action.device);
  if (action.verb === "flush") {
    let links: Links = state;
    for (const address of device.addresses) {
      if (action.family !== undefined && action.family !== address.family) continue;
      links = deleteAddress({ ...state, ...links }, deviceOf(links.interfaces, action.device), address);
    }
    return afterLoss({ ...state, ...links }, action.device);
  }
  const { address, verb } = action;
  const known = device.addresses.find((each) => isSameAddress(each.address, address.address));
  const isSame = known?.prefixLength === address.prefixLength;
  if (verb === "del") {
    if (!known || !isSame) throw new IpRefusal("RTNETLINK answers: Cannot assign requested address");
    return afterLoss({ ...state, ...deleteAddress(state, device, known) }, action.device);
  }
  if (known && isSame) {
    if (verb === "add") throw new IpRefusal("RTNETLINK answers: File exists");
    return state;
  }
  if (verb === "change") throw new IpRefusal("RTNETLINK answers: Cannot assign requested address");
  return { ...state, ...addAddress(state, device, address) };
}

function withoutTable(
  routes: readonly Route[],
  { family, table, device }: Extract<IpAction, { readonly object: "route"; readonly verb: "flush" }>,
): Route[] {
  return routes.filter(
    (route) =>
      route.family !== family ||
      route.table !== table ||
      (device !== undefined && !route.nextHops.some((hop) => hop.device === device)),
  );
}

function editNeighbours(
  { interfaces, neighbours }: NetworkState,
  action: Extract<IpAction, { readonly object: "neigh" }>,
): readonly Neighbour[] {
  const { name } = deviceOf(interfaces, action.device);
  if (action.verb === "flush") {
    return withoutNeighbours(neighbours, name, action.family);
  }
  const isIt = (each: Neighbour) => each.device === name && isSameAddress(each.address, action.address);
  const others = neighbours.filter((each) => !isIt(each));
  const isKnown = others.length < neighbours.length;
  if (action.verb === "del") {
    if (!isKnown) throw new IpRefusal("RTNETLINK answers: No such file or directory");
    return others;
  }
  if (isKnown && action.verb === "add") throw new IpRefusal("RTNETLINK answers: File exists");
  if (!isKnown && action.verb === "change") throw new IpRefusal("RTNETLINK answers: No such file or directory");
  return [...others, { device: name, address: action.address, mac: action.mac }];
}

function isSameAddress(a: Address, b: Address): boolean {
  return a.length === b.length && formatAddress(a) === formatAddress(b);
}
