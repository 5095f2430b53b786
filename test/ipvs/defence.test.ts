import { describe, expect, it } from "vitest";
import { stateText } from "../../src/report/ipvs-connections.ts";
import { Director } from "../support/director.ts";

const VIP = "10.96.200.1:80";
const SERVICE = ["-A -t 10.96.200.1:80 -s rr", `-a -t ${VIP} -r 10.1.0.1:8080 -m`];

/** 200 half-open connections and one that is established, left alone for 50 seconds. */
async function flooded(mode: string) {
  const sysctls = { "net.ipv4.vs.drop_entry": mode };
  const director = await Director.create({ local: "10.96.200.1", services: SERVICE, sysctls });
  for (let port = 2000; port < 2200; port++) {
    director.send({ from: `192.0.2.1:${port}`, to: VIP, protocol: "tcp", flags: "S" });
  }
  for (const flags of ["S", "A"]) director.send({ from: "192.0.2.2:2000", to: VIP, protocol: "tcp", flags });
  for (let second = 0; second < 50; second++) {
    director.wait(1);
    director.state();
  }
  const states = director.connections().map(stateText);
  const count = (state: string) => states.filter((each) => each === state).length;
  return { halfOpen: count("SYN_RECV"), established: count("ESTABLISHED"), server: director.state().servers[0]! };
}

describe("drop_entry", () => {
  it("3 drops half-open connections, a 32nd of the table looked at every second, and spares what was just used", async () => {
    const { halfOpen, established, server } = await flooded("3");
    // (1 - 1/4096) ^ (128 * 50) of them are left: 21 %, of 200.
    expect(halfOpen).toBeGreaterThan(20);
    expect(halfOpen).toBeLessThan(70);
    expect(established).toBe(1);
    expect(server.active).toBe(halfOpen + 1);
  });

  it.each(["0", "1", "2"])("%s drops nothing, as long as the node has memory", async (mode) => {
    const { halfOpen, established } = await flooded(mode);
    expect([halfOpen, established]).toEqual([200, 1]);
  });
});
