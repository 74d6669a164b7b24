/** The pages' texts in the language of the page, and times as people read them. */

import { DESK, type Language, say } from "../generated/words";
import { timeSaid } from "../protocol/sentences";

export const language: Language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";

/** A text of the vocabulary, with its places filled in. */
export function t(name: keyof typeof DESK, values: Readonly<Record<string, string | number>> = {}): string {
  return say(DESK[name], language).replace(/\{([a-z_]+)\}/g, (place, key: string) => String(values[key] ?? place));
}

/** Words that hold both languages, as records have them. */
export function spoken(words: { readonly english: string; readonly chinese: string }): string {
  return language === "zh" ? words.chinese : words.english;
}

/** Words as the API has them, in the page's language. */
export function said(words: { readonly en: string; readonly zh: string }): string {
  return words[language];
}

/** A moment in UTC with its distance from `now` (unix seconds). */
export function momentSaid(seconds: bigint, now: number): string {
  const left = Number(seconds) - now;
  const size = Math.abs(left);
  const [unit, length] = (
    [
      ["day", 86_400],
      ["hour", 3_600],
      ["minute", 60],
    ] as const
  ).find(([, s]) => size >= 2 * s) ?? ["second", 1];
  const distance = new Intl.RelativeTimeFormat(language === "zh" ? "zh-Hans" : "en").format(
    Math.trunc(left / length),
    unit,
  );
  return t("moment", { time: timeSaid(seconds), distance });
}

/** A long value for the eye: eight and four of its digits. */
export function shortened(value: string): string {
  const [head, digits] = value.startsWith("0x")
    ? ["0x", value.slice(2)]
    : [value.slice(0, value.search(/[_-][0-9a-f]{32,}$/) + 1), value.slice(value.search(/[_-][0-9a-f]{32,}$/) + 1)];
  return digits.length > 16 ? `${head}${digits.slice(0, 8)}…${digits.slice(-4)}` : value;
}

/** Now, in unix seconds. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}
