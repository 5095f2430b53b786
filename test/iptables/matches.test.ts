import { describe, expect, it } from "vitest";
import { Firewall } from "../support/firewall.ts";
import { ipv4, ipv6, tcp, udp } from "../support/ip.ts";

const FROM = "10.1.0.9";
const TO = "10.2.0.9";
const TCP = 6;

const syn = (to: number, options?: readonly number[]) =>
  ipv4({ from: FROM, to: TO, protocol: TCP, payload: tcp({ from: 40000, to, options }) });
const datagram = (to: number, data: string) =>
  ipv4({ from: FROM, to: TO, payload: udp(40000, to, new TextEncoder().encode(data)) });
const sctp = (...chunks: readonly number[]) =>
  ipv4({ from: FROM, to: TO, protocol: 132, payload: Uint8Array.of(0, 9, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, ...chunks) });

/** What happened to the packet, and did the rule count it? */
async function verdict(rule: string, packet: Uint8Array): Promise<string> {
  const firewall = await Firewall.create();
  const family = packet[0]! >> 4 === 4 ? 4 : 6;
  firewall.load(family, { filter: [`-A FORWARD ${rule}`] });
  const out = firewall.send(packet);
  const counted = !firewall.counters(family)[0]!.startsWith("[0:");
  return `${counted ? "counted" : "passed over"}, ${out.some(({ device }) => device === "eth1") ? "sent" : "dropped"}`;
}

const MATCH = "counted, sent";
const NO_MATCH = "passed over, sent";
const HOTDROP = "passed over, dropped";
const MSS_1460 = [2, 4, 5, 0xb4];

