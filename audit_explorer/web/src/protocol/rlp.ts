/** Strict decoding of RLP (Ethereum yellow paper, appendix B): one byte string per value, nothing left over (`protocol/rlp.py`). */

import { joined } from "../base/bytes";
import { TallyError } from "../base/errors";

export type Item = Uint8Array | readonly Item[];

const MAX_DEPTH = 8;

/** The item that the bytes encode; any other byte string is refused (`rlp.malformed`). */
export function decodeRlp(data: Uint8Array): Item {
  const [item, end] = itemAt(data, 0, data.length, 0);
  if (end !== data.length) throw malformed("bytes are left over");
  return item;
}

/** The encoding of bytes and nested lists of bytes. */
export function encodeRlp(item: Item): Uint8Array {
  if (item instanceof Uint8Array) {
    const [only] = item;
    return item.length === 1 && only !== undefined && only < 0x80 ? item : joined(head(item.length, 0x80), item);
  }
  const body = joined(...item.map(encodeRlp));
  return joined(head(body.length, 0xc0), body);
}

/** A byte string, of exactly `size` bytes when given. */
export function bytesOf(item: Item | undefined, size?: number): Uint8Array {
  if (!(item instanceof Uint8Array) || (size !== undefined && item.length !== size)) {
    throw malformed("a field is no byte string of its size");
  }
  return item;
}

/** A list, of exactly `size` items when given. */
export function listOf(item: Item | undefined, size?: number): readonly Item[] {
  if (item === undefined || item instanceof Uint8Array || (size !== undefined && item.length !== size)) {
    throw malformed("a field is no list of its size");
  }
  return item;
}

/** An unsigned integer below 2^bits without leading zeros. */
export function numberOf(item: Item | undefined, bits = 64): bigint {
  const data = bytesOf(item);
  if (data[0] === 0 || data.length > Math.floor(bits / 8)) throw malformed("a field is no canonical integer");
  return data.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

function itemAt(data: Uint8Array, start: number, limit: number, depth: number): [Item, number] {
  const prefix = data[start];
  if (prefix === undefined || start >= limit) throw malformed("it ends early");
  if (prefix < 0x80) return [data.slice(start, start + 1), start + 1];
  if (prefix < 0xc0) {
    const [low, end] = payload(data, start, limit, prefix - 0x80);
    if (end - low === 1 && (data[low] ?? 0) < 0x80) throw malformed("a single byte is not written as itself");
    return [data.slice(low, end), end];
  }
  let [low, end] = payload(data, start, limit, prefix - 0xc0);
  if (depth === MAX_DEPTH) throw malformed("lists are nested too deeply");
  const items: Item[] = [];
  while (low < end) {
    const [item, next] = itemAt(data, low, end, depth + 1);
    items.push(item);
    low = next;
  }
  return [items, end];
}

/** Where the payload behind the prefix at `start` begins and ends. */
function payload(data: Uint8Array, start: number, limit: number, short: number): [number, number] {
  let low = start + 1;
  let length = BigInt(short);
  if (short > 55) {
    const digits = data.slice(low, low + short - 55);
    low += short - 55;
    length = digits.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    if (low > limit || digits[0] === 0 || length <= 55n) throw malformed("a length is not in its shortest form");
  }
  if (BigInt(low) + length > BigInt(limit)) throw malformed("it ends early");
  return [low, low + Number(length)];
}

function head(length: number, offset: number): Uint8Array {
  if (length <= 55) return Uint8Array.of(offset + length);
  const digits: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) digits.unshift(left % 256);
  return Uint8Array.of(offset + 55 + digits.length, ...digits);
}

function malformed(reason: string): TallyError {
  return new TallyError("rlp.malformed", `This is not canonical RLP: ${reason}.`, "Fetch the block data again.");
}
