/**
 * Calls that a party's own wallet sends to the chain (`chain/bindings/`, `chain/participant.py`): past any coordinator.
 *
 * A call is a selector and words (Solidity ABI); `bytes` stand at the end. Selectors follow from the signatures here.
 */

import { keccak256 } from "viem";

import { fromHex, type Hex, toHex, utf8 } from "../base/bytes";

/** The word of a reviewer on a completed task's output; `statement` is the SHA-256 of its own document, zero for none. */
export function reviewCall(task: Hex, approved: boolean, statement: Hex): Hex {
  return call("review(bytes32,bool,bytes32)", [task, word(approved ? 1 : 0), statement]);
}

/** An owner's statement that its node sent no input, which gives the use of a task back. */
export function returnUseCall(task: Hex, authorization: Hex, signature: Hex): Hex {
  const bytes = signature.slice(2);
  const padded = bytes.padEnd(64 * Math.ceil(bytes.length / 64), "0");
  const tail = `${word(bytes.length / 2).slice(2)}${padded}`;
  return `${call("returnUse(bytes32,bytes32,bytes)", [task, authorization, word(96)])}${tail}`;
}

/** Asks what became of the use that a task's start consumed; {@link useState} reads the answer. */
export function useOfCall(task: Hex, authorization: Hex): Hex {
  return call("useOf(bytes32,bytes32)", [task, authorization]);
}

/** The first word of `Use`: none, consumed or returned; undefined for an answer that is none. */
export function useState(answer: unknown): "none" | "consumed" | "returned" | undefined {
  if (typeof answer !== "string" || !/^0x[0-9a-f]{128}$/.test(answer)) return undefined;
  return (["none", "consumed", "returned"] as const)[Number(BigInt(answer.slice(0, 66)))];
}

function call(signature: string, words: readonly Hex[]): Hex {
  return toHex(
    fromHex(`${keccak256(utf8(signature)).slice(0, 10)}${words.map((each) => each.slice(2)).join("")}` as Hex),
  );
}

function word(number: number): Hex {
  return `0x${number.toString(16).padStart(64, "0")}`;
}
