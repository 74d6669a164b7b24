/** A purpose's code and words: what the form writes is what the gate reads (`tests/unit/protocol/law/test_wording.py` has the other side). */

import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";

import { purposeCode, purposeCodes, purposeSaid, withPurpose } from "../src/desk/purposes";

const REFERENCE = ` [ref ${"5c".repeat(16)}]`;

test("a code is written with its words in front, and read again", () => {
  for (const code of purposeCodes)
    for (const language of ["en", "zh"] as const) {
      const text = withPurpose("of three banks", code, language);
      equal(purposeCode(text), code);
      equal(text, `${purposeSaid(code, language)}${language === "en" ? ": " : "："}of three banks [purpose ${code}]`);
      equal(withPurpose(text, "", language), "of three banks");
    }
});

test("another code replaces words and code of the one before, in either language, and keeps the rest", () => {
  const first = `${withPurpose("of three banks", "credit-risk", "en")}${REFERENCE}`;
  equal(first, `Assess credit risk: of three banks [purpose credit-risk]${REFERENCE}`);
  const second = withPurpose(first, "fraud", "zh");
  equal(second, `识别与防范欺诈：of three banks [purpose fraud]${REFERENCE}`);
  equal(withPurpose(second, "credit-risk", "en"), first);
});

test("words alone, nothing at all, and what was written before codes", () => {
  deepEqual(
    [
      withPurpose("", "fraud", "en"),
      withPurpose("Detect and prevent fraud [purpose fraud]", "", "en"),
      purposeCode("Costs by ward"),
    ],
    ["Detect and prevent fraud [purpose fraud]", "", ""],
  );
  equal(withPurpose(`Costs by ward${REFERENCE}`, "", "en"), `Costs by ward${REFERENCE}`);
});
