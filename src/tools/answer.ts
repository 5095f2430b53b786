/** What a tool's run leaves: exit code and what it wrote. */
export interface Answer {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const DONE: Answer = { exit: 0, stdout: "", stderr: "" };

export function wrote(stdout: string): Answer {
  return { exit: 0, stdout, stderr: "" };
}

export function refused(exit: number, stderr: string): Answer {
  return { exit, stdout: "", stderr };
}

/** A tool gives up with an exit code and a message. */
export class ToolFailure extends Error {
  override readonly name = "ToolFailure";
  readonly exit: number;

  constructor(exit: number, message: string) {
    super(message);
    this.exit = exit;
  }
}
