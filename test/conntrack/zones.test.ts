import { beforeEach, describe, expect, it } from "vitest";
import { Firewall } from "../support/firewall.ts";
import { ipv4, udp } from "../support/ip.ts";

const CLIENT = "10.1.0.9";
const SERVER = "10.2.0.9";

const question = (port = 53) =>
  ipv4({ from: CLIENT, to: SERVER, protocol: 17, payload: udp(4000, port, Uint8Array.of(1)) });
const answer = () => ipv4({ from: SERVER, to: CLIENT, protocol: 17, payload: udp(53, 4000, Uint8Array.of(2)) });

let firewall: Firewall;
beforeEach(async () => {
  firewall = await Firewall.create();
});

/** Zones of a CT rule for packets of eth0 and for those of eth1, and then what conntrack says of an answer. */
function load(...raw: readonly string[]): void {
  firewall.load(4, {
    raw,
    filter: ["-A FORWARD -m conntrack --ctstate NEW", "-A FORWARD -m conntrack --ctstate ESTABLISHED"],
  });
}

// Zones are of nf_ct_zone_tmpl and nf_ct_key_equal (net/netfilter/nf_conntrack_core.c); no recorded kernel has them.
describe("a zone", () => {
  it("of both directions keeps connections of the same addresses apart", () => {
    load(
      "-A PREROUTING -i eth0 -m mark --mark 0 -p udp -m length --length 29 -j CT --zone 1",
      "-A PREROUTING -j CT --zone 2",
    );
    firewall.send(question());
    firewall.send(answer(), 1, "eth1");
    expect(firewall.connections().map(zoneWords)).toEqual(["UNREPLIED zone=1", "UNREPLIED zone=2"]);
    expect(firewall.counters(4)).toEqual(["[2:58]", "[0:0]"]);
  });

  it("of both directions takes an answer that comes in the same zone", () => {
    load("-A PREROUTING -j CT --zone 7");
    firewall.send(question());
    firewall.send(answer(), 1, "eth1");
    expect(firewall.connections().map(zoneWords)).toEqual(["zone=7"]);
    expect(firewall.counters(4)).toEqual(["[1:29]", "[1:29]"]);
  });

  it("of the original direction alone takes answers from the default zone", () => {
    load("-A PREROUTING -i eth0 -j CT --zone-orig 3");
    firewall.send(question());
    firewall.send(answer(), 1, "eth1");
    expect(firewall.connections().map(zoneWords)).toEqual(["zone-orig=3"]);
    expect(firewall.counters(4)).toEqual(["[1:29]", "[1:29]"]);
  });

  it("of the reply direction alone takes answers in that zone only", () => {
    load("-A PREROUTING -i eth0 -j CT --zone-reply 4", "-A PREROUTING -i eth1 -j CT --zone 5");
    firewall.send(question());
    firewall.send(answer(), 1, "eth1");
    expect(firewall.connections().map(zoneWords)).toEqual(["UNREPLIED zone-reply=4", "UNREPLIED zone=5"]);
  });

  it("may be the packet's mark", () => {
    load("-A PREROUTING -i eth0 -j CT --zone mark", "-A PREROUTING -i eth1 -j CT --zone mark");
    firewall.send(question());
    firewall.send(answer(), 1, "eth1");
    expect(firewall.connections().map(zoneWords)).toEqual(["zone=none"]);
  });
});

/** What of a line tells zones. */
function zoneWords(line: string): string {
  const zone = /zone(?:-orig|-reply)?=\d+/.exec(line)?.[0] ?? "zone=none";
  return line.includes("[UNREPLIED]") ? `UNREPLIED ${zone}` : zone;
}
