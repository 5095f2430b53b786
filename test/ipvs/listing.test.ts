import { describe, expect, it } from "vitest";
import { reportIpvsServices, reportIpvsStats } from "../../src/report/ipvs.ts";
import { reportIpvsConnections } from "../../src/report/ipvs-connections.ts";
import { Director } from "../support/director.ts";

/** What was entered, in this order, on the node whose listings are below (ipvsadm 1.31, Linux 6.1.176). */
const SERVICES = [
  "-A -t 10.96.0.10:53 -s rr",
  "-A -u 10.96.0.10:53 -s wrr",
  "-A -t 192.168.1.100:80 -s wlc -p 600",
  "-A -t 172.16.0.1:443 -s sh -b sh-port,sh-fallback",
  "-A -t 9.9.9.9:8443 -s mh -b mh-port",
  "-A -t 200.1.1.1:1 -s rr -p 100 -M 255.255.255.0",
  "-A -f 7 -s rr -p",
  "-A -f 3 -s wlc",
  "-A -u 10.96.0.12:53 -s rr -o",
  "-A --sctp-service 10.96.0.13:9 -s lc",
  "-A -t [fd00:10::1]:80 -s wrr -p 300 -M 64",
  "-A -f 9 -6 -s rr",
  "-A -t 10.96.0.30:80 -s rr -b flag-1,flag-3",
  "-a -t 10.96.0.10:53 -r 192.168.0.2:53 -m",
  "-a -t 10.96.0.10:53 -r 10.244.0.5:53 -m -w 3",
  "-a -t 10.96.0.10:53 -r 172.16.5.5:53 -m -x 100 -y 50",
  "-a -t 10.96.0.10:53 -r 10.244.0.5:5353 -m",
  "-a -t 10.96.0.10:53 -r 100.64.0.1:53 -m",
  "-a -t 192.168.1.100:80 -r 192.168.1.101 -g",
  "-a -t 192.168.1.100:80 -r 192.168.1.102 -i",
  "-a -f 7 -r 10.0.0.1:0 -g",
  "-a -f 7 -r 10.0.0.2:8080 -m",
  "-a -t [fd00:10::1]:80 -r [fd00:20::5]:8080 -m",
  "-a -t [fd00:10::1]:80 -r [2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:65535 -m -w 65535",
  "-a -t 172.16.0.1:443 -r 255.255.255.254:65535 -m",
  "-a -t 172.16.0.1:443 -r 223.255.255.254:65535 -m -w 2147483647",
];

describe("listings", () => {
  it("show services and servers in ipvsadm's order and columns", async () => {
    const director = await Director.create({ local: "10.96.0.10", services: SERVICES });
    director.send({ from: "198.51.100.8:40002", to: "10.96.0.10:53", protocol: "tcp", flags: "S" });
    expect(reportIpvsServices(director.services)).toBe(`IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  172.16.0.1:443 sh (sh-fallback,sh-port)
  -> 223.255.255.254:65535        Masq    2147483647 0          0         
  -> 255.255.255.254:65535        Masq    1      0          0         
TCP  192.168.1.100:80 wlc persistent 600
  -> 192.168.1.101:80             Route   1      0          0         
  -> 192.168.1.102:80             Tunnel  1      0          0         
TCP  200.1.1.1:1 rr persistent 100 mask 255.255.255.0
TCP  9.9.9.9:8443 mh (mh-port)
TCP  10.96.0.10:53 rr
  -> 172.16.5.5:53                Masq    1      0          0         
  -> 192.168.0.2:53               Masq    1      0          0         
  -> 10.244.0.5:53                Masq    3      0          0         
  -> 10.244.0.5:5353              Masq    1      0          0         
  -> 100.64.0.1:53                Masq    1      1          0         
TCP  10.96.0.30:80 rr (flag-1,flag-3)
UDP  10.96.0.10:53 wrr
UDP  10.96.0.12:53 rr ops
SCTP 10.96.0.13:9 lc
TCP  [fd00:10::1]:80 wrr persistent 300 mask 64
  -> [fd00:20::5]:8080            Masq    1      0          0         
  -> [2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:65535 Masq    65535  0          0         
FWM  3 wlc
FWM  7 rr persistent 360
  -> 10.0.0.1:0                   Route   1      0          0         
  -> 10.0.0.2:8080                Masq    1      0          0         
FWM  9 IPv6 rr
`);
  });

  it("show counters and connections", async () => {
    const services = ["-A -u 10.96.200.1:80 -s rr", "-a -u 10.96.200.1:80 -r 10.1.0.1:8080 -m"];
    const director = await Director.create({ local: "10.96.200.1", services });
    director.send({ from: "192.0.2.1:7002", to: "10.96.200.1:80", protocol: "udp" });
    director.send({ from: "10.1.0.1:8080", to: "192.0.2.1:7002", protocol: "udp" });
    director.wait(2.5);
    expect(reportIpvsStats(director.services)).toBe(`IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes
  -> RemoteAddress:Port
UDP  10.96.200.1:80                      1        1        1       29       29
  -> 10.1.0.1:8080                       1        1        1       29       29
`);
    expect(reportIpvsConnections(director.services)).toBe(`IPVS connection entries
pro expire state       source             virtual            destination
UDP 04:57  UDP         192.0.2.1:7002     10.96.200.1:80     10.1.0.1:8080
`);
  });
});
