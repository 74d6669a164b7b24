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
  return `${call("returnUse(bytes32,bytes32,bytes)", [task, authorization, word(96)])}${tailOf(signature)}`;
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

/** What an account with code answers when it accepts a signature (EIP-1271). */
export const VALID = `0x1626ba7e${"0".repeat(56)}`;

/** Asks an account with code whether it accepts a signature over a digest (EIP-1271). */
export function validCall(digest: Hex, signature: Hex): Hex {
  return `${call("isValidSignature(bytes32,bytes)", [digest, word(64)])}${tailOf(signature)}`;
}

/** Asks a Safe, or what answers like one, how many of its holders must sign. */
export function thresholdCall(): Hex {
  return call("getThreshold()", []);
}

/** Asks for its holders: a list of addresses, whose second word is their number. */
export function ownersCall(): Hex {
  return call("getOwners()", []);
}

/** `bytes` at the end of a call: their length, then they, to whole words. */
function tailOf(value: Hex): string {
  const bytes = value.slice(2);
  return `${word(bytes.length / 2).slice(2)}${bytes.padEnd(64 * Math.ceil(bytes.length / 64), "0")}`;
}

function call(signature: string, words: readonly Hex[]): Hex {
  return toHex(
    fromHex(`${keccak256(utf8(signature)).slice(0, 10)}${words.map((each) => each.slice(2)).join("")}` as Hex),
  );
}

function word(number: number): Hex {
  return `0x${number.toString(16).padStart(64, "0")}`;
}
