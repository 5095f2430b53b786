import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { clusterAddress, clusterObjects } from "../../scripts/example-cluster.ts";
import { frameTo, pcapngOf } from "../support/frames.ts";
import { FIREWALL, firewallFiles, withPage } from "./open-page.ts";

const open = withPage();
const status = () => open.page.locator(".status");

/** A capture of one connection to each of the cluster's first Services, as a client at eth0 would open them. */
function clientsOf(services: number): Buffer {
  const packets = Array.from({ length: services }, (_, i) => ({
    bytes: frameTo("02:00:00:00:00:02", `tcp 192.168.10.77:${4000 + i} > ${clusterAddress(i)}:80 S`),
    seconds: i,
  }));
  return Buffer.from(pcapngOf(["eth0"], packets));
}

const text = (name: string, buffer: Buffer) => ({ name, mimeType: "text/plain", buffer });

describe("opening", () => {
  it("shows what can be opened, and opens an example whose name then stands in the address", async () => {
    await open.page.goto(open.address);
    await open.page.getByRole("button", { name: "A broken firewall" }).click();
    await open.page.getByText("76 packets over 26.112 s").waitFor();
    expect(await open.page.locator(".report button").allTextContents()).toEqual(["32 → sent", "44 ✕ dropped"]);
    expect(open.page.url()).toContain("#example=broken-firewall&packet=1");
  });

  it.each([
    ["virtual-server", "Two web servers behind a virtual address (IPVS)", "45 packets"],
    ["cluster-iptables", "A Kubernetes node, kube-proxy in iptables mode", "2,400 packets"],
    ["cluster-ipvs", "The same cluster, kube-proxy in IPVS mode", "2,400 packets"],
    ["broken-firewall", "A broken firewall", "76 packets"],
  ])("opens the example %s from the page's address, at its packet, view and filter", async (name, title, packets) => {
    await open.page.goto(`${open.address}#example=${name}&packet=3&view=tables&filter=tcp`);
    await open.page.getByRole("heading", { name: title }).waitFor();
    await open.page.getByText(packets).first().waitFor();
    await open.page.getByRole("heading", { name: "After packet 3" }).waitFor();
    expect(await open.page.getByRole("searchbox").inputValue()).toBe("tcp");
  });

  it("opens a capture and a node from the person's files, and sends nothing anywhere", async () => {
    await open.page.goto(open.address);
    const before = open.requested.length;
    await open.choose(firewallFiles());
    await open.page.getByText("76 packets over").waitFor();
    const after = open.requested.slice(before);
    expect(after.filter((url) => !url.startsWith(open.address))).toEqual([]);
    // The core, once; nothing else is even asked of the page's own place.
    expect(after.filter((url) => !/core[^/]*\.wasm$|worker/.test(url))).toEqual([]);
  });

  it("takes a node as a tar, as a folder that is chosen, and as a folder that is dropped", async () => {
    const capture = firewallFiles().find(({ name }) => name === "in.pcapng")!;
    const tar = execFileSync("tar", ["-cz", "-C", FIREWALL, "--exclude", "in.pcapng", "."]);
    await open.page.goto(open.address);
    await open.choose([{ ...capture, name: "node.tar.gz", buffer: tar }, capture]);
    await open.page.getByText("76 packets over").waitFor();

    await open.page.goto(`${open.address}?folder`);
    await open.page.locator("input[webkitdirectory]").setInputFiles(FIREWALL);
    await open.page.getByText("76 packets over").waitFor();

    await open.page.goto(`${open.address}?dropped`);
    const session = await open.page.context().newCDPSession(open.page);
    const data = { items: [], files: [FIREWALL.replace(/\/$/, "")], dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"] as const) {
      await session.send("Input.dispatchDragEvent", { type, x: 200, y: 200, data });
    }
    await open.page.getByText("76 packets over").waitFor();
  });

  it("lets replies come from the servers that are chosen, as they were captured, or not at all", async () => {
    const fates = () => open.page.locator(".report button").allTextContents();
    await open.openExample("cluster-ipvs");
    expect(await fates()).toEqual(["2,400 → sent"]);
    await open.page.getByLabel("replies").selectOption("as captured");
    await expect.poll(fates).toEqual(["1,600 → sent"]);
    await open.page.getByText("800 no input: frames that the node itself sent").waitFor();
    expect(open.page.url()).toContain("replies=capture");
    await open.page.reload();
    await open.row(3).waitFor();
    await expect.poll(fates).toEqual(["1,600 → sent"]);
    await open.page.getByLabel("kube-proxy in mode").selectOption("iptables");
    await open.page.getByRole("heading", { name: "A Kubernetes node, kube-proxy in iptables mode" }).waitFor();
    // Without the answers conntrack finds everything after the SYN out of window.
    await expect.poll(fates).toEqual(["155 → sent", "1,445 ✕ dropped"]);
    await open.openExample("virtual-server", "&replies=none");
    await open.page.getByText("replies are left out").waitFor({ state: "attached" });
  });

  it("makes the node of Services as kube-proxy would, in the mode that is chosen, now or later", async () => {
    await open.page.goto(open.address);
    await open.page.getByLabel("kube-proxy mode for YAML").selectOption("ipvs");
    await open.choose([text("services.yaml", Buffer.from(clusterObjects(5))), text("in.pcapng", clientsOf(5))]);
    await open.page.getByText("IPVS: TCP 10.96.0.10:80 >").waitFor();
    await open.page.getByLabel("kube-proxy in mode").selectOption("iptables");
    await open.page.getByText("-j DNAT --to-destination 10.244.").waitFor();
    expect(await open.page.locator(".steps").first().textContent()).not.toContain("IPVS");
  });

  it("says in words what is wrong with a file, and where", async () => {
    await open.page.goto(open.address);
    const rules = Buffer.from("*filter\n-A FORWARD -j\nCOMMIT\n");
    const files = firewallFiles();
    await open.choose(files.map((file) => (file.name === "iptables.save" ? { ...file, buffer: rules } : file)));
    await expect.poll(() => status().textContent()).toContain("iptables.save:2:");
    await open.choose(files.filter(({ name }) => name !== "in.pcapng"));
    await expect.poll(() => status().textContent()).toContain("No capture among these files");
    await open.choose([text("services.yaml", Buffer.from("kind: Service\n")), text("in.pcapng", clientsOf(1))]);
    await expect.poll(() => status().textContent()).toContain("services.yaml:1:1: document 1: apiVersion: missing");
    await open.page.getByRole("button", { name: "Close" }).click();
    expect(await status().textContent()).toBe("");
  });

  it("shows what lies before the damage in a capture, and where it is damaged", async () => {
    await open.page.goto(open.address);
    const files = firewallFiles();
    await open.choose(
      files.map((file) => (file.name === "in.pcapng" ? { ...file, buffer: file.buffer.subarray(0, 2000) } : file)),
    );
    await open.page.getByText("the file was cut off").waitFor();
    await expect.poll(() => open.row(1).textContent()).toContain("→ sent eth1");
  });

  it("says so where an address names no example", async () => {
    await open.page.goto(`${open.address}#example=none`);
    await open.page.getByText("There is no example called none.").waitFor();
  });
});
