/** What the hash of a block's header covers: under QBFT not the round and the seals (`protocol/qbft.py`). */

import { fromHex } from "../base/bytes";
import { equalBytes } from "../base/json";
import { bytesOf, decodeRlp, encodeRlp, type Item, listOf, numberOf } from "./rlp";

/** Place of the extra data among a header's fields. */
export const EXTRA = 12;
const MIX = 13;
/** `ctical byzantine fault tolerance`: how a header says that it is one of QBFT. */
const QBFT_MIX = fromHex("0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365");

/** Vanity, validators, votes, round and seals. */
export type Extra = readonly [Item, Item, Item, Item, Item];

/** Whether a header's mix hash names QBFT. */
export function isQbft(fields: readonly Item[]): boolean {
  return equalBytes(bytesOf(fields[MIX]), QBFT_MIX);
}

/** The bytes whose keccak256 is a QBFT block's hash: round 0 and no seals in the extra data. */
export function hashedHeader(fields: readonly Item[]): Uint8Array {
  const [vanity, validators, votes] = extraOf(fields);
  const extra = encodeRlp([vanity, validators, votes, new Uint8Array(), []]);
  return encodeRlp(fields.map((item, position) => (position === EXTRA ? extra : item)));
}

/** A QBFT header's extra data. */
export function extraOf(fields: readonly Item[]): Extra {
  const [vanity = [], validators = [], votes = [], round = [], seals = []] = listOf(
    decodeRlp(bytesOf(fields[EXTRA])),
    5,
  );
  bytesOf(vanity, 32);
  listOf(votes);
  numberOf(round, 32);
  listOf(seals);
  return [vanity, validators, votes, round, seals];
}
