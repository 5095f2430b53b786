import { describe, expect, it } from "vitest";
import { Emulator, parseNode } from "../../src/index.ts";
import { Director } from "../support/director.ts";
import { frameTo } from "../support/frames.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

/** Packets that came in and what Linux 6.1.176 sent, byte for byte; the node is 10.9.9.1, the client 192.0.2.1. */
const VIRTUAL = "10.96.200.1";
const UDP_SERVICE = ["-A -u 10.96.200.1:80 -s rr", "-a -u 10.96.200.1:80 -r 10.1.0.1:8080 -m"];

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

function hex(packet: Uint8Array): string {
  return Buffer.from(packet).toString("hex");
}

async function directorWith(services: readonly string[], sysctls: Readonly<Record<string, string>> = {}) {
  return Director.create({ local: VIRTUAL, services, sysctls });
}

/** Without identification and header checksum, which the kernel chooses for packets of its own. */
function withoutIdentification(packet: string): string {
  return `${packet.slice(0, 8)}----${packet.slice(12, 20)}----${packet.slice(24)}`;
}

describe("masquerading", () => {
  it.each([
    {
      what: "a request",
      arrives: "45000021000840004011a661c00002010a60c8011b590050000d0bf668656c6c6f",
      leaves: "45000021000840003f116fc1c00002010a0100011b591f90000db51568656c6c6f",
    },
    {
      what: "the answer",
      arrives: "450000210013400040116eb60a010001c00002011f901b59000d9d157265706c79",
      leaves: "45000021001340003f11a7560a60c801c000020100501b59000df3f57265706c79",
    },
    {
      what: "the server's port unreachable",
      arrives:
        "4500003d000a400040016eb30a010001c00002010303c91e0000000045000021000940003f116fc0c00002010a0100011b591f90000db51568656c6c6f",
      leaves:
        "4500003d000a40003f01a7530a60c801c00002010303e85e0000000045000021000940003f11a760c00002010a60c8011b590050000db51568656c6c6f",
    },
    {
      what: "a router's fragmentation needed, behind the server's back",
      arrives:
        "4500003d000b400040016db50a0100fec00002010304c3a50000057845000021000940003f116fc0c00002010a0100011b591f90000db51568656c6c6f",
      leaves:
        "4500003d000b40003f01a7520a60c801c00002010304e2e50000057845000021000940003f11a760c00002010a60c8011b590050000db51568656c6c6f",
    },
    {
      what: "time exceeded on the way to the client",
      arrives:
        "4500003d000d40004001a553c00002fe0a60c8010b0089810000000045000021000c40004011a65d0a60c801c000020100501b59000df3f57265706c79",
      leaves:
        "4500003d000d40003f016eb3c00002fe0a0100010b006a410000000045000021000c400040116ebd0a010001c00002011f901b59000df3f57265706c79",
    },
  ])("translates $what", async ({ arrives, leaves }) => {
    const director = await directorWith(UDP_SERVICE);
    director.send(bytes("45000021000840004011a661c00002010a60c8011b590050000d0bf668656c6c6f"));
    expect(director.send(bytes(arrives)).map(({ packet }) => hex(packet))).toEqual([leaves]);
  });

  it("writes a UDP checksum that comes to nothing as ffff, as none would be sent otherwise", async () => {
    const director = await directorWith(UDP_SERVICE);
    const [sent] = director.send(bytes("45000021000840004011a661c00002010a60c8011b590050000d56e068656c6c6f"));
    expect(hex(sent!.packet)).toBe("45000021000840003f116fc1c00002010a0100011b591f90000dffff68656c6c6f");
  });

  it("leaves a server alone that talks without a connection, or tells it", async () => {
    const stray = "450000210015400040116e680a010001c000024d1f901e61000d99c17265706c79";
    const silent = await directorWith(UDP_SERVICE);
    expect(silent.send(bytes(stray)).map(({ packet }) => hex(packet))).toEqual([
      "45000021001540003f116f680a010001c000024d1f901e61000d99c17265706c79",
    ]);
    const telling = await directorWith(UDP_SERVICE, { "net.ipv4.vs.nat_icmp_send": "1" });
    const answer =
      "45c0003da25700004001ba9d0a0909010a0100010303c96a0000000045000021001540003f116f680a010001c000024d1f901e61000d99c17265706c79";
    const sent = telling.send(bytes(stray)).map(({ packet }) => withoutIdentification(hex(packet)));
    expect(sent).toEqual([withoutIdentification(answer)]);
  });

  it("answers from the virtual address when the packet may not live on", async () => {
    const director = await directorWith(UDP_SERVICE);
    const sent = director.send(bytes("45000021001740000111e552c00002010a60c8011b590050000d0bf668656c6c6f"));
    const answer =
      "45c0003dbaba000040012ae30a60c801c00002010b0089810000000045000021001740000111e552c00002010a60c8011b590050000d0bf668656c6c6f";
    expect(sent.map(({ packet }) => withoutIdentification(hex(packet)))).toEqual([withoutIdentification(answer)]);
  });
});

