import { EXPECT_INACTIVE, EXPECT_PERMANENT, EXPECT_USERSPACE } from "../../assembly/abi/conntrack.ts";
import { ConfigError } from "../config/error.ts";
import type { Core } from "../core/core.ts";
import { ExpectationRecordLayout } from "../core/layout.generated.ts";
import { type Field, setNumber } from "../core/record.ts";
import type { Address } from "../model/address.ts";
import type { ConntrackExpectation } from "../model/conntrack.ts";
import { HELPERS } from "./helper.ts";

const FLAGS = { PERMANENT: EXPECT_PERMANENT, INACTIVE: EXPECT_INACTIVE, USERSPACE: EXPECT_USERSPACE } as const;

/**
 * Puts what a node's helpers expect into the core, after the connections that expect it.
 *
 * @throws ConfigError where a connection has no helper, or expects more than it may.
 */
export function loadExpectations(core: Core, expectations: readonly ConntrackExpectation[]): void {
  // The listing begins with any: nothing depends on the order but which of two falls out where only one may be.
  for (const expectation of expectations) {
    writeExpectation(core, core.expectationToRestore(), expectation);
    if (!core.restoreExpectation()) {
      throw new ConfigError("ERR_VALUE", expectation.at, "the connection that expects this has no helper");
    }
  }
}

function writeExpectation(core: Core, record: number, expectation: ConntrackExpectation): void {
  const layout = ExpectationRecordLayout;
  const view = new DataView(core.memory.buffer);
  const bytes = new Uint8Array(core.memory.buffer);
  const set = (field: Field, value: number) => setNumber(view, record, field, value);
  const setAddress = (field: Field, address: Address) => bytes.set(address, record + field.offset);
  const { master } = expectation;
  bytes.fill(0, record, record + layout.byteLength);
  setAddress(layout.source0, expectation.source);
  setAddress(layout.destination0, expectation.destination);
  setAddress(layout.mask0, expectation.sourceMask);
  setAddress(layout.masterSource0, master.source);
  setAddress(layout.masterDestination0, master.destination);
  set(layout.secondsLeft, expectation.secondsLeft);
  set(layout.sourcePort, expectation.sourcePort);
  set(layout.destinationPort, expectation.destinationPort);
  set(layout.sourcePortMask, expectation.sourcePortMask);
  set(layout.masterSourcePort, master.sourcePort);
  set(layout.masterDestinationPort, master.destinationPort);
  set(layout.masterZone, master.zone);
  set(layout.family, expectation.family);
  set(layout.protocol, expectation.protocol);
  set(
    layout.flags,
    expectation.flags.reduce((bits, flag) => bits | FLAGS[flag], 0),
  );
  set(layout.class, expectation.class);
  set(layout.helper, HELPERS.get(expectation.helper) ?? 0);
}
