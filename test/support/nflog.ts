const AF_INET = 2;
const AF_INET6 = 10;
/** `struct nfgenmsg`, and the header of an attribute: length, type. */
const NFLOG_HEADER = 4;
const ATTRIBUTE_HEADER = 4;
const NFULA_PAYLOAD = 9;

/** An IP packet as a record of an NFLOG capture, little-endian: the node's socket has sent it already. */
export function nflogRecord(packet: Uint8Array): Uint8Array {
  const record = new Uint8Array(NFLOG_HEADER + ATTRIBUTE_HEADER + packet.length);
  const view = new DataView(record.buffer);
  record[0] = packet[0]! >> 4 === 4 ? AF_INET : AF_INET6;
  view.setUint16(NFLOG_HEADER, ATTRIBUTE_HEADER + packet.length, true);
  view.setUint16(NFLOG_HEADER + 2, NFULA_PAYLOAD, true);
  record.set(packet, NFLOG_HEADER + ATTRIBUTE_HEADER);
  return record;
}
