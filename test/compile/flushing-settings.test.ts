import { describe, expect, it } from "vitest";
import { flushesRoutes } from "../../src/compile/flushing-settings.ts";

const BEFORE = new Map([
  ["net.ipv4.ip_forward", "1"],
  ["net.ipv4.conf.eth0.accept_local", "1"],
]);

describe("settings for which the kernel forgets its routes", () => {
  it.each([
    ["net.ipv4.route.flush", "1", true],
    ["net.ipv4.ip_forward", "0", true],
    ["net.ipv4.ip_forward", "1", false],
    ["net.ipv4.conf.eth0.accept_local", "0", true],
    ["net.ipv4.conf.eth0.accept_local", "1", false],
    ["net.ipv4.conf.all.route_localnet", "1", true],
    ["net.ipv4.conf.all.rp_filter", "2", false],
    ["net.ipv4.vs.conntrack", "1", false],
    ["net.ipv6.conf.all.forwarding", "1", false],
  ])("%s = %s: %s", (name, value, flushes) => {
    expect(flushesRoutes(new Map([[name, value]]), BEFORE)).toBe(flushes);
  });
});