describe("a tunnel", () => {
  it.each([
    {
      options: "-i",
      arrives: "45480028000340004006a622c00002010a60c801138e0050000003e8000000005002ffff03ba0000",
      leaves:
        "4548003c000040003f041e6b0a0909010a01000145480028000340003f06a722c00002010a60c801138e0050000003e8000000005002ffff03ba0000",
    },
    {
      options: "-i --tun-type gue --tun-port 6080",
      arrives: "45480028000440004006a621c00002010a60c801138f0050000003e8000000005002ffff03b90000",
      leaves:
        "45480048000040003f111e520a0909010a0100019c1117c0003400000004000045480028000440003f06a721c00002010a60c801138f0050000003e8000000005002ffff03b90000",
    },
  ])("made by `$options' has the outside that Linux gives it", async ({ options, arrives, leaves }) => {
    const services = ["-A -t 10.96.200.1:80 -s rr", `-a -t 10.96.200.1:80 -r 10.1.0.1:80 ${options}`];
    const director = await directorWith(services);
    const [sent] = director.send(bytes(arrives));
    // The source port of GUE is a hash with a random key.
    const withoutPort = (text: string) =>
      options.includes("gue") ? `${text.slice(0, 40)}----${text.slice(44)}` : text;
    expect(withoutPort(hex(sent!.packet))).toBe(withoutPort(leaves));
  });
});

describe("a tunnel to the other family", () => {
  it("carries IPv4 in IPv6", async () => {
    const services = ["-A -t 10.96.200.1:80 -s rr", "-a -t 10.96.200.1:80 -r [fd00::5]:80 -i"];
    const director = await directorWith(services);
    const [sent] = director.send(
      bytes("45480028000340004006a622c00002010a60c801138e0050000003e8000000005002ffff03ba0000"),
    );
    expect(hex(sent!.packet)).toBe(
      `6480000000280` +
        `43ffd000000000000000000000000000001fd000000000000000000000000000005` +
        "45480028000340003f06a722c00002010a60c801138e0050000003e8000000005002ffff03ba0000",
    );
  });

  it("carries IPv6 in IPv4, with a chosen identification, because the inside cannot say DF", async () => {
    const services = ["-A -u [fd77::1]:80 -s rr", "-a -u [fd77::1]:80 -r 10.1.0.1:80 -i"];
    const director = await Director.create({ local: "fd77::1", services });
    const [sent] = director.send({ from: "fd88::9:4000", to: "fd77::1:80", protocol: "udp" });
    const outside = hex(sent!.packet.slice(0, 20));
    expect(withoutIdentification(outside)).toBe("45000045----00003f29----0a0909010a010001");
    expect(hex(sent!.packet.slice(20, 28))).toBe("600000000009113f");
  });
});

describe("`-j IPVS', which Linux does not have", () => {
  it("hands packets over in the middle of a chain, to services that are not local as well", async () => {
    const director = await Director.create({
      table: ["*nat", ":PREROUTING ACCEPT [0:0]", "-A PREROUTING -p tcp --dport 80 -j IPVS"],
      services: ["-A -t 192.168.1.100:80 -s rr", "-a -t 192.168.1.100:80 -r 192.168.1.101:8080 -m"],
    });
    const flow = { from: "192.0.2.1:4000", protocol: "tcp", flags: "S" } as const;
    const [taken] = director.send({ ...flow, to: "192.168.1.100:80" });
    const [passed] = director.send({ ...flow, to: "192.168.1.102:80" });
    expect([taken, passed].map((output) => hex(output!.packet.slice(16, 24)))).toEqual([
      "c0a801650fa01f90",
      "c0a801660fa00050",
    ]);
  });
});

