import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ServedPage, servePage } from "../../src/node/serve.ts";
import { launchChromium } from "../browser/chromium.ts";

const DIST = fileURLToPath(new URL("../../dist/web/", import.meta.url));
const FIREWALL = fileURLToPath(new URL("../../examples/broken-firewall/", import.meta.url));
const MOST_INITIAL_BYTES = 300 * 1000;

let served: ServedPage;
let browser: Awaited<ReturnType<typeof launchChromium>>;
let page: Page;
/** Addresses that the page asked for. */
let requested: string[];
let errors: string[];

beforeAll(async () => {
  served = await servePage(0);
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  served?.server.close();
  served?.server.closeAllConnections();
});

beforeEach(async () => {
  page = await browser.context.newPage();
  requested = [];
  errors = [];
  page.on("request", (request) => requested.push(request.url()));
  page.on("pageerror", ({ message }) => errors.push(message));
  await page.setViewportSize({ width: 1280, height: 800 });
  return async () => {
    expect(errors).toEqual([]);
    await page.close();
  };
});

async function openExample(name: string, more = ""): Promise<void> {
  await page.goto(`${served.address}#example=${name}${more}`);
  await page.locator(".row .fate").nth(2).waitFor();
}

const view = (name: string) => page.getByRole("navigation").getByRole("button", { name, exact: true }).click();
const row = (number: number) => page.getByRole("option").nth(number - 1);

describe("opening", () => {
  it("shows what can be opened, and opens an example whose name then stands in the address", async () => {
    await page.goto(served.address);
    await page.getByRole("button", { name: "A broken firewall" }).click();
    await page.getByText("76 packets over 26.112 s").waitFor();
    expect(await page.locator(".report button").allTextContents()).toEqual(["32 sent", "44 dropped"]);
    expect(page.url()).toContain("#example=broken-firewall&packet=1");
  });

  it("opens a capture and a node from the person's files, and sends nothing anywhere", async () => {
    await page.goto(served.address);
    const files = readdirSync(FIREWALL).map((name) => ({
      name,
      mimeType: "application/octet-stream",
      buffer: readFileSync(`${FIREWALL}${name}`),
    }));
    const before = requested.length;
    await page.locator("input[type=file]").first().setInputFiles(files);
    await page.getByText("76 packets over").waitFor();
    const after = requested.slice(before);
    expect(after.filter((url) => !url.startsWith(served.address))).toEqual([]);
    // The core, once; nothing else is even asked of the page's own place.
    expect(after.filter((url) => !/core[^/]*\.wasm$|worker/.test(url))).toEqual([]);
  });

  it("says in words what is wrong with a file, and where", async () => {
    await page.goto(served.address);
    const files = readdirSync(FIREWALL).map((name) => ({
      name,
      mimeType: "text/plain",
      buffer:
        name === "iptables.save" ? Buffer.from("*filter\n-A FORWARD -j\nCOMMIT\n") : readFileSync(`${FIREWALL}${name}`),
    }));
    await page.locator("input[type=file]").first().setInputFiles(files);
    await expect.poll(() => page.getByRole("status").first().textContent()).toContain("iptables.save:2:");
    await page
      .locator("input[type=file]")
      .first()
      .setInputFiles(files.filter(({ name }) => name !== "in.pcapng"));
    await expect.poll(() => page.getByRole("status").first().textContent()).toContain("No capture among these files");
  });
});

