/** Version of the rows that tables have; it changes when a column goes or means something else. */
export const TABLE_VERSION = 1;

/** A column of a table: its name, type, and what it says. */
export interface Column {
  readonly name: string;
  readonly type: "integer" | "text" | "boolean" | "time";
  readonly about: string;
}

/** Of a packet of the capture, or of one that the kernel made because of it. */
export const PACKET_COLUMNS = [
  { name: "packet", type: "integer", about: "number of the record in the capture, from 1" },
  { name: "time", type: "time", about: "when it arrived" },
  { name: "in_interface", type: "text", about: "interface that the capture names" },
  {
    name: "kernel_made",
    type: "boolean",
    about: "made by the node's kernel because of this packet (ICMP errors, resets)",
  },
  { name: "fate", type: "text", about: "sent, delivered, dropped, waiting (for fragments) or ignored" },
  { name: "reason", type: "text", about: "why it was dropped or ignored" },
  { name: "out_interface", type: "text", about: "where it left; local: delivered to the node" },
  { name: "protocol", type: "text", about: "TCP, UDP, ICMP, ... or a number" },
  { name: "source", type: "text", about: "address as it arrived" },
  { name: "source_port", type: "integer", about: "" },
  { name: "destination", type: "text", about: "address as it arrived" },
  { name: "destination_port", type: "integer", about: "" },
  { name: "tcp_flags", type: "text", about: "letters as tcpdump prints them" },
  { name: "out_source", type: "text", about: "address as it left" },
  { name: "out_source_port", type: "integer", about: "" },
  { name: "out_destination", type: "text", about: "address as it left" },
  { name: "out_destination_port", type: "integer", about: "" },
  { name: "length", type: "integer", about: "bytes of the IP packet at its end" },
  { name: "ct_state", type: "text", about: "conntrack's state for it" },
  { name: "service", type: "text", about: "IPVS virtual service that took it" },
  { name: "server", type: "text", about: "IPVS server that it went to" },
  { name: "path", type: "integer", about: "packets with the same number took the same path" },
  { name: "path_words", type: "text", about: "the path's steps" },
  { name: "flow", type: "integer", about: "row of the flow table; absent in packets that the kernel made" },
] as const satisfies readonly Column[];

/** Of a flow: packets of both directions with the same protocol, addresses and ports as they arrived. */
export const FLOW_COLUMNS = [
  { name: "flow", type: "integer", about: "number, from 1, in the order of first packets" },
  { name: "first_packet", type: "integer", about: "" },
  { name: "last_packet", type: "integer", about: "" },
  { name: "first_time", type: "time", about: "" },
  { name: "last_time", type: "time", about: "" },
  { name: "protocol", type: "text", about: "" },
  { name: "source", type: "text", about: "of the first packet" },
  { name: "source_port", type: "integer", about: "" },
  { name: "destination", type: "text", about: "of the first packet" },
  { name: "destination_port", type: "integer", about: "" },
  { name: "packets", type: "integer", about: "both directions" },
  { name: "bytes", type: "integer", about: "of IP packets at their ends" },
  { name: "sent", type: "integer", about: "packets that were sent on" },
  { name: "delivered", type: "integer", about: "packets that the node itself took" },
  { name: "dropped", type: "integer", about: "packets that were dropped" },
  { name: "out_destination", type: "text", about: "where the first packet that left went" },
  { name: "out_destination_port", type: "integer", about: "" },
  { name: "out_source", type: "text", about: "who it came from when it left" },
  { name: "out_source_port", type: "integer", about: "" },
  { name: "service", type: "text", about: "IPVS virtual service that took the first packet" },
  { name: "server", type: "text", about: "IPVS server that it went to" },
] as const satisfies readonly Column[];

type ValueOf<T extends Column["type"]> = T extends "text"
  ? string
  : T extends "boolean"
    ? boolean
    : T extends "time"
      ? bigint
      : number;

/** A row; times are nanoseconds since 1970. What does not apply is undefined. */
export type Row<C extends readonly Column[]> = {
  readonly [K in C[number] as K["name"]]: ValueOf<K["type"]> | undefined;
};
/** A row of the packet table. */
export type PacketRow = Row<typeof PACKET_COLUMNS>;
/** A row of the flow table. */
export type FlowRow = Row<typeof FLOW_COLUMNS>;
