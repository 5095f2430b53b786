import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateCapture } from "../../src/index.ts";
import { withPage } from "./open-page.ts";

const PACKETS = 1_000_000;
const open = withPage();
let folder: string;

const device = (ifindex: number, ifname: string, address: string, local: string) => ({
  ifindex,
  ifname,
  flags: ["BROADCAST", "UP", "LOWER_UP"],
  mtu: 1500,
  link_type: "ether",
  address,
  addr_info: [{ family: "inet", local, prefixlen: 16, scope: "global" }],
});

/** Between the clients and the servers of generated captures; lets the web and answers pass. */
const NODE: Readonly<Record<string, string>> = {
  "addr.json": JSON.stringify([
    device(1, "eth0", "02:00:00:00:00:01", "10.1.255.254"),
    device(2, "eth1", "02:00:00:00:00:02", "10.2.255.254"),
  ]),
  "sysctl.txt": "net.ipv4.ip_forward = 1\n",
  "iptables.save":
    "*filter\n:FORWARD DROP [0:0]\n-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A FORWARD -p tcp -j ACCEPT\nCOMMIT\n",
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hookwalk-million-"));
  for (const [name, text] of Object.entries(NODE)) writeFileSync(join(folder, name), text);
  // From files: what is handed over in memory may have 50 MB.
  for (const piece of generateCapture({ packets: PACKETS, size: 64 }))
    writeFileSync(join(folder, "in.pcapng"), piece, { flag: "a" });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function chooseAll(): Promise<void> {
  await open.page.goto(open.address);
  await open.page
    .locator("input[type=file]")
    .first()
    .setInputFiles(["in.pcapng", ...Object.keys(NODE)].map((name) => join(folder, name)));
}

describe("a capture of a million packets", () => {
  it("is listed, scrolled and filtered, of which only the rows in sight are drawn", async () => {
    await chooseAll();
    await open.page.getByText("1,000,000 packets over").waitFor({ timeout: 50_000 });
    await open.row(1).locator(".fate").waitFor();
    const list = open.page.getByRole("listbox");
    await list.evaluate((element) => {
      element.scrollTop = element.scrollHeight / 2;
    });
    await expect
      .poll(() => open.page.getByRole("listbox", { name: "Packets" }).getByRole("option").nth(15).textContent())
      .toMatch(/^(?:499|500)\d{3}/);
    expect(await open.page.getByRole("listbox", { name: "Packets" }).getByRole("option").count()).toBeLessThan(100);
    await list.focus();
    await open.page.keyboard.press("End");
    await expect.poll(() => open.page.locator(".row[aria-selected=true]").textContent()).toMatch(/^1000000/);
    await open.page.getByRole("searchbox").fill("fate dropped");
    await expect
      .poll(() => open.page.locator("#filter-problem").textContent(), { timeout: 30_000 })
      .toMatch(/^(?!1,000,000)[\d,]+ of 1,000,000$/);
    await expect.poll(() => open.row(1).textContent()).toContain("✕ dropped");
  });

  it("shows how far it is, and what was done when it is stopped", async () => {
    await chooseAll();
    await open.page.getByRole("progressbar", { name: "Replaying" }).waitFor();
    await open.page.getByRole("button", { name: "Stop" }).click();
    await open.page.getByText("Stopped: what follows is what was done so far.").waitFor({ timeout: 30_000 });
    const done = Number(
      (await open.page.locator(".report").textContent())!.match(/([\d,]+) packets/)![1]!.replaceAll(",", ""),
    );
    expect(done).toBeLessThan(PACKETS);
    await open.row(1).locator(".fate").waitFor();
  });
});
