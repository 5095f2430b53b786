import type { Neighbour, Node } from "./node.ts";

/** Neighbours as numbers: a node of a large cluster has tens of thousands, and objects for them would cost more than all rules. */
export interface NeighbourColumns {
  readonly count: number;
  readonly devices: readonly string[];
  /** Of each neighbour its device, by the place among these. */
  readonly deviceOf: Uint32Array;
  /** 4 or 6. */
  readonly families: Uint8Array;
  /** 16 bytes each, of which IPv4 fills the first four. */
  readonly addresses: Uint8Array;
  /** Six bytes each. */
  readonly macs: Uint8Array;
}

type WithNeighbours = Pick<Node, "neighbours">;

const COLUMNS = new WeakMap<WithNeighbours, NeighbourColumns>();

/** The columns that a node's neighbours are made of; undefined where they are objects only. */
export function neighbourColumns(node: WithNeighbours): NeighbourColumns | undefined {
  return COLUMNS.get(node);
}

/** The same node with these neighbours, which become objects when somebody asks for them. */
export function withNeighbourColumns<T extends object>(node: T, columns: NeighbourColumns): T & WithNeighbours {
  let neighbours: readonly Neighbour[] | undefined;
  const filled = {
    ...node,
    get neighbours() {
      neighbours ??= neighboursOf(columns);
      return neighbours;
    },
  };
  COLUMNS.set(filled, columns);
  return filled;
}

export function neighboursOf({ count, devices, deviceOf, families, addresses, macs }: NeighbourColumns): Neighbour[] {
  // A gateway, or a network plugin that answers for all, has the one address that most neighbours share.
  let mac = macs.slice(0, 6);
  return Array.from({ length: count }, (_, i) => {
    const own = macs.subarray(6 * i, 6 * i + 6);
    if (own.some((byte, k) => byte !== mac[k])) mac = own.slice();
    const address = addresses.slice(16 * i, 16 * i + (families[i] === 4 ? 4 : 16));
    return { device: devices[deviceOf[i]!]!, address, mac };
  });
}
