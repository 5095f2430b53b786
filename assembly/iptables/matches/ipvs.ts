import {
  IPVS_TEST_ADDRESS,
  IPVS_TEST_CONTROL_PORT,
  IPVS_TEST_DIRECTION,
  IPVS_TEST_METHOD,
  IPVS_TEST_PORT,
  IPVS_TEST_PROPERTY,
  IPVS_TEST_PROTOCOL,
} from "../../abi/rule";
import { IpvsConnection } from "../../ipvs/connection";
import { findHandled } from "../../ipvs/index";
import { Packet } from "../../packet/packet";
import { CONSULTED_STATE, context } from "../context";

/** -m ipvs (net/netfilter/xt_ipvs.c). `tests` and `inverted` are `IPVS_TEST_*` bits. */
@unmanaged
export class IpvsTest {
  address0: u64;
  address1: u64;
  mask0: u64;
  mask1: u64;
  tests: u32;
  inverted: u32;
  /** A `ForwardMethod`. */
  method: u32;
  port: u16;
  controlPort: u16;
  protocol: u8;
}

export function matchesIpvs(packet: Packet, test: IpvsTest): bool {
  context.consulted |= CONSULTED_STATE;
  const isHandled = packet.ipvsProperty != 0;
  if (test.tests == IPVS_TEST_PROPERTY) return isHandled != ((test.inverted & IPVS_TEST_PROPERTY) != 0);
  if (!isHandled) return false;
  const protocol: i32 = packet.brokenChain ? -1 : packet.protocol;
  if (!agrees(test, IPVS_TEST_PROTOCOL, protocol == test.protocol)) return false;
  const connection = findHandled(packet);
  if (connection === null) return false;
  return (
    agrees(test, IPVS_TEST_PORT, connection.virtualPort == test.port) &&
    agrees(test, IPVS_TEST_CONTROL_PORT, controlPort(connection) == test.controlPort) &&
    agreesDirection(packet, test) &&
    agrees(test, IPVS_TEST_METHOD, connection.method == test.method) &&
    agrees(test, IPVS_TEST_ADDRESS, isAt(connection, test, packet.family))
  );
}

/** Is the test not asked for, or its answer as asked for? */
function agrees(test: IpvsTest, bit: u32, answer: bool): bool {
  if (!(test.tests & bit)) return true;
  return answer != ((test.inverted & bit) != 0);
}

/** Virtual port of the template or control connection; -1 without one. */
function controlPort(connection: IpvsConnection): i32 {
  return connection.control == 0 ? -1 : changetype<IpvsConnection>(connection.control).virtualPort;
}

/** The direction is conntrack's; without an entry there is none. */
function agreesDirection(packet: Packet, test: IpvsTest): bool {
  if (!(test.tests & IPVS_TEST_DIRECTION)) return true;
  if (packet.ct == 0) return false;
  return packet.isReply == ((test.inverted & IPVS_TEST_DIRECTION) != 0);
}

function isAt(connection: IpvsConnection, test: IpvsTest, family: u32): bool {
  if (family == 4) return ((<u32>connection.virtual0 ^ <u32>test.address0) & <u32>test.mask0) == 0;
  return (
    ((connection.virtual0 ^ test.address0) & test.mask0) == 0 &&
    ((connection.virtual1 ^ test.address1) & test.mask1) == 0
  );
}
