/** Assertions of passkeys: the vectors that the contract's verifier and Python answer too. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { fromHex, type Hex, utf8 } from "../src/base/bytes";
import { TallyError } from "../src/base/errors";
import { P256_ORDER } from "../src/generated/passkeys";
import { challengeOf } from "../src/protocol/passkeyAccount";
import { type Assertion, numbersOf, requirePage, signatureOf, verifyAssertion } from "../src/protocol/passkeys";
import { vectorsOf } from "./vectors";

interface AssertionVector {
  readonly name: string;
  readonly x: Hex;
  readonly y: Hex;
  readonly challenge: Hex;
  readonly client_data: string;
  readonly authenticator_data: Hex;
  readonly r: Hex;
  readonly s: Hex;
  readonly assertion: Hex;
  readonly refused: string;
  readonly page: string;
}

interface MessageVector {
  readonly primary_type: string;
  readonly typed_data: {
    readonly domain: { readonly chainId: string; readonly verifyingContract: Hex; readonly salt: Hex };
    readonly message: { readonly digest: Hex };
  };
  readonly digest: Hex;
}

const PAGE = "https://tallystick.example/en/desk";
const { vectors } = vectorsOf<{ readonly vectors: readonly AssertionVector[] }>("webauthn.json");
const messages = vectorsOf<{ readonly vectors: readonly MessageVector[] }>("eip712.json").vectors.filter(
  (vector) => vector.primary_type === "AccountMessage",
);

/** The word of an assertion's ABI encoding, counted from zero. */
function wordOf(vector: AssertionVector, at: number): number {
  return Number(BigInt(`0x${vector.assertion.slice(2 + 64 * at, 2 + 64 * (at + 1))}`));
}

function assertionOf(vector: AssertionVector): Assertion {
  return {
    passkey: { x: vector.x, y: vector.y },
    r: BigInt(vector.r),
    s: BigInt(vector.s),
    challengeAt: wordOf(vector, 2),
    typeAt: wordOf(vector, 3),
    authenticatorData: fromHex(vector.authenticator_data),
    clientData: utf8(vector.client_data),
  };
}

async function codeOf(act: () => unknown): Promise<string> {
  try {
    await act();
    return "";
  } catch (error) {
    if (!(error instanceof TallyError)) throw error;
    return error.code;
  }
}

for (const vector of vectors) {
  test(`assertion: ${vector.name}`, async () => {
    const found = assertionOf(vector);
    assert.equal(await codeOf(() => verifyAssertion(found, vector.challenge)), vector.refused);
    if (vector.refused === "") assert.equal(await codeOf(() => requirePage(found, PAGE)), vector.page);
    // the bytes of the assertion stand in the account's signature as the verifier takes them
    assert.ok(signatureOf(found).includes(vector.assertion.slice(2)));
  });
}

test("there are vectors of every kind", () => {
  assert.equal(new Set(vectors.map((vector) => vector.refused)).size, 8);
  assert.equal(new Set(vectors.map((vector) => vector.page)).size, 3);
  assert.equal(messages.length, 6);
});

for (const { typed_data, digest } of messages) {
  test(`challenge on chain ${typed_data.domain.chainId}: ${typed_data.message.digest}`, () => {
    const { chainId, salt, verifyingContract: account } = typed_data.domain;
    const deployment = { chainId: BigInt(chainId), deploymentId: salt, contracts: {} };
    assert.equal(challengeOf(typed_data.message.digest, account, deployment), digest);
  });
}

test("an authenticator's high s is turned into the one that the chain takes, and what is no signature is refused", async () => {
  const high = P256_ORDER - 5n;
  const der = `3025020104022100${high.toString(16).padStart(64, "0")}`.replace("3025", "3026");
  assert.deepEqual(numbersOf(fromHex(`0x${der}`)), [4n, 5n]);
  for (const bad of [
    "0x",
    "0x3000",
    `0x${der}00`,
    `0x31${der.slice(2)}`,
    `0x${der.slice(0, -2)}`,
    "0x3006020104020105ff",
  ]) {
    assert.equal(await codeOf(() => numbersOf(fromHex(bad as Hex))), "passkey.malformed");
  }
});
