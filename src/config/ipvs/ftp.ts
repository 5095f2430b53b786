import type { KernelModules, Node, Warning } from "../../model/node.ts";
import { ConfigError } from "../error.ts";
import { printServiceKey } from "./address.ts";

const TCP = 6;
const FTP_PORT = 21;
const FTP_MODULE = "ip_vs_ftp";

/**
 * Masqueraded services on port 21 are ip_vs_ftp's, where that module is loaded; what it does is not emulated: it changes
 * addresses in commands and answers, and makes the data connections.
 *
 * @param onUnsupported told where the module is loaded.
 * @returns a warning where the node does not say what it has loaded.
 */
export function checkFtpServices(
  services: Node["services"],
  modules: KernelModules | undefined,
  onUnsupported: (error: ConfigError) => void,
): Warning[] {
  const service = services?.find(
    ({ key, servers }) =>
      key.fwmark === undefined &&
      key.protocol === TCP &&
      key.port === FTP_PORT &&
      servers.some(({ method }) => method === "masq"),
  );
  if (!service || (modules && !modules.names.has(FTP_MODULE))) return [];
  const at = { file: "ipvsadm.save", line: 1, column: 1 };
  const name = printServiceKey(service.key);
  if (!modules) {
    const message = `no modules.txt (lsmod): ${FTP_MODULE} is taken as not loaded, for ${name}`;
    return [{ code: "NO_MODULES", message, at }];
  }
  onUnsupported(
    new ConfigError("ERR_UNSUPPORTED", at, `the module ${FTP_MODULE}, which handles ${name}, is not emulated`),
  );
  return [];
}
