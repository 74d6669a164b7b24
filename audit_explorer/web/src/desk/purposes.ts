/** A purpose's code within its words, as `protocol/law/wording.py` writes and reads it: whoever reads the words reads the code. */

import { type Language, PURPOSES, say } from "../generated/words";

const CODE = / \[purpose ([^[\]]*)\]/;
const REFERENCE = / \[ref [0-9a-f]{32}\]$/;
const JOINTS: Readonly<Record<Language, string>> = { en: ": ", zh: "：" };
const ALL = Object.keys(PURPOSES) as readonly (keyof typeof PURPOSES)[];

/** The codes that a purpose can have. */
export const purposeCodes: readonly string[] = ALL;

/** The words of a code; a code that this release does not know is shown as it is. */
export function purposeSaid(code: string, language: Language): string {
  const known = ALL.find((each) => each === code);
  return known === undefined ? code : say(PURPOSES[known], language);
}

/** The code in a purpose's text, "" where it has none. */
export function purposeCode(text: string): string {
  return CODE.exec(text)?.[1] ?? "";
}

/** The text with another code: its words first, then what says more, then the code, before the reference; "" takes the code and its words away. */
export function withPurpose(text: string, code: string, language: Language): string {
  const reference = REFERENCE.exec(text)?.[0] ?? "";
  const more = withoutWords(
    text
      .slice(0, text.length - reference.length)
      .replace(CODE, "")
      .trim(),
  );
  if (code === "") return `${more}${reference}`;
  const words = purposeSaid(code, language);
  return `${words}${more === "" ? "" : `${JOINTS[language]}${more}`} [purpose ${code}]${reference}`;
}

function withoutWords(text: string): string {
  for (const each of ALL)
    for (const words of [PURPOSES[each].en, PURPOSES[each].zh]) {
      if (text === words) return "";
      for (const joint of Object.values(JOINTS)) {
        const head = `${words}${joint.trimEnd()}`;
        if (text.startsWith(head)) return text.slice(head.length).trim();
      }
    }
  return text;
}
