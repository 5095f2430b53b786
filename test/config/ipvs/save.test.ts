import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigError } from "../../../src/config/error.ts";
import { inEntryOrder, parseIpvsOrder } from "../../../src/config/ipvs/proc.ts";
import { parseIpvsadmSave, printIpvsadmSave } from "../../../src/config/ipvs/save.ts";
import { fixture } from "../fixture.ts";

const SAVED = `-A -t 172.16.0.1:443 -s sh -b sh-fallback,sh-port
-a -t 172.16.0.1:443 -r 223.255.255.254:65535 -m -w 1
-A -t 192.168.1.100:80 -s wlc -p 600
-a -t 192.168.1.100:80 -r 192.168.1.101:80 -g -w 1
-a -t 192.168.1.100:80 -r 192.168.1.102:80 -i -w 1 --tun-type ipip
-a -t 192.168.1.100:80 -r 192.168.1.103:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum
-A -t 200.1.1.1:1 -s rr -p 100 -M 255.255.255.0
-A -u 10.96.0.11:5060 -s rr -p 60 --pe sip
-A -u 10.96.0.12:53 -s rr -o
-A --sctp-service 10.96.0.13:9 -s lc
-A -t [fd00:10::1]:80 -s wrr -p 300 -M 64
-a -t [fd00:10::1]:80 -r [fd00:20::5]:8080 -m -w 1
-A -f 7 -s rr -p 360
-a -f 7 -r 10.0.0.2:8080 -m -w 1
-A -f 9 -6 -s rr
-A -t 10.96.0.30:80 -s rr -b flag-1,flag-3
`;

describe("saved virtual services", () => {
  it.each([
    { what: "kube-proxy's", text: fixture("kube.ipvsadm.save") },
    { what: "every option", text: SAVED },
  ])("come back byte for byte: $what", ({ text }) => {
    expect(printIpvsadmSave(parseIpvsadmSave(text, "x"))).toBe(text);
  });

  it.each([
    { line: "ipvsadm -A -t 10.0.0.1:http", out: "-A -t 10.0.0.1:80 -s wlc" },
    { line: "--add-service --udp-service=10.0.0.1:53 --scheduler rr --ops", out: "-A -u 10.0.0.1:53 -s rr -o" },
    { line: "-A -t 10.0.0.1:80 -p", out: "-A -t 10.0.0.1:80 -s wlc -p 360" },
    { line: "-A -t 10.0.0.1:80 -s sh -b flag-2", out: "-A -t 10.0.0.1:80 -s sh -b sh-port" },
  ])("are read with the tool's defaults: $line", ({ line, out }) => {
    expect(printIpvsadmSave(parseIpvsadmSave(line, "x"))).toBe(`${out}\n`);
  });

  it("give a server without translation the port of the service", () => {
    const [service] = parseIpvsadmSave("-A -t 10.0.0.1:80\n-a -t 10.0.0.1:80 -r 10.0.0.2:8080\n", "x");
    expect(service!.servers[0]).toMatchObject({ port: 80, method: "route", weight: 1 });
  });

  it.each([
    { text: "-A -t 10.0.0.1:80 -s nosuch", message: /^x:1:22: Scheduler not found: nosuch/ },
    { text: "-A -t 10.0.0.1", message: /^x:1:7: Zero port specified for non-persistent service$/ },
    { text: "-A -t 10.0.0.1:80 -o", message: /One-Packet Scheduling is only for UDP virtual services$/ },
    { text: "-a -t 10.0.0.1:80 -r 10.0.0.2:80", message: /^x:1:1: Service not defined$/ },
    { text: "-A -t nowhere:80", message: /illegal virtual server address\[:port\] specified/ },
    { text: "-t 10.0.0.1:80", message: /You need to supply a command/ },
  ])("are refused with the place: $text", ({ text, message }) => {
    expect(() => parseIpvsadmSave(text, "x")).toThrow(message);
  });
});

describe("/proc/net/ip_vs", () => {
  const text = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  C0A80164:0050 wlc  persistent 60000 FFFFFFFF
  -> C0A80166:0050      Tunnel  1      1          0         
  -> C0A80165:0050      Route   1      1          0         
TCP  [fd00:0010:0000:0000:0000:0000:0000:0001]:0050 wrr
  -> [fd00:0020:0000:0000:0000:0000:0000:0005]:1F90      Masq    1      0          0         
`;

  it("gives the order in which servers were entered: the reverse of the kernel's list", () => {
    const saved = parseIpvsadmSave(
      "-A -t 192.168.1.100:80\n-a -t 192.168.1.100:80 -r 192.168.1.102\n-a -t 192.168.1.100:80 -r 192.168.1.101\n",
      "x",
    );
    const [service] = inEntryOrder(saved, parseIpvsOrder(text, "ip_vs.txt"));
    expect(service!.servers.map(({ address }) => address[3])).toEqual([101, 102]);
  });

  it("is told from `ipvsadm -Ln`", () => {
    const listed = "TCP  10.0.0.1:1080 wlc\n  -> 10.0.0.2:8080      Masq    1      1          0\n";
    expect(parseIpvsOrder(listed, "x")[0]!.servers[0]!.port).toBe(8080);
    expect(parseIpvsOrder(text, "x")[1]!.servers[0]!.port).toBe(0x1f90);
  });
});

describe("any text", () => {
  it("ends in services or a ConfigError", () => {
    const words = fc.constantFrom(
      "-A",
      "-a",
      "-t",
      "10.0.0.1:80",
      "[fd00::1]:80",
      "-s",
      "rr",
      "-p",
      "5",
      "-r",
      "-m",
      "-f",
      "7",
      "-6",
      "-w",
      "-M",
      "--set",
    );
    const line = fc.oneof(
      fc.string(),
      fc.array(words, { maxLength: 9 }).map((all) => all.join(" ")),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), (lines) => {
        for (const parse of [parseIpvsadmSave, parseIpvsOrder]) {
          try {
            parse(lines.join("\n"), "x");
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigError);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
