/** A coordinator that changes anything in its answers about an authorization is refused. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { getAddress } from "viem";

import { TallyError } from "../src/base/errors";
import { type ReviewQuestion, reviewed } from "./answers";
import { FOLDER } from "./vectors";

const FILE = join(FOLDER, "records.json");
const { vectors } = JSON.parse(readFileSync(FILE, "utf-8")) as { vectors: readonly { question: ReviewQuestion }[] };
const honest = vectors.map((vector) => vector.question).filter((question) => "request" in question);

/** What is no part of what is agreed: whether it was already signed, and a number that only makes it unique. */
const NOTHING_SAID = /^request\.status$/;

/** Every way to change one leaf. */
function* changed(value: unknown, where: string): Generator<readonly [string, unknown]> {
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) {
      for (const [place, other] of changed(item, `${where}[${at}]`))
        yield [place, value.map((each, i) => (i === at ? other : each))];
    }
    yield [`${where} with one more`, [...value, value[0] ?? "more"]];
    if (value.length > 0) yield [`${where} with one fewer`, value.slice(1)];
  } else if (typeof value === "object" && value !== null) {
    for (const [name, item] of Object.entries(value)) {
      for (const [place, other] of changed(item, `${where}.${name}`)) yield [place, { ...value, [name]: other }];
    }
    yield [`${where} with one more`, { ...value, more: "1" }];
  } else if (typeof value === "string") {
    yield [where, bent(value)];
    yield [`${where} emptied`, ""];
  } else if (typeof value === "number") {
    yield [where, value + 1];
  } else if (typeof value === "boolean") {
    yield [where, !value];
  }
}

/** A text of the same form that differs. */
function bent(text: string): string {
  const at = Math.max(0, text.length - 6);
  const sign = text[at] ?? "";
  return `${text.slice(0, at)}${/[0-9a-z]/i.test(sign) ? (sign === "1" ? "2" : "1") : "x"}${text.slice(at + 1)}`;
}

test("honest answers are shown", () => {
  assert.ok(honest.length > 2);
  for (const question of honest) assert.ok(reviewed(question).table.length > 10);
});

test("an address with EIP-55's capitals is the same address, with wrong ones it is none", () => {
  for (const question of honest) {
    const { request } = question;
    const typed = request.typed_data as unknown as { domain: { verifyingContract: string } };
    const spelt = (verifyingContract: string): ReviewQuestion => {
      const typed_data = {
        ...typed,
        domain: { ...typed.domain, verifyingContract },
      } as unknown as typeof request.typed_data;
      return { ...question, request: { ...request, typed_data } };
    };
    const checksummed = getAddress(typed.domain.verifyingContract);
    assert.ok(reviewed(spelt(checksummed)).table.length > 10);
    const swapped = [...checksummed.slice(2)].map((sign) =>
      sign === sign.toLowerCase() ? sign.toUpperCase() : sign.toLowerCase(),
    );
    const wrong = `0x${swapped.join("")}`;
    if (wrong !== checksummed) assert.throws(() => reviewed(spelt(wrong)), TallyError);
  }
});

test("attack: any change in the coordinator's answers", () => {
  let tried = 0;
  for (const question of honest) {
    for (const part of ["status", "request"] as const) {
      for (const [where, other] of changed(question[part], part)) {
        if (NOTHING_SAID.test(where.split(" ")[0] ?? "") || JSON.stringify(other) === JSON.stringify(question[part]))
          continue;
        if (where === `${part} with one more`) continue; // a later version of the API may say more
        tried += 1;
        assert.throws(() => reviewed({ ...question, [part]: other } as ReviewQuestion), TallyError, where);
      }
    }
  }
  assert.ok(tried > 200, String(tried));
});

test("attack: another chain, deployment or contract than the owner's own file says", () => {
  for (const question of honest) {
    const { contracts } = question;
    const swapped = { Consents: contracts["Tasks"] ?? "0x", Tasks: contracts["Consents"] ?? "0x" } as const;
    assert.throws(() => reviewed({ ...question, contracts: swapped }), TallyError);
    assert.throws(() => reviewed({ ...question, deployment_id: `0x${"7".repeat(64)}` }), TallyError);
  }
});
