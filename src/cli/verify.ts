import { type Node, verificationText, verifyCapture } from "../index.ts";
import { openCapture } from "../node/index.ts";
import { EXIT_DONE, EXIT_NO } from "./errors.ts";
import { type RunOptionValues, runOptions } from "./run-options.ts";

/** `hookwalk replay --verify`. @returns the exit code: 1 when something that left is not explained. */
export async function verify(
  node: Node,
  capturePath: string,
  values: RunOptionValues & { readonly json?: boolean; readonly local?: string },
): Promise<number> {
  const { verification } = await verifyCapture(node, openCapture(capturePath), {
    ...(await runOptions(values)),
    local: values.local === undefined ? undefined : openCapture(values.local),
  });
  const text = values.json ? `${JSON.stringify(verification, undefined, 2)}\n` : verificationText(verification);
  process.stdout.write(text);
  return verification.isExplained ? EXIT_DONE : EXIT_NO;
}
