import { describe, expect, it } from "vitest";
import { type ConfigError, Emulator, listing, parseNode, readState, Verdicts } from "../../src/index.ts";
import { frameTo } from "../support/frames.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

const SYN = frameTo(MACS.eth0, "tcp 10.0.0.9:1000 > 10.1.0.9:80 S");
const ACK = frameTo(MACS.eth0, "tcp 10.0.0.9:1000 > 10.1.0.9:80 A");

async function router(files: Readonly<Record<string, string>> = {}) {
  const emulator = await Emulator.create(parseNode(nodeFiles(files)));
  const fates: string[] = [];
  const outputs: string[] = [];
  emulator.observe(new Verdicts(emulator, ({ fate, reason }) => fates.push(reason ? `${fate} ${reason}` : fate)));
  emulator.observe({ frame: ({ device }) => outputs.push(emulator.loaded.devices.names[device] || "local") });
  emulator.command("sysctl -w net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0");
  const send = (frame: Uint8Array): string => {
    emulator.send(frame, "eth0");
    return fates.at(-1)!;
  };
  return { emulator, outputs, send };
}

function refusal(emulator: Emulator, command: string): string {
  try {
    emulator.command(command);
    return "";
  } catch (error) {
    return (error as ConfigError).message;
  }
}

describe("`ip' in mid-run", () => {
  it("changes routes, and packets of open flows go the new way", async () => {
    const { emulator, outputs, send } = await router({
      "iptables.save":
        "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\nCOMMIT\n",
    });
    send(SYN);
    send(ACK);
    emulator.command("ip route add 10.1.0.9/32 via 10.0.0.9");
    send(ACK);
    emulator.command("ip route del 10.1.0.9");
    send(ACK);
    emulator.command("ip route replace blackhole 10.1.0.9/32");
    send(ACK);
    emulator.command("ip route change unreachable 10.1.0.9/32");
    send(ACK);
    expect(outputs).toEqual(["eth1", "eth1", "eth0", "eth1", "eth0"]);
  });

  it("changes addresses, and what rules remember of addrtype is forgotten", async () => {
    const rules = [
      "-A PREROUTING -m conntrack --ctstate NEW",
      "-A PREROUTING -m addrtype --dst-type LOCAL -j MARK --set-mark 1",
    ];
    const { emulator, send, outputs } = await router({
      "iptables.save": `*mangle\n:PREROUTING ACCEPT [0:0]\n${rules.join("\n")}\nCOMMIT\n`,
    });
    for (let i = 0; i < 3; i++) send(i === 0 ? SYN : ACK);
    emulator.command("ip addr add 10.1.0.9/32 dev eth0");
    send(ACK);
    emulator.command("ip addr del 10.1.0.9/32 dev eth0");
    send(ACK);
    expect(outputs).toEqual(["eth1", "eth1", "eth1", "local", "eth1"]);
    expect(readState(emulator).get("iptables.save")).toContain("[1:40] -A PREROUTING -m addrtype --dst-type LOCAL");
  });

  it("takes devices down and up: routes go, the addresses' own come back", async () => {
    const { emulator, send } = await router();
    emulator.command("ip route add 10.9.0.0/16 via 10.1.0.9 dev eth1");
    const far = frameTo(MACS.eth0, "udp 10.0.0.9:1 > 10.9.0.1:1");
    expect([send(SYN), send(far)]).toEqual(["sent", "sent"]);
    emulator.command("ip link set dev eth1 down");
    const [near] = [send(SYN), send(far)];
    emulator.command("ip link set eth1 up");
    expect([near, send(SYN), send(far)]).toEqual([
      "dropped no route to the destination",
      "sent",
      "dropped no route to the destination",
    ]);
  });

  it("changes policy rules and neighbours", async () => {
    const { emulator, send, outputs } = await router();
    emulator.command("ip route add default via 10.0.0.9 table 100");
    emulator.command("ip rule add from 10.0.0.0/24 to 10.1.0.0/24 lookup 100");
    send(SYN);
    emulator.command("ip rule del from 10.0.0.0/24 to 10.1.0.0/24 lookup 100");
    send(SYN);
    expect(outputs).toEqual(["eth0", "eth1"]);
    emulator.command("ip neigh del 10.1.0.9 dev eth1");
    emulator.command("ip neigh add 10.1.0.9 lladdr 02:aa:00:00:00:01 dev eth1");
    const macs: string[] = [];
    emulator.observe({ frame: ({ bytes }) => macs.push(Buffer.from(bytes.slice(0, 6)).toString("hex")) });
    send(SYN);
    expect(macs).toEqual(["02aa00000001"]);
  });

  it.each([
    ["ip route add 10.1.0.0/24 dev eth1", "ip: RTNETLINK answers: File exists"],
    ["ip route del 10.77.0.0/16", "ip: RTNETLINK answers: No such process"],
    ["ip route add 10.77.0.0/16 via 10.55.0.1", "ip: Error: Nexthop has invalid gateway."],
    ["ip route add 10.77.0.0/16 dev eth7", 'ip: Cannot find device "eth7"'],
    ["ip addr add 10.1.0.1/24 dev eth1", "ip: RTNETLINK answers: File exists"],
    ["ip addr del 10.1.0.99/24 dev eth1", "ip: RTNETLINK answers: Cannot assign requested address"],
    ["ip neigh del 10.1.0.77 dev eth1", "ip: RTNETLINK answers: No such file or directory"],
    ["ip tunnel add x", "ip tunnel is not emulated: only addr, link, neigh, route and rule are"],
    ["ip route add 10.77.0.0/16 dev eth1 encap mpls 1", "ip: `encap' is not emulated"],
    [
      "tc qdisc show",
      "unknown command `tc': only iptables, ip6tables, ipset, ipvsadm, ip, conntrack and sysctl are understood",
    ],
  ])("refuses `%s' with its place", async (command, message) => {
    const { emulator } = await router();
    expect(refusal(emulator, command)).toMatch(/^command:1:\d+: /);
    expect(refusal(emulator, command)).toContain(message);
  });
});

