import { CONN_F_NFCT, ForwardMethod } from "../abi/ipvs";
import { PROTO_TCP } from "../abi/protocol";
import { config } from "../packet/config";
import { IpvsConnection } from "./connection";
import { FTP_PORT } from "./service";

/** What a connection is to FTP. */
export enum FtpMode {
  /** No FTP. */
  None = 0,
  /** Waits for a command. */
  Active = 1,
  /** A client asked PASV or EPSV: the server's next answer may name a port. */
  Passive = 2,
  ExtendedPassive = 3,
}

/** A new connection to the FTP port keeps its conntrack entry, which knows how to shift sequence numbers (ip_vs_bind_app). */
export function bindFtp(connection: IpvsConnection): void {
  if (!config.vsFtp || connection.virtualPort != FTP_PORT) return;
  if (connection.protocol != PROTO_TCP || connection.method != ForwardMethod.Masq) return;
  connection.ftp = <u8>FtpMode.Active;
  connection.flags |= CONN_F_NFCT;
}
