import { describe, expect, it } from "vitest";
import { withPage } from "./open-page.ts";

const open = withPage();

describe("the packet list", () => {
  it("says what became of each packet, with a sign beside the colour", async () => {
    await open.openExample("broken-firewall");
    expect(await open.row(1).textContent()).toMatch(
      /^10\.000000eth0UDP 10\.0\.0\.9:50000 → 10\.1\.0\.9:53 .*→ sent eth1/,
    );
    expect(await open.row(4).textContent()).toMatch(
      /TCP 10\.1\.0\.9:443 → 10\.0\.0\.9:40000 \[S\.\].*✕ dropped {2}by a chain's policy/,
    );
  });

  it("is moved through with the keyboard", async () => {
    await open.openExample("broken-firewall");
    await open.page.getByRole("listbox").focus();
    await open.page.keyboard.press("ArrowDown");
    await open.page.keyboard.press("ArrowDown");
    await open.page.getByRole("heading", { name: "Packet 3: sent" }).waitFor();
    await open.page.keyboard.press("End");
    await open.page.getByRole("heading", { name: /^Packet 76:/ }).waitFor();
    expect(await open.page.locator(".row[aria-selected=true]").textContent()).toMatch(/^76/);
  });

  it("shows what a filter chooses, and says what is wrong with one", async () => {
    await open.openExample("broken-firewall");
    await open.page.getByRole("searchbox").fill("tcp port 443 and fate dropped");
    await open.page.getByText("40 of 76").waitFor();
    expect(await open.row(1).textContent()).toMatch(/^4/);
    await open.page.getByRole("searchbox").fill("port what");
    await open.page.getByText("filter, column 6: 'what' is no port").waitFor();
  });

  it("shows one flow alone when asked to", async () => {
    await open.openExample("broken-firewall", "&packet=4");
    await open.page.getByRole("button", { name: "Only its flow" }).click();
    await open.page.getByText("6 of 76").waitFor();
    expect(await open.page.getByRole("searchbox").inputValue()).toBe(
      "tcp and host 10.1.0.9 and host 10.0.0.9 and port 443 and port 40000",
    );
  });
});

describe("a packet", () => {
  it("has its way lit on the map, and its steps with rules, counters and connection", async () => {
    await open.openExample("broken-firewall", "&packet=4");
    await open.page.getByRole("heading", { name: "Packet 4: dropped" }).waitFor();
    expect(await open.page.locator(".hook-map").getAttribute("aria-label")).toBe(
      "Hooks passed: PREROUTING (conntrack), FORWARD (filter)",
    );
    expect(await open.page.locator(".hook.lit .name").allTextContents()).toEqual(["PREROUTING", "FORWARD"]);
    expect(await open.page.locator(".hook-map .table.lit").allTextContents()).toEqual(["conntrack", "filter"]);
    const steps = await open.page.locator(".steps").first().locator(":scope > li").allTextContents();
    expect(steps.slice(0, 5)).toEqual([
      "PREROUTING in eth1",
      "conntrack: ESTABLISHED (reply)",
      "route: onward, out eth0",
      "ttl 64 becomes 63",
      "FORWARD in eth1 out eth0",
    ]);
    expect(steps[5]).toContain('filter:FORWARD:rule:5 -A FORWARD -j LOG --log-prefix "dropped: "');
    expect(steps[5]).toContain("[1:40]");
    expect(await open.page.getByLabel("Connection after it").textContent()).toContain("SYN_RECV src=10.0.0.9");
  });

  it("is led to from the map, hook by hook and table by table, by keyboard too", async () => {
    await open.openExample("broken-firewall", "&packet=4");
    await open.page.getByRole("button", { name: "FORWARD: filter" }).click();
    await expect.poll(() => open.page.locator(":focus").textContent()).toContain("filter:FORWARD:rule:5");
    await open.page.getByRole("button", { name: "PREROUTING", exact: true }).focus();
    await open.page.keyboard.press("Enter");
    await expect.poll(() => open.page.locator(":focus").textContent()).toBe("PREROUTING in eth1");
  });

  it("says of the rules before the one that matched why they did not", async () => {
    await open.openExample("broken-firewall", "&packet=4");
    await open.page.getByText("why not the 4 rules before it").first().click();
    await expect.poll(() => open.page.locator(".before li").allTextContents()).toHaveLength(4);
    expect(await open.page.locator(".before li").nth(2).textContent()).toContain("no match: -i eth0 does not hold");
  });

  it("shows IPVS's choice of a server, and the way that IPVS takes", async () => {
    await open.openExample("virtual-server");
    await open.page
      .getByText(/IPVS: TCP 192\.168\.1\.100:80 > 192\.168\.1\.102:80/)
      .first()
      .waitFor();
    expect(await open.page.locator(".hook-map").getAttribute("aria-label")).toContain("INPUT (mangle, filter, IPVS)");
    expect(await open.page.locator(".candidates tbody tr").allTextContents()).toEqual([
      expect.stringMatching(/^192\.168\.1\.102:80 chosen/),
      expect.stringMatching(/^192\.168\.1\.101:80/),
    ]);
  });
});

describe("a packet in words", () => {
  it("that is in no capture is explained as the first one, rules before the matching one included", async () => {
    await open.openExample("broken-firewall", "&view=ask");
    await open.page.getByLabel("A packet in words").fill("tcp 10.0.0.9:40000 > 10.1.0.9:22 S");
    await open.page.keyboard.press("Enter");
    await expect.poll(() => open.page.locator(".steps li").last().textContent()).toBe("dropped: by a chain's policy");
    await open.page
      .getByText(/why not the \d rules before it/)
      .first()
      .click();
    await expect.poll(() => open.page.locator(".before li").first().textContent()).toContain("no match");
    await open.page.getByLabel("A packet in words").fill("tcp somebody > else");
    await open.page.keyboard.press("Enter");
    await open.page.getByText("does not describe a packet").waitFor();
  });

  it("names a flow of the capture, whose packets are explained one by one", async () => {
    await open.openExample("broken-firewall", "&view=ask");
    await open.page.getByLabel("A packet in words").fill("tcp 10.0.0.9:40000 > 10.1.0.9:443");
    await open.page.getByRole("button", { name: "Explain this flow of the capture" }).click();
    await open.page.getByText("6 packets of this flow").waitFor();
    const [first, second] = await open.page.locator(".ask > details > summary").allTextContents();
    expect(first).toMatch(/^packet 3: TCP 10\.0\.0\.9:40000 > 10\.1\.0\.9:443 \[S\].* sent out eth1$/);
    expect(second).toMatch(/^packet 4: .* dropped by a chain's policy$/);
    await open.page.locator(".ask > details > summary").nth(1).click();
    await open.page.getByRole("button", { name: "Show packet 4" }).click();
    await open.page.getByRole("heading", { name: "Packet 4: dropped" }).waitFor();
  });
});
