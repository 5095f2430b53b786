import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Tests that need more of the machine than Node. */
export interface Requirement {
  readonly file: string;
  readonly needs: string;
  readonly isMet: () => boolean;
}

/** Where Debian, and the images that CI runs on, have Chromium. */
export const CHROMIUM = "/usr/bin/chromium";

const NETWORK_NODE_TOOLS = `
ip link add eth0 type veth peer name eth1 || exit 1
for tool in ipset iptables-legacy ip6tables-legacy sysctl; do command -v $tool || exit 1; done`;

const RULE_TOOLS = `
iptables-legacy-save > /dev/null && ip6tables-legacy-save > /dev/null || exit 1
iptables-legacy -t mangle -A INPUT -m conntrack --ctstate NEW -j MARK --set-mark 1`;

const IN_CHROMIUM = [
  "browser/package",
  "web/compare",
  "web/million",
  "web/opening",
  "web/packets",
  "web/page",
  "web/views",
];

export const REQUIREMENTS: readonly Requirement[] = [
  ...IN_CHROMIUM.map((name) => ({
    file: `test/${name}.test.ts`,
    needs: CHROMIUM,
    isMet: () => existsSync(CHROMIUM),
  })),
  {
    file: "test/cli/collect.test.ts",
    needs: "root in a network namespace, iproute2, iptables-legacy, ipset",
    isMet: () => succeeds("unshare", ["--net", "sh", "-c", NETWORK_NODE_TOOLS]),
  },
  {
    file: "test/cli/wireshark.test.ts",
    needs: "tshark",
    isMet: () => succeeds("tshark", ["--version"]),
  },
  {
    file: "test/differential/rules.test.ts",
    needs: "root in a network namespace, iptables-legacy",
    isMet: () => succeeds("unshare", ["--net", "sh", "-c", RULE_TOOLS]),
  },
];

export function unmetRequirements(): Requirement[] {
  return REQUIREMENTS.filter(({ isMet }) => !isMet());
}

function succeeds(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
