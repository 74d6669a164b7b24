/** What is refused, in the words of the code that refuses it. */

import { TallyError } from "../base/errors";
import { words } from "./texts";

export interface Refused {
  readonly code: string;
  readonly what: string;
  readonly fix: string;
}

/** The refusal in an error; anything else is a mistake of ours and goes on. */
export function refusedBy(error: unknown): Refused {
  if (error instanceof TallyError) return { code: error.code, what: error.what, fix: error.fix };
  throw error;
}

export function Refusal({ found }: { readonly found: Refused }) {
  return (
    <p class="problem">
      {words("failed")} {found.what} {found.fix} <code>{found.code}</code>
    </p>
  );
}