describe("a rule", () => {
  it.each([
    ["-p tcp -m tcp --dport 80:90", syn(85), MATCH],
    ["-p tcp -m tcp ! --dport 80:90", syn(85), NO_MATCH],
    ["-p tcp -m tcp --tcp-flags SYN,ACK SYN", syn(85), MATCH],
    ["-p tcp -m tcp --tcp-flags SYN,ACK ACK", syn(85), NO_MATCH],
    ["-p tcp -m tcp --tcp-option 2", syn(80, MSS_1460), MATCH],
    ["-p tcp -m tcp ! --tcp-option 2", syn(80, MSS_1460), NO_MATCH],
    ["-p tcp -m tcp ! --tcp-option 8", syn(80), MATCH],
    ["-p tcp -m tcpmss --mss 1000:1460", syn(80, MSS_1460), MATCH],
    ["-p tcp -m tcpmss ! --mss 1461:9000", syn(80), MATCH],
    ["-p udp -m multiport --ports 7,40000:40009", datagram(53, "x"), MATCH],
    ["-p udp -m multiport ! --sports 40000", datagram(53, "x"), NO_MATCH],
    ["-m string --algo kmp --string GET", datagram(53, "a GET b"), MATCH],
    ["-m string --algo bm --icase --string get", datagram(53, "a GeT b"), MATCH],
    ["-m string --algo bm --string GET --from 20 --to 33", datagram(53, "a GET b"), MATCH],
    ["-m string --algo bm --string GET --from 20 --to 32", datagram(53, "a GET b"), NO_MATCH],
    ['-m u32 --u32 "0>>22&0x3C@4>>16=9:20"', datagram(53, "x"), MATCH],
    ['-m u32 ! --u32 "6&0xFF=17"', datagram(53, "x"), NO_MATCH],
    ['-m u32 --u32 "200=0"', datagram(53, "x"), NO_MATCH],
    ["-m length --length 29", datagram(53, "x"), MATCH],
    ["-m ttl --ttl-lt 64", datagram(53, "x"), MATCH],
    ["-m ttl --ttl-gt 63", datagram(53, "x"), NO_MATCH],
    ["-m dscp ! --dscp 0x00", datagram(53, "x"), NO_MATCH],
    ["-m mac --mac-source 02:09:09:09:09:09", datagram(53, "x"), MATCH],
    ["-m pkttype ! --pkt-type unicast", datagram(53, "x"), NO_MATCH],
    ["-m iprange --src-range 10.1.0.8-10.1.0.9", datagram(53, "x"), MATCH],
    ["-m iprange ! --dst-range 10.2.0.10-10.2.0.20", datagram(53, "x"), MATCH],
    ["-m addrtype --dst-type LOCAL", datagram(53, "x"), NO_MATCH],
    ["-m addrtype ! --src-type LOCAL,MULTICAST", datagram(53, "x"), MATCH],
    ["-m conntrack --ctstate NEW --ctorigsrc 10.1.0.0/24 --ctorigdstport 53", datagram(53, "x"), MATCH],
    ["-m conntrack ! --ctproto udp", datagram(53, "x"), NO_MATCH],
    ["-m conntrack --ctdir REPLY", datagram(53, "x"), NO_MATCH],
    ["-m connmark ! --mark 7", datagram(53, "x"), MATCH],
    ["-m physdev ! --physdev-is-in", datagram(53, "x"), MATCH],
    ["-m cpu --cpu 0", datagram(53, "x"), MATCH],
    ["-m quota --quota 28", datagram(53, "x"), NO_MATCH],
    ["-m time --weekdays Thu", datagram(53, "x"), MATCH],
    ["-m time --monthdays 2", datagram(53, "x"), NO_MATCH],
    ["-i eth+ ! -o eth0", datagram(53, "x"), MATCH],
    ["-p sctp -m sctp --chunk-types any INIT", sctp(1, 0, 0, 4), MATCH],
    ["-p sctp -m sctp --chunk-types all INIT,DATA", sctp(1, 0, 0, 4), NO_MATCH],
    ["-p sctp -m sctp --chunk-types only INIT,DATA", sctp(1, 0, 0, 4, 0, 3, 0, 4), MATCH],
    ["-p sctp -m sctp --chunk-types only DATA:BE", sctp(0, 2, 0, 4), NO_MATCH],
  ])("%s", async (rule, packet, expected) => {
    expect(await verdict(rule, packet)).toBe(expected);
  });

  it.each([
    [
      "-p tcp -m tcp --dport 80",
      ipv4({ from: FROM, to: TO, protocol: TCP, payload: tcp({ from: 1, to: 2 }).slice(0, 12) }),
    ],
    ["-p tcp -m tcp --dport 80", ipv4({ from: FROM, to: TO, protocol: TCP, offset: 8, payload: new Uint8Array(32) })],
    ["-p udp -m udp --dport 80", ipv4({ from: FROM, to: TO, payload: new Uint8Array(4) })],
    ["-p sctp -m sctp --chunk-types any INIT", sctp(1, 0, 0, 0)],
  ])("drops what it cannot read: %s", async (rule, packet) => {
    const firewall = await Firewall.create({ conntrack: false });
    firewall.load(4, { filter: [`-A FORWARD ${rule}`] });
    expect(firewall.send(packet)).toEqual([]);
    expect(firewall.save(4)).toContain(":FORWARD ACCEPT [0:0]");
    expect(firewall.counters(4)).toEqual(["[0:0]"]);
  });

  it("counts before it drops where an inverted chunk test meets a broken chunk", async () => {
    expect(await verdict("-p sctp -m sctp ! --chunk-types any INIT", sctp(1, 0, 0, 0))).toBe("counted, dropped");
  });

  const headers = (next: number, ...bytes: readonly number[]) =>
    ipv6({
      from: "fd01::9",
      to: "fd02::9",
      next,
      payload: Uint8Array.from([...bytes, ...udp(9, 53, new Uint8Array(4))]),
    });

  it.each([
    ["-m ipv6header --header dst --soft", headers(60, 17, 0, 1, 4, 0, 0, 0, 0), MATCH],
    ["-m ipv6header --header dst", headers(60, 17, 0, 1, 4, 0, 0, 0, 0), NO_MATCH],
    ["-m ipv6header --header dst,prot", headers(60, 17, 0, 1, 4, 0, 0, 0, 0), MATCH],
    ["-m dst --dst-len 8", headers(60, 17, 0, 1, 4, 0, 0, 0, 0), MATCH],
    ["-m dst --dst-opts 1:4", headers(60, 17, 0, 1, 4, 0, 0, 0, 0), MATCH],
    ["-m dst --dst-opts 1:5", headers(60, 17, 0, 1, 4, 0, 0, 0, 0), NO_MATCH],
    ["-p udp -m udp --dport 53", headers(60, 17, 0, 1, 4, 0, 0, 0, 0), MATCH],
    ["-m rt --rt-type 2", headers(60, 17, 0, 1, 4, 0, 0, 0, 0), NO_MATCH],
    ["-p ah -m ah --ahspi 7", headers(17), NO_MATCH],
    ["-m ah --ahspi 5:9", headers(51, 17, 1, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1), MATCH],
    ["-m hl --hl-eq 63", headers(17), MATCH],
    ["-p ipv6-icmp -m icmp6 --icmpv6-type 128", headers(17), NO_MATCH],
    ["-d fd02::/64 ! -s fd01::/65", headers(17), NO_MATCH],
    ["-m dst --dst-len 8", headers(60, 17, 9, 1, 4), HOTDROP],
  ])("IPv6: %s", async (rule, packet, expected) => {
    expect(await verdict(rule, packet)).toBe(expected);
  });
});