describe("`conntrack' in mid-run", () => {
  const RULES = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m conntrack --ctstate NEW\nCOMMIT\n";
  const flows = async () => {
    const made = await router({ "iptables.save": RULES });
    for (const port of [1000, 1001, 1002]) {
      made.emulator.send(frameTo(MACS.eth0, `udp 10.0.0.9:${port} > 10.1.0.9:53`), "eth0");
    }
    const ports = () =>
      [
        ...readState(made.emulator)
          .get("conntrack.txt")!
          .matchAll(/udp .*?sport=(\d+)/g),
      ]
        .map(([, port]) => Number(port))
        .sort();
    return { ...made, ports };
  };

  it("ends the connections that it is asked for", async () => {
    const { emulator, ports } = await flows();
    emulator.command("conntrack -D -p udp --sport 1001");
    expect(ports()).toEqual([1000, 1002]);
    emulator.command("conntrack -D -p tcp");
    emulator.command("conntrack -D -s 10.0.1.0/24");
    expect(ports()).toEqual([1000, 1002]);
    emulator.command("conntrack --delete --src 10.0.0.0/24 --orig-port-src=1002");
    expect(ports()).toEqual([1000]);
    emulator.command("conntrack -F");
    expect(ports()).toEqual([]);
  });

  it("changes mark and time of them", async () => {
    const { emulator } = await flows();
    emulator.command("conntrack -U -p udp --sport 1000 --mark 0x10/0xf0 -t 5");
    emulator.command("conntrack -U -p udp --sport 1001 -u ASSURED,SEEN_REPLY");
    const lines = readState(emulator).get("conntrack.txt")!.split("\n");
    expect(lines.find((line) => line.includes("sport=1000"))).toMatch(/^ipv4 +2 udp +17 5 .* mark=16 /);
    expect(lines.find((line) => line.includes("sport=1001"))).toMatch(/^ipv4 +2 udp +17 30 .*\[ASSURED\]/);
    emulator.runUntil(6_000_000_000n);
    expect(readState(emulator).get("conntrack.txt")).not.toContain("sport=1000");
  });

  it.each([
    ["conntrack -L", "only -D, -U and -F change connections"],
    ["conntrack -p tcp", "only -D, -U and -F change connections"],
    ["conntrack -D --label x", "the option --label is not emulated"],
    ["conntrack -D -s nowhere", "`nowhere' is no address"],
  ])("refuses `%s'", async (command, message) => {
    const { emulator } = await flows();
    expect(refusal(emulator, command)).toContain(message);
  });
});

describe("other tools in mid-run", () => {
  it("change sets, services and settings", async () => {
    const { emulator, send } = await router({
      "ipset.save": "create black hash:ip family inet hashsize 1024 maxelem 65536\n",
      "iptables.save": "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m set --match-set black src -j DROP\nCOMMIT\n",
      "ipvsadm.save": "",
    });
    expect(send(SYN)).toBe("sent");
    emulator.command("ipset add black 10.0.0.9");
    expect(send(SYN)).toBe("dropped by a rule");
    emulator.command("ipset flush black");
    emulator.command("sysctl -w net.ipv4.ip_forward=0");
    expect(send(SYN)).toBe("dropped forwarding is off");
    emulator.command("ipvsadm -A -t 10.0.0.1:80 -s rr");
    emulator.command("ipvsadm -a -t 10.0.0.1:80 -r 10.1.0.9:80 -m");
    expect(send(frameTo(MACS.eth0, "tcp 10.0.0.9:1000 > 10.0.0.1:80 S"))).toBe("sent");
    expect(listing(emulator, "ipvsadm -Ln")).toContain(
      "  -> 10.1.0.9:80                  Masq    1      1          0         ",
    );
    expect(refusal(emulator, "ipvsadm -D -t 10.0.0.1:81")).toBe("command:1:1: ipvsadm: No such service");
    expect(refusal(emulator, "ipset destroy black")).toBe(
      "command:1:1: ipset: Set cannot be destroyed: it is in use by a kernel component",
    );
    emulator.command("ipset create black6 hash:ip family inet6");
    expect(refusal(emulator, "iptables -A FORWARD -m set --match-set black6 src")).toContain(
      "The protocol family of set black6 is IPv6, which is not applicable.",
    );
  });
});
