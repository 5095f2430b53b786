import type { KernelModules, Node, Warning } from "../../model/node.ts";
import { ConfigError } from "../error.ts";
import { printServiceKey } from "./address.ts";

const TCP = 6;
const FTP_PORT = 21;
const FTP_MODULE = "ip_vs_ftp";

/**
 * Masqueraded services on port 21 are ip_vs_ftp's, where that module is loaded. Other ports than that one are not emulated.
 *
 * @param onUnsupported told where the module has other ports.
 * @returns a warning where the node does not say what it has loaded.
 */
export function checkFtpServices(
  services: Node["services"],
  modules: KernelModules | undefined,
  onUnsupported: (error: ConfigError) => void,
): Warning[] {
  const at = { file: "ipvsadm.save", line: 1, column: 1 };
  const ports = modules?.parameters.get(`${FTP_MODULE}.ports`) ?? `${FTP_PORT}`;
  if (services?.length && modules?.names.has(FTP_MODULE) && ports !== `${FTP_PORT}`) {
    const message = `the module ${FTP_MODULE} with ports=${ports} is not emulated, only with its default, ${FTP_PORT}`;
    onUnsupported(new ConfigError("ERR_UNSUPPORTED", { ...at, file: "modules.txt" }, message));
  }
  const service = services?.find(
    ({ key, servers }) =>
      key.fwmark === undefined &&
      key.protocol === TCP &&
      key.port === FTP_PORT &&
      servers.some(({ method }) => method === "masq"),
  );
  if (!service || modules) return [];
  const message = `no modules.txt (lsmod): ${FTP_MODULE} is taken as not loaded, for ${printServiceKey(service.key)}`;
  return [{ code: "NO_MODULES", message, at }];
}
