import type { IpvsAction } from "../../model/command.ts";
import type { IpvsServer, IpvsService, IpvsServiceKey } from "../../model/ipvs.ts";
import type { Warning } from "../../model/node.ts";
import { formatAddress } from "../address.ts";
import { ConfigError } from "../error.ts";
import { splitWords, WordReader } from "../words.ts";
import { printEndpoint, printFlags, printServiceKey, serviceKeyText } from "./address.ts";
import { parseIpvsWords } from "./command.ts";

/** A service while commands change it. */
export type EditedService = Omit<IpvsService, "servers"> & { servers: IpvsServer[] };

export interface IpvsadmOptions {
  /** Told of every service with a scheduler or persistence engine that this version does not know; the service is left out. */
  readonly onUnsupported?: (error: ConfigError) => void;
  /** Told of what some packets meet otherwise than in Linux. */
  readonly onWarning?: (warning: Warning) => void;
}

/**
 * Parses what `ipvsadm-save -n` printed: every line is a command, with or without a leading `ipvsadm`.
 *
 * @throws ConfigError at the first line that ipvsadm or the kernel would refuse as well.
 */
export function parseIpvsadmSave(text: string, file: string, options: IpvsadmOptions = {}): IpvsService[] {
  const services = new Map<string, EditedService>();
  const left = new Set<string>();
  for (const [i, line] of text.split("\n").entries()) {
    const words = splitWords(line.endsWith("\r") ? line.slice(0, -1) : line, 0, false);
    if (words.length === 0 || words[0]!.text.startsWith("#")) continue;
    const reader = new WordReader(file, i + 1, words);
    const keyText = `${words[1]?.text} ${words[2]?.text}`;
    if (left.has(keyText)) continue;
    try {
      const { action } = parseIpvsWords(reader);
      applyIpvsAction(reader, services, action);
      if (leavesChecksums(action)) options.onWarning?.({ ...REMOTE_CHECKSUM, at: { file, line: i + 1, column: 1 } });
    } catch (error) {
      if (!(error instanceof ConfigError) || error.code !== "ERR_UNSUPPORTED" || !options.onUnsupported) throw error;
      left.add(keyText);
      options.onUnsupported(error);
    }
  }
  return [...services.values()];
}

const REMOTE_CHECKSUM = {
  code: "TUNNEL_REMCSUM",
  message:
    "--tun-remcsum: packets with an unfinished checksum (the node's own, and large pieces) go out without the private " +
    "field by which Linux leaves it to the server",
};

/** Does the tunnel leave it to the server to finish checksums? */
function leavesChecksums(action: IpvsAction): boolean {
  if (action.verb !== "add-server" || action.server.method !== "tunnel") return false;
  return action.server.tunnel.type === "gue" && action.server.tunnel.checksum === "remcsum";
}

/** Does what a command asks for; `reader` says where it stands, for errors. */
export function applyIpvsAction(reader: WordReader, services: Map<string, EditedService>, action: IpvsAction): void {
  switch (action.verb) {
    case "add-service":
      if (services.has(serviceKeyText(action.service.key))) reader.fail(reader.words[0], "Service already exists");
      services.set(serviceKeyText(action.service.key), { ...action.service, servers: [] });
      return;
    case "edit-service":
      if (!services.has(serviceKeyText(action.service.key))) reader.fail(reader.words[0], "No such service");
      editService(existing(reader, services, action.service.key), services, action.service);
      return;
    case "delete-service":
      if (!services.has(serviceKeyText(action.key))) reader.fail(reader.words[0], "No such service");
      services.delete(serviceKeyText(action.key));
      return;
    case "add-server":
      addServer(reader, existing(reader, services, action.key), action.server);
      return;
    case "edit-server":
      replaceServer(reader, existing(reader, services, action.key), action.server, [action.server]);
      return;
    case "delete-server":
      replaceServer(reader, existing(reader, services, action.key), action.server, []);
      return;
    case "clear":
      services.clear();
      return;
    case "zero":
      if (action.key && !services.has(serviceKeyText(action.key))) reader.fail(reader.words[0], "No such service");
      return;
    case "set-timeouts":
    case "start-daemon":
    case "stop-daemon":
      return;
  }
}

function existing(reader: WordReader, services: Map<string, EditedService>, key: IpvsServiceKey): EditedService {
  return services.get(serviceKeyText(key)) ?? reader.fail(reader.words[0], "Service not defined");
}

function editService(old: EditedService, services: Map<string, EditedService>, service: IpvsService): void {
  services.set(serviceKeyText(service.key), { ...service, servers: old.servers });
}

function indexOf(service: EditedService, server: Pick<IpvsServer, "address" | "port">): number {
  const text = printEndpoint(server.address, server.port);
  return service.servers.findIndex(({ address, port }) => printEndpoint(address, port) === text);
}

function addServer(reader: WordReader, service: EditedService, server: IpvsServer): void {
  if (indexOf(service, server) >= 0) reader.fail(reader.words[0], "Destination already exists");
  service.servers.push(server);
}

function replaceServer(
  reader: WordReader,
  service: EditedService,
  server: Pick<IpvsServer, "address" | "port">,
  by: readonly IpvsServer[],
): void {
  const index = indexOf(service, server);
  if (index < 0) reader.fail(reader.words[0], "No such destination");
  service.servers.splice(index, 1, ...by);
}

/** Prints services as `ipvsadm-save -n` does, in the order given. */
export function printIpvsadmSave(services: readonly IpvsService[]): string {
  const lines = services.flatMap((service) => [
    printService(service),
    ...service.servers.map((server) => printServer(service.key, server)),
  ]);
  return lines.map((line) => `${line}\n`).join("");
}

function printService(service: IpvsService): string {
  let text = `-A ${printServiceKey(service.key)} -s ${service.scheduler}`;
  if (service.persistence !== undefined) {
    text += ` -p ${service.persistence}`;
    if (service.netmask !== undefined) text += ` -M ${printMask(service.key.family, service.netmask)}`;
  }
  if (service.engine !== undefined) text += ` --pe ${service.engine}`;
  if (service.onePacket) text += " -o";
  return service.flags.length ? `${text} -b ${printFlags(service)}` : text;
}

function printMask(family: 4 | 6, mask: number): string {
  if (family === 6) return String(mask);
  return formatAddress(Uint8Array.of(mask >>> 24, mask >>> 16, mask >>> 8, mask));
}

const METHOD_OPTIONS = { masq: "-m", route: "-g", tunnel: "-i" } as const;

/** Thresholds are not saved, as with the real tool. */
function printServer(key: IpvsServiceKey, server: IpvsServer): string {
  const endpoint = printEndpoint(server.address, server.port);
  let text = `-a ${printServiceKey(key)} -r ${endpoint} ${METHOD_OPTIONS[server.method]} -w ${server.weight}`;
  if (server.method !== "tunnel") return text;
  const { type, port, checksum } = server.tunnel;
  text += ` --tun-type ${type}`;
  if (type === "ipip") return text;
  if (type === "gue") text += ` --tun-port ${port}`;
  return `${text} --tun-${checksum === "none" ? "nocsum" : checksum}`;
}