describe("the packet list", () => {
  it("says what became of each packet", async () => {
    await openExample("broken-firewall");
    expect(await row(1).textContent()).toMatch(/^10\.000000eth0UDP 10\.0\.0\.9:50000 → 10\.1\.0\.9:53 .*sent eth1/);
    expect(await row(4).textContent()).toMatch(
      /TCP 10\.1\.0\.9:443 → 10\.0\.0\.9:40000 \[S\.\].*dropped {1,2}by a chain's policy/,
    );
  });

  it("is moved through with the keyboard", async () => {
    await openExample("broken-firewall");
    await page.getByRole("listbox").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.getByRole("heading", { name: "Packet 3: sent" }).waitFor();
    await page.keyboard.press("End");
    await page.getByRole("heading", { name: /^Packet 76:/ }).waitFor();
    expect(await page.locator(".row[aria-selected=true]").textContent()).toMatch(/^76/);
  });

  it("shows what a filter chooses, and says what is wrong with one", async () => {
    await openExample("broken-firewall");
    await page.getByRole("searchbox").fill("tcp port 443 and fate dropped");
    await page.getByText("40 of 76").waitFor();
    expect(await row(1).textContent()).toMatch(/^4/);
    await page.getByRole("searchbox").fill("port what");
    await page.getByText("filter, column 6: 'what' is no port").waitFor();
  });

  it("scrolls through hundreds of thousands of packets, of which only those in sight are drawn", async () => {
    await openExample("broken-firewall");
    const capture = readFileSync(`${FIREWALL}in.pcapng`);
    const files = readdirSync(FIREWALL)
      .filter((name) => name !== "in.pcapng")
      .map((name) => ({ name, mimeType: "text/plain", buffer: readFileSync(`${FIREWALL}${name}`) }));
    await page.getByRole("button", { name: "Open…" }).click();
    const many = { name: "many.pcapng", mimeType: "application/octet-stream", buffer: repeated(capture, 3000) };
    await page
      .locator("input[type=file]")
      .first()
      .setInputFiles([...files, many]);
    await page.getByText("228,000 packets over").waitFor({ timeout: 50_000 });
    const list = page.getByRole("listbox");
    await list.evaluate((element) => {
      element.scrollTop = element.scrollHeight / 2;
    });
    await expect.poll(() => page.getByRole("option").nth(15).textContent()).toMatch(/^11[34]\d{3}/);
    expect(await page.getByRole("option").count()).toBeLessThan(100);
  });
});

/** The packets of a capture over and over; the section and its interfaces stay one. */
function repeated(capture: Buffer, times: number): Buffer {
  let at = 0;
  while (capture.readUInt32LE(at) !== 6) at += capture.readUInt32LE(at + 4);
  return Buffer.concat([capture.subarray(0, at), ...Array(times).fill(capture.subarray(at))]);
}

describe("a packet", () => {
  it("has its way lit on the map, and its steps with rules and connection", async () => {
    await openExample("broken-firewall", "&packet=4");
    await page.getByRole("heading", { name: "Packet 4: dropped" }).waitFor();
    expect(await page.locator(".hook-map").getAttribute("aria-label")).toBe("Hooks passed: PREROUTING, FORWARD");
    expect(await page.locator(".hook.lit .name").allTextContents()).toEqual(["PREROUTING", "FORWARD"]);
    expect(await page.locator(".hook-map .table.lit").allTextContents()).toEqual(["filter"]);
    const steps = await page.locator(".steps").first().locator(":scope > li").allTextContents();
    expect(steps.slice(0, 5)).toEqual([
      "PREROUTING in eth1",
      "conntrack: ESTABLISHED (reply)",
      "route: onward, out eth0",
      "ttl 64 becomes 63",
      "FORWARD in eth1 out eth0",
    ]);
    expect(steps[5]).toContain('filter:FORWARD:rule:5 -A FORWARD -j LOG --log-prefix "dropped: "');
    expect(await page.getByLabel("Connection after it").textContent()).toContain("SYN_RECV src=10.0.0.9");
  });

  it("says of the rules before the one that matched why they did not", async () => {
    await openExample("broken-firewall", "&packet=4");
    await page.getByText("why not the 4 rules before it").click();
    await expect.poll(() => page.locator(".before li").allTextContents()).toHaveLength(4);
    expect(await page.locator(".before li").nth(2).textContent()).toContain("no match: -i eth0 does not hold");
  });

  it("shows IPVS's choice of a server", async () => {
    await openExample("virtual-server");
    await page
      .getByText(/IPVS: TCP 192\.168\.1\.100:80 → 192\.168\.1\.102:80/)
      .first()
      .waitFor();
    expect(await page.locator(".hook-map").textContent()).toContain("IPVS");
    expect(await page.locator(".candidates tbody tr").allTextContents()).toEqual([
      expect.stringMatching(/^192\.168\.1\.102:80 chosen/),
      expect.stringMatching(/^192\.168\.1\.101:80/),
    ]);
  });
});

