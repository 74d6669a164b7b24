/** Texts as Python has them: lengths and order in code points, not in the UTF-16 units of JavaScript's strings. */

/**
 * Control and format characters, surrogates, private use, unassigned, line and paragraph separators: with them a text can look
 * like another (Unicode TR 36, TR 9). The same categories as `protocol/record.py`.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u;

/** The first character that a line people read must not have, as `U+202E`; empty when there is none. */
export function unprintable(text: string): string {
  const found = UNPRINTABLE.exec(text)?.[0].codePointAt(0);
  return found === undefined ? "" : `U+${found.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Number of code points; lone surrogates count as one each, as in Python. */
export function length(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Order by code points: negative, zero or positive. `<` compares UTF-16 units, which sorts U+FF61 behind U+1F600. */
export function compare(one: string, other: string): number {
  const left = [...one];
  const right = [...other];
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const difference = (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** The distinct texts in the order of their code points. */
export function sortedSet(texts: Iterable<string>): readonly string[] {
  return [...new Set(texts)].sort(compare);
}