describe("a server", () => {
  const SERVICE = ["-A -t 10.96.200.1:80 -s rr", "-a -t 10.96.200.1:80 -r 10.1.0.1:80 -m"];
  const SYN = { from: "192.0.2.1:4000", to: "10.96.200.1:80", protocol: "tcp", flags: "S" } as const;

  it("comes back from the trash with its connections and counters", async () => {
    const director = await directorWith(SERVICE);
    director.send(SYN);
    director.ipvsadm("-d -t 10.96.200.1:80 -r 10.1.0.1:80");
    expect(director.send({ ...SYN, flags: "A" })).toEqual([]);
    director.ipvsadm("-a -t 10.96.200.1:80 -r 10.1.0.1:80 -m");
    expect(director.send({ ...SYN, flags: "A" })).toHaveLength(1);
    const [server] = director.state().servers;
    expect(server).toMatchObject({ active: 1, counters: { connections: 1n, inPackets: 2n } });
  });

  it("is new when nobody has used it for two minutes", async () => {
    const director = await directorWith(SERVICE);
    director.send(SYN);
    director.ipvsadm("-d -t 10.96.200.1:80 -r 10.1.0.1:80");
    director.wait(60 + 240);
    director.ipvsadm("-a -t 10.96.200.1:80 -r 10.1.0.1:80 -m");
    expect(director.state().servers[0]!.counters.connections).toBe(0n);
  });

  it("counts from the estimator's last copy after `-Z'", async () => {
    const director = await directorWith(SERVICE);
    director.send(SYN);
    director.wait(3);
    director.send({ ...SYN, flags: "A" });
    director.ipvsadm("-Z");
    expect(director.state().servers[0]!.counters).toMatchObject({ connections: 0n, inPackets: 1n });
  });
});

describe("a backup director", () => {
  it("leaves requests alone while its daemon runs, where backup_only says so", async () => {
    const files = nodeFiles({
      "ipvsadm.save": "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.9:80 -m\n",
      "sysctl.txt": "net.ipv4.ip_forward = 1\nnet.ipv4.vs.backup_only = 1\n",
    });
    const emulator = await Emulator.create(parseNode(files));
    const devices: string[] = [];
    emulator.observe({ frame: ({ device }) => devices.push(emulator.loaded.devices.names[device] || "local") });
    const send = (port: number) => emulator.send(frameTo(MACS.eth0, `tcp 10.0.0.9:${port} > 10.0.0.1:80 S`), "eth0");
    send(1000);
    emulator.command("ipvsadm --start-daemon backup --mcast-interface eth0");
    send(1001);
    emulator.command("ipvsadm --stop-daemon backup");
    send(1002);
    expect(devices).toEqual(["eth1", "local", "eth1"]);
  });
});

describe("a tunnel with --tun-remcsum", () => {
  it("warns of packets with unfinished checksums, at its line", () => {
    const gue = "-a -t 10.0.0.1:80 -r 10.1.0.9:80 -i --tun-type gue --tun-port 5555";
    const warnings = (option: string) =>
      parseNode(nodeFiles({ "ipvsadm.save": `-A -t 10.0.0.1:80 -s rr\n${gue} ${option}\n` })).warnings.filter(
        ({ code }) => code === "TUNNEL_REMCSUM",
      );
    expect(warnings("--tun-remcsum").map(({ at }) => at)).toEqual([{ file: "ipvsadm.save", line: 2, column: 1 }]);
    expect(warnings("--tun-csum")).toEqual([]);
  });
});

describe("a masqueraded service on port 21", () => {
  const SAVED = "-A -t 10.0.0.1:21 -s rr\n-a -t 10.0.0.1:21 -r 10.1.0.9:21 -m\n";

  const read = (modules: Readonly<Record<string, string>>) =>
    parseNode(nodeFiles({ "ipvsadm.save": SAVED, ...modules })).warnings.map(({ message }) => message);

  it("is FTP where ip_vs_ftp is loaded, without lsmod it counts as not loaded", () => {
    expect(read({ "modules.txt": "ip_vs_ftp 16384 0\n" }).join()).not.toContain("ip_vs_ftp");
    expect(read({ "modules.txt": "ip_vs 16384 0\n" }).join()).not.toContain("ip_vs_ftp");
    expect(read({})).toContain("no modules.txt (lsmod): ip_vs_ftp is taken as not loaded, for -t 10.0.0.1:21");
  });

  it("is refused where ip_vs_ftp has other ports", () => {
    const options = "ip_vs_ftp 16384 0\noptions ip_vs_ftp ports=21,2121\n";
    expect(() => read({ "modules.txt": options })).toThrow(
      "modules.txt:1:1: the module ip_vs_ftp with ports=21,2121 is not emulated, only with its default, 21",
    );
    expect(read({ "modules.txt": "ip_vs_ftp 16384 0\noptions ip_vs_ftp ports=21\n" }).join()).not.toContain(
      "ip_vs_ftp",
    );
  });
});
