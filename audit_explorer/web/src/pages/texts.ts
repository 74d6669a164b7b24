/** The page's language, and its texts in it. */

import { CHECK_PAGE, type Language, say } from "../generated/words";

export const language: Language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";

export type Name = keyof typeof CHECK_PAGE;

/** A text of the page. */
export function words(name: Name): string {
  return say(CHECK_PAGE[name], language);
}
