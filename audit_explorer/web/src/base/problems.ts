/** What goes wrong on participants' pages, by code, in the two languages people read. */

import { PROBLEMS } from "../generated/words";
import { TallyError } from "./errors";

export type ProblemCode = keyof typeof PROBLEMS;

/** The error of a code, whose words are in the vocabulary. */
export function told(code: ProblemCode): TallyError {
  return new TallyError(code, PROBLEMS[code].en, "");
}

/** An error as one of ours; what is none is `desk.failed`. */
export function asProblem(error: unknown): TallyError {
  return error instanceof TallyError ? error : told("desk.failed");
}

/** Whether the vocabulary has words for a code. */
export function isKnown(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}
