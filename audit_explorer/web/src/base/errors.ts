/** The one error of this code, as `protocol/errors.py`: a stable code, what happened, what to do. */

export class TallyError extends Error {
  constructor(
    /** Stable across releases, `area.reason`; the same code as Python gives. */
    readonly code: string,
    /** What happened, never with secrets. */
    readonly what: string,
    /** What to do. */
    readonly fix: string,
    /** The place in a record, `contract.steps[0].id`; empty where there is none. */
    readonly field = "",
  ) {
    super(`${code}: ${what} ${fix}`);
    this.name = "TallyError";
  }
}

/** The error for a value of the wrong form. */
export function wrong(where: string, expected: string, code = "json.wrong_value"): TallyError {
  return new TallyError(code, `${where} is not ${expected}.`, "Correct it.", where);
}
