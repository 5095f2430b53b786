import { servePage } from "../node/index.ts";
import { EXIT_DONE } from "./errors.ts";

export interface WebValues {
  readonly port: number;
}

/** `hookwalk web`: serves the page until it is interrupted. @returns the exit code. */
export async function web({ port }: WebValues): Promise<number> {
  const { address, server } = await servePage(port);
  process.stdout.write(`${address}\n`);
  await new Promise<void>((resolve) => process.once("SIGINT", resolve));
  server.close();
  server.closeAllConnections();
  return EXIT_DONE;
}
