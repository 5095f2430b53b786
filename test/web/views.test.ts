import { describe, expect, it } from "vitest";
import { withPage } from "./open-page.ts";

const open = withPage();

describe("the other views", () => {
  it("draws all paths, and lists the packets of one", async () => {
    await open.page.goto(`${open.address}#example=broken-firewall&view=paths`);
    await open.page.getByRole("heading", { name: "7 distinct paths" }).waitFor();
    const boxes = open.page.locator(".branch .box");
    const heights = await boxes.evaluateAll((all) => all.map((box) => box.getBoundingClientRect().height));
    const shares = await boxes.locator("small").allTextContents();
    const ofShares = shares.map((share, i) => [Number.parseFloat(share), heights[i]!] as const);
    // A rare path's box is as tall as its words need; all others are as tall as their share.
    for (const [share, height] of ofShares) {
      for (const [other, otherHeight] of ofShares) if (share > 1.5 * other) expect(height).toBeGreaterThan(otherHeight);
    }
    await open.page.locator(".box.dropped").first().click();
    await open.page.getByText("4 of 76", { exact: true }).waitFor();
    expect(await open.page.getByRole("searchbox").inputValue()).toMatch(/^path \d+$/);
    expect(await open.row(1).textContent()).toContain("✕ dropped");
    await open.view("Paths");
    await open.page.getByRole("button", { name: "filter FORWARD", exact: true }).click();
    await open.page.getByText("44 of 76", { exact: true }).waitFor();
  });

  it("shows the tables as they were after any packet", async () => {
    await open.openExample("broken-firewall", "&view=tables");
    const table = open.page.getByLabel("conntrack -L", { exact: true });
    await expect.poll(() => table.textContent()).toMatch(/^ipv4 +2 udp[^\n]*\[UNREPLIED\][^\n]*\n$/);
    await open.row(4).click();
    await open.page.getByRole("heading", { name: "After packet 4" }).waitFor();
    await expect.poll(() => table.textContent()).toContain("SYN_RECV");
    expect(await open.page.locator(".fresh").allTextContents()).toContainEqual(expect.stringContaining("SYN_RECV"));
    await open.page.getByRole("tab", { name: "iptables-save -c" }).click();
    expect(await open.page.getByLabel("iptables-save -c").textContent()).toContain("-A FORWARD -j LOG");
  });

  it("scrubs through virtual time, the list and the tables following, also between two packets", async () => {
    await open.openExample("broken-firewall", "&view=tables");
    const time = open.page.getByRole("slider", { name: "Time" });
    const table = open.page.getByLabel("conntrack -L", { exact: true });
    await time.fill("0.5");
    await open.page.getByRole("heading", { name: "At 0.500000 s after packet 4" }).waitFor();
    await expect.poll(() => open.page.locator(".row[aria-selected=true]").textContent()).toMatch(/^40\.012000/);
    // Half a second after it was seen, with whole seconds left as the tool prints them.
    await expect.poll(() => table.textContent()).toMatch(/tcp +6 59 SYN_RECV/);
    await time.fill("2.9");
    await expect.poll(() => table.textContent()).toMatch(/tcp +6 5[78] SYN_RECV/);
    await open.view("Packets");
    expect(await open.page.locator("output").first().textContent()).toBe("2.900000 s");
  });

  it("shows IPVS connections as they were", async () => {
    await open.openExample("virtual-server", "&view=tables");
    await open.page.getByRole("tab", { name: "ipvsadm -Lnc" }).click();
    const table = open.page.getByLabel("ipvsadm -Lnc");
    await expect.poll(() => table.textContent()).toMatch(/SYN_RECV +10\.2\.0\.7:40000/);
    expect((await table.textContent())!.trim().split("\n")).toHaveLength(3);
    await open.row(3).click();
    await expect.poll(() => table.textContent()).toMatch(/ESTABLISHED +10\.2\.0\.7:40000/);
  });

  it("runs again with an edited rule, and says which packets fare otherwise", async () => {
    await open.openExample("broken-firewall");
    await open.view("Edit");
    const rules = open.page.getByRole("textbox", { name: "iptables.save" });
    const text = await rules.inputValue();
    await rules.fill(
      text.replace("-A FORWARD -i eth0", "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\n-A FORWARD -i eth0"),
    );
    await open.page.getByRole("button", { name: "Run again with these changes" }).click();
    await open.page.getByText("40 of 76 packets fare otherwise.").waitFor();
    await open.page.getByRole("button", { name: "Show the first, packet 4" }).click();
    await open.page.getByRole("heading", { name: "Packet 4: sent" }).waitFor();
    expect(await open.row(4).textContent()).toContain("was: dropped: by a chain's policy");
  });

  it("runs again with another weight, and says which packets go to another server", async () => {
    await open.openExample("virtual-server");
    await open.view("Edit");
    await open.page.getByRole("tab", { name: "ipvsadm.save" }).click();
    const services = open.page.getByRole("textbox", { name: "ipvsadm.save" });
    const text = await services.inputValue();
    await services.fill(text.replace(/(192\.168\.1\.102:80 -m -w) 1/, "$1 0"));
    await open.page.getByRole("button", { name: "Run again with these changes" }).click();
    await open.page.getByText(/\d+ of 45 packets fare otherwise\./).waitFor();
    await open.page.getByRole("button", { name: "Show the first, packet 1" }).click();
    await expect.poll(() => open.row(1).textContent()).toContain("was: sent out eth0 to 192.168.1.102:80");
    await open.page.getByRole("cell", { name: "192.168.1.101:80 chosen" }).waitFor();
  });

  it("keeps the node as it was when an edit cannot be read", async () => {
    await open.openExample("broken-firewall");
    await open.view("Edit");
    await open.page.getByRole("textbox", { name: "iptables.save" }).fill("*filter\n-A FORWARD -j NOWHERE\nCOMMIT\n");
    await open.page.getByRole("button", { name: "Run again with these changes" }).click();
    await expect.poll(() => open.page.getByRole("status").first().textContent()).toContain("iptables.save:2");
    await open.view("Packets");
    expect(await open.page.locator(".report button").allTextContents()).toEqual(["32 → sent", "44 ✕ dropped"]);
  });

  it("measures the browser that it runs in", async () => {
    await open.openExample("broken-firewall");
    await open.view("Bench");
    await open.page.getByRole("button", { name: "Measure" }).click();
    await open.page.getByRole("cell", { name: "replay, nothing reported" }).waitFor({ timeout: 50_000 });
    expect(Number(await open.page.locator(".bench td.number").first().textContent())).toBeGreaterThan(0);
  });
});