describe("the other views", () => {
  it("draws all paths, and leads from one to its packet", async () => {
    await page.goto(`${served.address}#example=broken-firewall&view=paths`);
    await page.getByRole("heading", { name: "7 distinct paths" }).waitFor();
    const boxes = page.locator(".branch .box");
    const heights = await boxes.evaluateAll((all) => all.map((box) => box.getBoundingClientRect().height));
    expect(Math.max(...heights.slice(0, 1))).toBeGreaterThan(heights.at(-1)!);
    await page.locator(".box.dropped").first().click();
    await page.getByRole("heading", { name: /^Packet \d+: dropped/ }).waitFor();
  });

  it("shows the tables as they were after any packet", async () => {
    await openExample("broken-firewall");
    await view("Tables over time");
    const table = page.getByLabel("conntrack.txt", { exact: true });
    await page.getByRole("spinbutton", { name: "Packet" }).fill("1");
    await page.keyboard.press("Enter");
    await expect.poll(() => table.textContent()).toMatch(/^ipv4 +2 udp[^\n]*\[UNREPLIED\][^\n]*\n$/);
    await page.getByRole("spinbutton", { name: "Packet" }).fill("4");
    await page.keyboard.press("Enter");
    await expect.poll(() => table.textContent()).toContain("SYN_RECV");
    await page.getByRole("tab", { name: "iptables.save" }).click();
    expect(await page.getByLabel("iptables.save").textContent()).toContain("-A FORWARD -j LOG");
  });

  it("runs again with an edited rule, and says which packets fare otherwise", async () => {
    await openExample("broken-firewall");
    await view("Edit");
    const rules = page.getByRole("textbox", { name: "iptables.save" });
    const text = await rules.inputValue();
    await rules.fill(
      text.replace("-A FORWARD -i eth0", "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\n-A FORWARD -i eth0"),
    );
    await page.getByRole("button", { name: "Run again with these changes" }).click();
    await page.getByText("40 of 76 packets fare otherwise.").waitFor();
    await page.getByRole("button", { name: "Show the first, packet 4" }).click();
    await page.getByRole("heading", { name: "Packet 4: sent" }).waitFor();
    expect(await row(4).textContent()).toContain("was: dropped: by a chain's policy");
  });

  it("keeps the node as it was when an edit cannot be read", async () => {
    await openExample("broken-firewall");
    await view("Edit");
    await page.getByRole("textbox", { name: "iptables.save" }).fill("*filter\n-A FORWARD -j NOWHERE\nCOMMIT\n");
    await page.getByRole("button", { name: "Run again with these changes" }).click();
    await expect.poll(() => page.getByRole("status").first().textContent()).toContain("iptables.save:2");
    await view("Packets");
    expect(await page.locator(".report button").allTextContents()).toEqual(["32 sent", "44 dropped"]);
  });

  it("compares kube-proxy's modes over the same capture", async () => {
    await openExample("cluster-iptables");
    await view("Compare");
    await page.getByRole("button", { name: "The same Services, kube-proxy in IPVS mode" }).click();
    await page.getByRole("heading", { name: "Where packets went" }).waitFor();
    await page.locator("details summary").first().click();
    expect(await page.locator(".side-by-side").first().locator("th").allTextContents()).toEqual([
      "A Kubernetes node, kube-proxy in iptables mode",
      "The same Services, kube-proxy in IPVS mode",
    ]);
    expect(await page.locator(".side-by-side .parting").first().count()).toBe(1);
  });

  it("measures the browser that it runs in", async () => {
    await openExample("broken-firewall");
    await view("Bench");
    await page.getByRole("button", { name: "Measure" }).click();
    await page.getByRole("cell", { name: "replay, nothing reported" }).waitFor({ timeout: 50_000 });
    expect(Number(await page.locator(".bench td.number").first().textContent())).toBeGreaterThan(0);
  });
});

describe("the page itself", () => {
  it.each(["light", "dark"] as const)("has no serious accessibility finding in any view (%s)", async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    const found: string[] = [];
    const look = async (where: string) => {
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      found.push(...serious.map(({ id, nodes }) => `${where}: ${id}: ${nodes[0]!.html}`));
    };
    await page.goto(served.address);
    await look("start");
    await openExample("broken-firewall", "&packet=4");
    await page.getByRole("heading", { name: "Packet 4: dropped" }).waitFor();
    await look("Packets");
    for (const name of ["Paths", "Tables over time", "Edit", "Compare", "Bench"]) {
      await view(name);
      await look(name);
    }
    expect(found).toEqual([]);
  });

  it("can be read on a phone", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await openExample("broken-firewall", "&packet=4");
    await page.getByRole("heading", { name: "Packet 4: dropped" }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });

  it("loads under 300 KB gzipped, the core included, until an example is open", async () => {
    await openExample("broken-firewall");
    const paths = requested.map((url) => new URL(url).pathname).filter((path) => !path.startsWith("/examples/"));
    const files = [...new Set(paths)].filter((path) => path !== "/");
    expect(files.length).toBeGreaterThan(3);
    const bytes = ["/index.html", ...files].reduce(
      (sum, path) => sum + gzipSync(readFileSync(`${DIST}${path}`)).length,
      0,
    );
    expect(bytes).toBeLessThan(MOST_INITIAL_BYTES);
  });
});
