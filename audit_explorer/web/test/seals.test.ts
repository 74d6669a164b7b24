/** QBFT finality: quorums of seals and changes of validators, by the vectors that Python answers too. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { fromHex, type Hex } from "../src/base/bytes";
import { TallyError } from "../src/base/errors";
import { parseHeader } from "../src/protocol/chain";
import { verifyFinality } from "../src/protocol/qbft";
import { vectorsOf } from "./vectors";

interface SealVector {
  readonly name: string;
  readonly verdict: string;
  readonly genesis: Hex;
  readonly headers: readonly Hex[];
}

const { vectors } = vectorsOf<{ readonly vectors: readonly SealVector[] }>("seals.json");

test("there are vectors of every kind", () => {
  const verdicts = new Set(vectors.map((vector) => vector.verdict));
  const wanted = ["chain.consensus", "chain.genesis", "chain.seals", "chain.validators", "final", "no seals"];
  assert.deepEqual([...verdicts].sort(), wanted);
});

for (const vector of vectors) {
  test(`seals: ${vector.name}`, async () => {
    const headers = vector.headers.map((header) => fromHex(header));
    const head = parseHeader(headers.at(-1) ?? new Uint8Array());
    let verdict: string;
    try {
      verdict = (await verifyFinality(headers, head, vector.genesis)) ? "final" : "no seals";
    } catch (error) {
      if (!(error instanceof TallyError)) throw error;
      verdict = error.code;
    }
    assert.equal(verdict, vector.verdict);
  });
}
