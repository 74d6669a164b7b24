/** How a verification step ends when it does not hold, and how it shows what it compared (`protocol/answers.py`). */

import { type Hex, toHex } from "../base/bytes";
import { isObject, type Json } from "../base/json";
import type { Said } from "../generated/words";

/** Why a step does not simply hold: it fails, lacks something, or the chain proves that there is nothing to check. */
export class Answer extends Error {
  constructor(
    readonly outcome: "fails" | "cannot" | "nothing",
    readonly words: Said,
  ) {
    super(words.en);
    this.name = "Answer";
  }
}

/** A check that does not hold, with both values. */
export function fails(en: string, zh: string): Answer {
  return new Answer("fails", { en, zh });
}

/** Something a check needs is not in the bundle. */
export function missing(en: string, zh: string): Answer {
  return new Answer("cannot", { en, zh });
}

/** The chain proves that there is nothing that a step could check. */
export function nothing(en: string, zh: string): Answer {
  return new Answer("nothing", { en, zh });
}

/** What can be compared and shown. */
export type Shown = Json | undefined | Uint8Array | readonly Shown[] | ReadonlyMap<string, Shown>;

/** A compared value as people read it: bytes as 0x hex, lists with commas, records and mappings by their fields' names. */
export function show(value: Shown): string {
  if (value === null || value === undefined) return "none";
  if (value instanceof Uint8Array) return toHex(value);
  if (value instanceof Map || isObject(value as Json)) {
    return [...(value as ReadonlyMap<string, Shown>)].map(([name, item]) => `${name} ${show(item)}`).join(", ");
  }
  return Array.isArray(value) ? value.map(show).join(", ") : String(value);
}

/** Hex digits without 0x, as some sentences have them. */
export function bare(hex: Hex): string {
  return hex.slice(2);
}

/** Whether two compared values are the same. */
export function same(one: Shown, other: Shown): boolean {
  if (one instanceof Map && other instanceof Map) {
    return one.size === other.size && [...one].every(([name, item]) => other.has(name) && same(item, other.get(name)));
  }
  if (one instanceof Uint8Array || other instanceof Uint8Array) return show(one) === show(other);
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, at) => same(item, other[at]));
  }
  return (one ?? null) === (other ?? null);
}

/** What is compared: its name in both languages, and the two values. */
export type Compared = readonly [en: string, zh: string, stated: Shown, due: Shown];

/** Refuses at the first that was stated otherwise than it is due. */
export function equal(who: string, pairs: readonly Compared[]): void {
  for (const [en, zh, stated, due] of pairs) {
    if (!same(stated, due)) {
      throw fails(
        `${who}: stated ${en} ${show(stated)}, due ${show(due)}.`,
        `${who}：声明的${zh}为${show(stated)}，应为${show(due)}。`,
      );
    }
  }
}
