import { describe, expect, it } from "vitest";
import { Director } from "../support/director.ts";

const VIP = "10.96.200.1:80";
const SERVICE = [`-A -t ${VIP} -s rr`, `-a -t ${VIP} -r 10.1.0.1:8080 -m`, `-a -t ${VIP} -r 10.1.0.2:8080 -m`];
/** The table has 4096 buckets and doubles with 2048, 4096 and 8192 connections: here it is seen before, within and after it. */
const LOOKS = new Set([2047, 2048, 2300, 3072, 3073, 4095, 4096, 5000, 6144, 8192, 9000]);

const client = (number: number) => `192.0.${2 + (number >> 12)}.1:${2000 + (number & 4095)}`;

describe("the connection table while it grows", () => {
  it("lists every connection once, and finds each again", async () => {
    const director = await Director.create({ local: "10.96.200.1", services: SERVICE });
    const listed = () => director.connections().map(({ client: [, , third], clientPort }) => `${third}:${clientPort}`);
    const send = (number: number) =>
      director
        .send({ from: client(number), to: VIP, protocol: "tcp", flags: "S" })[0]!
        .packet.subarray(16, 20)
        .join(".");
    const servers: string[] = [];
    for (let number = 0; number < 9001; number++) {
      if (LOOKS.has(number)) {
        const names = listed();
        expect(names.length).toBe(number);
        expect(new Set(names).size).toBe(number);
        for (let known = 0; known < number; known += 7) expect(send(known)).toBe(servers[known]);
      }
      servers.push(send(number));
    }
    expect(director.connections().length).toBe(9001);
    director.wait(100);
    expect(director.connections()).toEqual([]);
  });
});
