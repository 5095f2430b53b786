import { generateCapture, type WorkloadOptions } from "../index.ts";
import { FileWriter } from "../node/index.ts";

export interface GenerateValues extends WorkloadOptions {
  readonly write: string;
}

/** `hookwalk generate`. */
export function generate({ write, ...options }: GenerateValues): void {
  const file = new FileWriter(write);
  try {
    for (const piece of generateCapture(options)) file.write(piece);
  } finally {
    file.close();
  }
}
