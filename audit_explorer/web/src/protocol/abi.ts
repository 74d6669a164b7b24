/**
 * Strict decoding of what an event log holds (`protocol/abi.py`): value types, arrays and structs of them.
 *
 * Every sequence of values has one accepted encoding: clean padding, tails in order and without gaps, nothing left over.
 */

import { getAddress } from "viem";

import { type Hex, toHex } from "../base/bytes";
import { TallyError } from "../base/errors";

export type Value = Hex | bigint | boolean | readonly Value[];

const WORD = 32;

/** The values of the given Solidity types; any bytes but their own encoding are refused (`abi.malformed`). */
export function decodeAbi(kinds: readonly string[], data: Uint8Array): readonly Value[] {
  const [found, end] = structAt(kinds, data, 0);
  if (end !== data.length) throw malformed("bytes are left over");
  return found;
}

/** Values whose heads begin at `start`, and where the last tail ends. */
function structAt(kinds: readonly string[], data: Uint8Array, start: number): [readonly Value[], number] {
  const found: Value[] = [];
  let end = start + WORD * kinds.length;
  for (const [position, kind] of kinds.entries()) {
    const word = wordAt(data, start + WORD * position);
    if (!kind.endsWith("[]") && !kind.endsWith(")")) {
      found.push(valueIn(kind, word));
      continue;
    }
    if (numberOf(word) !== BigInt(end - start)) throw malformed("a tail is not where the one before it ends");
    if (kind.endsWith(")")) {
      const [inner, after] = structAt(kind.slice(1, -1).split(","), data, end);
      found.push(inner);
      end = after;
      continue;
    }
    const count = numberOf(wordAt(data, end));
    const begin = end + WORD;
    if (BigInt(begin) + BigInt(WORD) * count > BigInt(data.length)) throw malformed("it ends early");
    end = begin + WORD * Number(count);
    const items: Value[] = [];
    for (let at = begin; at < end; at += WORD) items.push(valueIn(kind.slice(0, -2), wordAt(data, at)));
    found.push(items);
  }
  return [found, end];
}

function wordAt(data: Uint8Array, start: number): Uint8Array {
  if (start + WORD > data.length) throw malformed("it ends early");
  return data.subarray(start, start + WORD);
}

function valueIn(kind: string, word: Uint8Array): Value {
  if (kind === "bytes32") return toHex(word);
  const number = numberOf(word);
  const bits = kind === "bool" ? 1 : kind === "address" ? 160 : Number(kind.replace("uint", ""));
  if (number >> BigInt(bits) !== 0n) throw malformed(`a value is no ${kind}`);
  if (kind === "bool") return number === 1n;
  return kind === "address" ? getAddress(toHex(word.subarray(12))) : number;
}

function numberOf(word: Uint8Array): bigint {
  return BigInt(toHex(word));
}

function malformed(reason: string): TallyError {
  return new TallyError("abi.malformed", `This is not canonical ABI encoding: ${reason}.`, "Fetch the receipt again.");
}
