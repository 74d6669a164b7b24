/** The golden vectors that Python, Solidity and TypeScript share (`tests/vectors`). */

import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Node is started in `audit_explorer/web`, wherever the bundled test lies. */
export const FOLDER = join(process.cwd(), "..", "..", "tests", "vectors");

/** A file of vectors, parsed. */
export function vectorsOf<T>(name: string): T {
  return JSON.parse(readFileSync(join(FOLDER, name), "utf-8")) as T;
}
