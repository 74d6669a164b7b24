/** Typed data and signatures: the vectors that the contracts hash and recover too. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { hashTypedData } from "viem";

import { fromHex, type Hex } from "../src/base/bytes";
import { fromPlain } from "../src/base/json";
import { SIGNED } from "../src/generated/records";
import { accountSignature } from "../src/protocol/signatures";
import { type Domain, digestOf, membersOf, type TypedDocument } from "../src/protocol/typed";
import { typeOf } from "./answers";
import { vectorsOf } from "./vectors";

interface TypedVector {
  readonly primary_type: string;
  readonly note: string;
  readonly contract: string;
  readonly typed_data: TypedDocument;
  readonly digest: Hex;
  readonly signer: string;
  readonly signature: Hex;
}

interface SignatureVector {
  readonly name: string;
  readonly wallet: Hex;
  readonly digest: Hex;
  readonly signature: Hex;
  readonly valid: boolean;
  readonly canonical: Hex;
}

/** Types of the contracts that nothing in Python signs or reads: viem's hash of the vector's own types is compared. */
const ELSEWHERE = new Set([
  "AccountMessage",
  "BudgetChange",
  "Execution",
  "LicenceGrant",
  "LicenceRetirement",
  "ModelRegistration",
  "ModelRetirement",
]);
/** Where recovery gives the wallet's own key; elsewhere its code decides, and its bytes are left as they are. */
const BY_KEY = new Set([
  "account: its key",
  "account: high s (EIP-2)",
  "account: v of 0 or 1",
  "account: compact (EIP-2098)",
  "delegated: its key, unwilling code",
  "delegated: its key, code that burns",
  "delegated: its key, an address without code",
  "delegated: v of 0 or 1, unwilling code",
]);
const typed = vectorsOf<{ vectors: readonly TypedVector[] }>("eip712.json").vectors;
const signatures = vectorsOf<{ vectors: readonly SignatureVector[] }>("signatures.json").vectors;

function domainOf(document: TypedDocument): Domain {
  const { chainId, verifyingContract, salt } = document.domain;
  return { chainId: BigInt(chainId ?? ""), verifyingContract: verifyingContract as Hex, salt: salt as Hex };
}

test("every type of the contracts is here or named", () => {
  const theirs = new Set(typed.map((vector) => vector.primary_type));
  const ours = new Set(Object.keys(SIGNED));
  assert.deepEqual([...theirs].filter((name) => !ours.has(name)).sort(), [...ELSEWHERE].sort());
  assert.deepEqual(
    [...ours].filter((name) => !theirs.has(name)),
    ["Access", "AccessKey", "OpeningRequest"],
    "between parties and the coordinator, never on chain",
  );
});

for (const vector of typed) {
  test(`${vector.primary_type} ${vector.note} on chain ${vector.typed_data.domain["chainId"]}`, async () => {
    const document = vector.typed_data;
    if (ELSEWHERE.has(vector.primary_type)) {
      const plain = document as unknown as Parameters<typeof hashTypedData>[0];
      assert.equal(hashTypedData(plain), vector.digest);
    } else {
      const { home } = SIGNED[vector.primary_type as keyof typeof SIGNED];
      const type = typeOf(vector.primary_type);
      assert.equal(home, vector.contract);
      assert.deepEqual(membersOf(type), document.types[vector.primary_type]);
      const message = type.read(fromPlain(document.message), "");
      assert.equal(digestOf(type, message, domainOf(document)), vector.digest);
    }
    const signer = vector.signer.toLowerCase() as Hex;
    assert.equal(await accountSignature(signer, vector.digest, fromHex(vector.signature)), vector.signature);
  });
}

for (const vector of signatures) {
  test(`signature of ${vector.name}`, async () => {
    const found = await accountSignature(vector.wallet, vector.digest, fromHex(vector.signature));
    assert.equal(found !== undefined, BY_KEY.has(vector.name));
    if (found !== undefined) assert.equal(found, vector.canonical);
  });
}
