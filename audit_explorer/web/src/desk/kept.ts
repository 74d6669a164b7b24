/** The draft of this window, over a reload: in the window's own storage, never at the coordinator. */

import type { Draft } from "./draft";

const KEPT = "tallystick.draft";
/** How numbers above 53 bits are written. */
const BIG = "$big";

/** The draft that this window holds for a party; undefined where there is none that can be read. */
export function keptDraft(party: string): Draft | undefined {
  try {
    const text = sessionStorage.getItem(KEPT);
    const found = text === null ? undefined : (JSON.parse(text, revived) as Draft);
    return found?.contract.proposer === party ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a draft; undefined forgets it. */
export function keepDraft(draft: Draft | undefined): void {
  if (draft === undefined) sessionStorage.removeItem(KEPT);
  else sessionStorage.setItem(KEPT, JSON.stringify(draft, written));
}

function written(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? { [BIG]: String(value) } : value;
}

function revived(_: string, value: unknown): unknown {
  const big = (value as Readonly<Record<string, unknown>> | null)?.[BIG];
  return typeof big === "string" ? BigInt(big) : value;
}
