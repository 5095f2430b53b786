import { describe, expect, it } from "vitest";
import { firewallFiles, withPage } from "./open-page.ts";

const open = withPage();

describe("comparing", () => {
  it("shows kube-proxy's modes side by side for the same Services", async () => {
    await open.openExample("cluster-iptables", "&view=compare");
    await open.page.getByRole("button", { name: "The same Services in IPVS mode" }).click();
    await open.page.getByText(/^155 conversations of 2400 packets/).waitFor();
    const rows = await open.page.locator(".totals tbody tr").allTextContents();
    expect(rows).toContainEqual("forwarded155155");
    expect(rows).toContainEqual(expect.stringMatching(/^IPVS look-ups, first packet04$/));
    // The client's address reaches nobody: both modes masquerade what comes from outside.
    expect(rows).toContainEqual("client's address kept00");
  });

  it("draws the rules evaluated for a new connection against the Service's position, in both modes", async () => {
    await open.openExample("cluster-iptables", "&view=compare");
    await open.page.getByRole("button", { name: "The same Services in IPVS mode" }).click();
    const chart = open.page.getByRole("img", { name: /Rules evaluated per new connection/ });
    await chart.waitFor();
    expect(await chart.getAttribute("aria-label")).toMatch(
      /48 services: from 1\d rules \(.*\) to 6\d \(.*\); .* 48 services: 18 rules and 4 IPVS look-ups for each/,
    );
    const points = (side: string) =>
      chart
        .locator(`.curve.${side}`)
        .getAttribute("d")
        .then((d) =>
          d!
            .split(/[ML] /)
            .slice(1)
            .map((point) => Number(point.trim().split(" ")[1])),
        );
    const [iptables, ipvs] = [await points("a"), await points("b")];
    expect([iptables.length, ipvs.length]).toEqual([48, 48]);
    // Up goes down in a picture.
    expect(iptables.at(-1)!).toBeLessThan(iptables[0]! - 100);
    expect(new Set(ipvs).size).toBe(1);
  });

  it("charts how servers were chosen, beside what was to be expected", async () => {
    await open.openExample("cluster-iptables", "&view=compare");
    await open.page.getByRole("button", { name: "The same Services in IPVS mode" }).click();
    const spread = open.page.getByRole("table", { name: /tcp 10\.96\.0\.10:80/ });
    await spread.waitFor();
    expect(await spread.locator("caption").textContent()).toMatch(/by rules of KUBE-SVC-.*by IPVS rr of TCP/);
    expect(await spread.locator("tbody th").allTextContents()).toEqual([
      "10.244.1.20:8080",
      "10.244.2.20:8080",
      "10.244.3.20:8080",
    ]);
    expect(await spread.locator("tbody td").first().textContent()).toMatch(/^\d+ \(expected [\d.]+\)\d+ \(expected/);
    const [first] = await spread.locator(".bar.b").all();
    expect((await first!.boundingBox())!.width).toBeGreaterThan(20);
  });

  it("shows where two nodes part, step by step, and leads to the packet", async () => {
    await open.openExample("broken-firewall", "&view=compare");
    const better = firewallFiles().map((file) =>
      file.name === "iptables.save"
        ? { ...file, buffer: Buffer.from(file.buffer.toString().replace("-j LOG", "-j ACCEPT\n-A FORWARD -j LOG")) }
        : file,
    );
    await open.page.getByLabel("Files…").setInputFiles(better);
    await open.page.getByText(/× another fate, as tcp 10\.0\.0\.9:\d+ > 10\.1\.0\.9:22/).click();
    const ways = open.page.locator(".difference[open] .ways");
    expect(await ways.locator(".outcome td").allTextContents()).toEqual([
      "dropped without an answer (by a chain's policy)",
      "forwarded out eth1",
    ]);
    expect(await ways.locator(".parting td").allTextContents()).toEqual([
      'filter FORWARD:5 -j LOG --log-prefix "dropped: "',
      "filter FORWARD:5 -j ACCEPT",
    ]);
    await open.page.getByRole("button", { name: "Show packet 18" }).click();
    await open.page.getByRole("heading", { name: "Packet 18: dropped" }).waitFor();
  });

  it("says in words why another node cannot be read", async () => {
    await open.openExample("broken-firewall", "&view=compare");
    await open.page
      .getByLabel("Files…")
      .setInputFiles([{ name: "iptables.save", mimeType: "text/plain", buffer: Buffer.from("*filter\nCOMMIT\n") }]);
    await open.page.getByText("iptables.save alone make no node: add addr.json").waitFor();
  });
});