describe("a rule with a memory", () => {
  const packet = datagram(53, "x");

  /** Whether the rule counted each packet; packets come one every `step` seconds. */
  async function answers(rule: string, count: number, step = 0): Promise<string> {
    const firewall = await Firewall.create();
    firewall.load(4, { filter: [`-A FORWARD ${rule}`] });
    let before = "[0:0]";
    let text = "";
    for (let i = 0; i < count; i++) {
      firewall.send(packet, i * step);
      const now = firewall.counters(4)[0]!;
      text += now === before ? "." : "x";
      before = now;
    }
    return text;
  }

  it.each([
    ["-m statistic --mode nth --every 3 --packet 1", 0, ".x..x..x"],
    ["-m limit --limit 1/second --limit-burst 2", 0.5, "xxx.x.x."],
    ["-m quota --quota 100", 0, "xxx....."],
    ["-m connbytes --connbytes 3:5 --connbytes-dir original --connbytes-mode packets", 0, "..xxx..."],
    [
      "-m hashlimit --hashlimit-upto 1/sec --hashlimit-burst 1 --hashlimit-mode srcip --hashlimit-name h",
      0.5,
      "x.x.x.x.",
    ],
    ["-m recent --name r --set", 0, "xxxxxxxx"],
    ["-m recent --name r --update --seconds 1", 0, "........"],
    ["-m connlimit --connlimit-above 0", 0, "xxxxxxxx"],
    ["-m connlimit --connlimit-above 1", 0, "........"],
  ])("%s, every %d s: %s", async (rule, step, expected) => {
    expect(await answers(rule, expected.length, step)).toBe(expected);
  });

  it("begins anew with every change of its table, while lists of addresses stay", async () => {
    const firewall = await Firewall.create();
    const rules = ["-A FORWARD -m limit --limit 1/hour --limit-burst 1", "-A FORWARD -m recent --name seen --rcheck"];
    const set = "-A FORWARD -m recent --name seen --set";
    firewall.load(4, { filter: [...rules, set] });
    firewall.send(packet);
    firewall.send(packet);
    expect(firewall.counters(4)).toEqual(["[1:29]", "[1:29]", "[2:58]"]);
    firewall.load(4, { filter: [...rules, set] });
    firewall.send(packet);
    expect(firewall.counters(4)).toEqual(["[1:29]", "[1:29]", "[1:29]"]);
  });
});
