import { beforeEach, describe, expect, it } from "vitest";
import { ipv4 } from "../support/ip.ts";
import type { Network } from "../support/network.ts";
import { connections, trackedNetwork } from "../support/tracked.ts";

const FLAGS = { F: 1, S: 2, R: 4, P: 8, A: 16 } as const;
const CLIENT = { address: "10.1.0.2", port: 40000, device: "eth0" } as const;
const SERVER = { address: "10.2.0.9", port: 80, device: "eth1" } as const;

/** A TCP connection of a client and a server through the node, packet by packet. */
class Connection {
  readonly #network: Network;
  #seconds = 0;

  constructor(network: Network) {
    this.#network = network;
  }

  wait(seconds: number): void {
    this.#seconds += seconds;
  }

  /** The client sends a segment with these flags. */
  client(flags: string, seq: number, ack = 0): void {
    this.#send(CLIENT, SERVER, flags, seq, ack);
  }

  server(flags: string, seq: number, ack = 0): void {
    this.#send(SERVER, CLIENT, flags, seq, ack);
  }

  open(): void {
    this.client("S", 1000);
    this.server("SA", 5000, 1001);
    this.client("A", 1001, 5001);
  }

  /** State, seconds left and packets of both directions, as the table says. */
  get status(): string | undefined {
    this.#network.waitUntil(this.#seconds);
    const [line] = connections(this.#network);
    const words = line?.match(/^ipv4 +2 tcp +6 (\d+ \w+) .*?packets=(\d+) .*?packets=(\d+)/);
    return words ? `${words[1]} ${words[2]}/${words[3]}` : undefined;
  }

  #send(
    from: typeof CLIENT | typeof SERVER,
    to: typeof CLIENT | typeof SERVER,
    flags: string,
    seq: number,
    ack: number,
  ) {
    const payload = new Uint8Array(20);
    const view = new DataView(payload.buffer);
    view.setUint16(0, from.port);
    view.setUint16(2, to.port);
    view.setUint32(4, seq);
    view.setUint32(8, ack);
    view.setUint8(12, 0x50);
    view.setUint8(
      13,
      [...flags].reduce((sum, flag) => sum | FLAGS[flag as keyof typeof FLAGS], 0),
    );
    view.setUint16(14, 1000);
    const packet = ipv4({ from: from.address, to: to.address, protocol: 6, payload });
    this.#network.send(from.device, packet, this.#seconds);
  }
}

describe("a tracked TCP connection", () => {
  let network: Network;
  let connection: Connection;

  beforeEach(async () => {
    network = await trackedNetwork({}, { verifyChecksums: false });
    connection = new Connection(network);
  });

  it("goes through its states, each with its time", () => {
    const seen: (string | undefined)[] = [];
    const note = (act: () => void) => {
      act();
      seen.push(connection.status);
    };
    note(() => connection.client("S", 1000));
    note(() => connection.server("SA", 5000, 1001));
    note(() => connection.client("A", 1001, 5001));
    note(() => connection.client("FA", 1001, 5001));
    note(() => connection.server("A", 5001, 1002));
    note(() => connection.server("FA", 5001, 1002));
    note(() => connection.client("A", 1002, 5002));
    expect(seen).toEqual([
      "120 SYN_SENT 1/0",
      "60 SYN_RECV 1/1",
      "432000 ESTABLISHED 2/1",
      "120 FIN_WAIT 3/1",
      "60 CLOSE_WAIT 3/2",
      "30 LAST_ACK 3/3",
      "120 TIME_WAIT 4/3",
    ]);
  });

  it("does not count what lies outside the window", () => {
    connection.open();
    connection.client("A", 900_000, 5001);
    expect(connection.status).toBe("432000 ESTABLISHED 2/1");
  });

  it("forgets its window when tracking was off in between", () => {
    connection.open();
    network.core.resumeTracking(4);
    connection.client("A", 900_000, 5001);
    expect(connection.status).toBe("432000 ESTABLISHED 3/1");
  });

  it("is gone at once when its SYN is refused", () => {
    connection.client("S", 1000);
    connection.server("RA", 0, 1001);
    expect(connection.status).toBeUndefined();
  });

  it("begins anew with a SYN in TIME_WAIT", () => {
    connection.open();
    connection.client("FA", 1001, 5001);
    connection.server("FA", 5001, 1002);
    connection.client("A", 1002, 5002);
    connection.client("S", 77_000);
    expect(connection.status).toBe("120 SYN_SENT 1/0");
  });

  it("is not kept alive by repeated SYNs", () => {
    connection.client("S", 1000);
    connection.wait(100);
    connection.client("S", 1000);
    expect(connection.status).toBe("20 SYN_SENT 1/0");
  });
});
