/** Receipts of answers and their batches (`protocol/sessions.py`). */

import type { Hex } from "../base/bytes";
import { TallyError, wrong } from "../base/errors";
import { dumps, equalBytes, isObject, type Json, loads } from "../base/json";
import { AnswerReceipt, LIMITS, RECEIPT_BATCH, RECEIPT_TYPE, ReceiptBatch, STATEMENT_TYPE } from "../generated/records";
import { keyId, openEnvelope, parseEnvelope } from "./dsse";
import { leafHash, verifyInclusion } from "./merkle";

/** A receipt from its canonical bytes. */
export function readReceipt(data: Uint8Array): AnswerReceipt {
  return AnswerReceipt.read(loads(data, AnswerReceipt.limit), "");
}

/** The receipt that one of the keys signed. */
export async function receiptOf(envelope: Uint8Array, keys: readonly Uint8Array[]): Promise<AnswerReceipt> {
  return readReceipt(await openEnvelope(envelope, signerOf(envelope, keys), RECEIPT_TYPE));
}

/** The one of a party's node keys that an envelope names. */
export function signerOf(envelope: Uint8Array, keys: readonly Uint8Array[]): Uint8Array {
  const named = parseEnvelope(envelope).keyid;
  const found = keys.find((key) => keyId(key) === named);
  if (found === undefined) {
    const what = `The envelope names the key ${named}, which is none of the party's.`;
    throw new TallyError("session.unknown_key", what, "Take the node key that the registry holds for the party.");
  }
  return found;
}

/** A batch strictly from the canonical bytes of its in-toto statement. */
export function readBatch(data: Uint8Array): ReceiptBatch {
  const document = loads(data, LIMITS.envelope);
  if (!isObject(document)) {
    throw new TallyError("json.not_object", "statement is not a JSON object.", "Send an object.");
  }
  const take = (name: string): Json => {
    const found = document.get(name);
    if (found === undefined) {
      const what = `statement lacks the field '${name}'.`;
      throw new TallyError("json.missing_field", what, "Add it.", `statement.${name}`);
    }
    return found;
  };
  if (take("_type") !== STATEMENT_TYPE) throw wrong("statement._type", STATEMENT_TYPE);
  if (take("predicateType") !== RECEIPT_BATCH) throw wrong("statement.predicateType", RECEIPT_BATCH);
  const batch = ReceiptBatch.read(take("predicate"), "receipt-batch");
  take("subject"); // follows from the predicate: compared as a whole
  if (document.size > 4) {
    throw new TallyError("json.unknown_field", "statement has unknown fields.", "Remove them.");
  }
  if (!equalBytes(dumps(stated(batch)), data)) {
    throw new TallyError(
      "statement.subject",
      "The statement's subjects do not follow from its predicate.",
      "Name exactly the subjects that the predicate type prescribes.",
    );
  }
  return batch;
}

/** Refuses unless the receipt stands at its place in the batch. */
export function requireHeld(batch: ReceiptBatch, receipt: AnswerReceipt, path: readonly Hex[]): void {
  if (receipt.session !== batch.session || receipt.party !== batch.party) {
    const what = "The receipt is of another session than the batch.";
    throw new TallyError("session.other_session", what, "Ask for the batch of the receipt's own session.");
  }
  if (receipt.answered < batch.first || receipt.answered > batch.last) {
    throw new TallyError(
      "session.outside_batch",
      `The receipt is number ${receipt.answered}, the batch has ${batch.first} to ${batch.last}.`,
      "Ask for the batch that has this number.",
    );
  }
  const leaf = leafHash(dumps(AnswerReceipt.write(receipt)));
  const [at, count] = [BigInt(receipt.answered - batch.first), BigInt(batch.last - batch.first + 1)];
  verifyInclusion(leaf, at, count, path, batch.root);
}

function stated(batch: ReceiptBatch): Json {
  const subjects: readonly (readonly [string, Hex])[] = [
    ["session-terms", batch.session],
    [`receipts/${batch.first}-${batch.last}`, batch.root],
  ];
  return new Map<string, Json>([
    ["_type", STATEMENT_TYPE],
    [
      "subject",
      subjects.map(
        ([name, hash]) =>
          new Map<string, Json>([
            ["name", name],
            ["digest", new Map([["sha256", hash.slice(2)]])],
          ]),
      ),
    ],
    ["predicateType", RECEIPT_BATCH],
    ["predicate", ReceiptBatch.write(batch)],
  ]);
}
