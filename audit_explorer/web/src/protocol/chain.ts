/**
 * What block headers prove: receipts of their transactions, words in state, and earlier blocks (`protocol/chainproof.py`,
 * `protocol/ancestry.py`).
 *
 * Everything is checked from bytes. That a header itself is real is not said here: somebody's trust or validators' seals do.
 */

import { fromHex, type Hex, toHex } from "../base/bytes";
import { TallyError } from "../base/errors";
import { equalBytes } from "../base/json";
import type { Descent, ReceiptProof } from "../generated/records";
import { EXTRA, hashedHeader, isQbft } from "./header";
import { bytesOf, decodeRlp, encodeRlp, type Item, listOf, numberOf } from "./rlp";
import { keccak, lookup, storageRoot } from "./trie";

/** How many hashes the history contract keeps (EIP-2935). */
export const WINDOW = 8191n;
/** Address of the history contract. */
export const HISTORY = fromHex("0x0000f90827f1c53a10cb7a02335b175320002935");
const HISTORY_CODE = fromHex("0x6e49e66782037c0555897870e29fa5e552daf4719552131a0abce779daec0a5d");
/** Fields that are byte strings of one size. */
const SIZES: Readonly<Record<number, number>> = {
  0: 32,
  1: 32,
  2: 20,
  3: 32,
  4: 32,
  5: 32,
  6: 256,
  13: 32,
  14: 8,
  16: 32,
  19: 32,
  20: 32,
};
const FIX = "Fetch the proof again, from another endpoint.";

/** The facts of one header that evidence needs. */
export interface Block {
  readonly hash: Hex;
  readonly parent: Hex;
  readonly number: bigint;
  readonly timestamp: bigint;
  readonly stateRoot: Uint8Array;
  readonly receiptsRoot: Uint8Array;
}

/** One event log as the receipt holds it. */
export interface Log {
  readonly address: Hex;
  readonly topics: readonly Hex[];
  readonly data: Uint8Array;
}

/** What a transaction left behind. */
export interface Receipt {
  readonly kind: number;
  readonly succeeded: boolean;
  readonly logs: readonly Log[];
}

/** Read an RLP header of any fork from Frontier to Osaka. */
export function parseHeader(header: Uint8Array): Block {
  const fields = listOf(decodeRlp(header));
  if (fields.length < 15 || fields.length > 21) {
    const what = `A header has ${fields.length} fields, not 15 to 21.`;
    throw new TallyError("chain.header", what, "Fetch it again.");
  }
  for (const [position, item] of fields.entries()) {
    if (SIZES[position] !== undefined) bytesOf(item, SIZES[position]);
    else if (position === EXTRA) bytesOf(item);
    else numberOf(item, 256);
  }
  const hashed = isQbft(fields) ? hashedHeader(fields) : header;
  return {
    hash: toHex(keccak(hashed)),
    parent: toHex(bytesOf(fields[0])),
    number: numberOf(fields[8]),
    timestamp: numberOf(fields[11]),
    stateRoot: bytesOf(fields[3]),
    receiptsRoot: bytesOf(fields[5]),
  };
}

/** The 32 bytes in a storage slot; an unset slot is zero, proven by exclusion. */
export function word(storage: Uint8Array, slot: Uint8Array, nodes: readonly Uint8Array[]): Hex {
  const found = lookup(storage, keccak(slot), nodes);
  const value = found === undefined ? new Uint8Array() : bytesOf(decodeRlp(found));
  if (value.length > 32 || value[0] === 0) {
    throw new TallyError("chain.word", "A storage word is not in its canonical form.", "Fetch the proof again.");
  }
  return `0x${toHex(value).slice(2).padStart(64, "0")}`;
}

/** Where the history contract keeps the hash of a block. */
export function historySlot(number: bigint): Hex {
  return `0x${(number % WINDOW).toString(16).padStart(64, "0")}`;
}

/** The head of a descent and the blocks that it proves, newest first; refused (`chain.*`) at the first that is not proven. */
export function verifyDescent(descent: Descent): readonly Block[] {
  const blocks = [parseHashed(descent.head)];
  for (const window of descent.windows) {
    const base = blocks.at(-1);
    if (base === undefined || window.blocks.length === 0) {
      throw new TallyError("chain.window", `A window below block ${base?.number} is empty.`, FIX);
    }
    const storage = storageRoot(base.stateRoot, HISTORY, window.account, HISTORY_CODE);
    let before = base.number;
    for (const ancestor of window.blocks) {
      const block = parseHashed(ancestor.header);
      // slots are used again every 8,191 blocks: a hash outside of the window is another block's, or stale
      if (block.number < base.number - WINDOW || block.number >= before) {
        const what = `Block ${block.number} is not below block ${before} and at most ${WINDOW} below block ${base.number}.`;
        throw new TallyError("chain.window", what, FIX);
      }
      const kept = word(storage, fromHex(historySlot(block.number)), ancestor.storage);
      if (kept !== block.hash) {
        const what = `The header of block ${block.number} hashes to ${block.hash}, the state of block ${base.number} has ${kept}.`;
        throw new TallyError("chain.ancestor", what, FIX);
      }
      blocks.push(block);
      before = block.number;
    }
  }
  return blocks;
}

/** A header in the form that its hash is of: a QBFT header's round and seals are not hashed, so they must not be here. */
function parseHashed(header: Uint8Array): Block {
  const block = parseHeader(header);
  if (toHex(keccak(header)) !== block.hash) {
    const what = `The header of block ${block.number} carries bytes that its hash leaves out.`;
    throw new TallyError("chain.header_form", what, FIX);
  }
  return block;
}

/** A receipt after its proof against its block's receipts root was checked. */
export function verifyReceipt(block: Block, proof: ReceiptProof): Receipt {
  const index = proof.index === 0 ? "" : proof.index.toString(16);
  const key = encodeRlp(fromHex(`0x${index.length % 2 ? "0" : ""}${index}`));
  const found = lookup(block.receiptsRoot, key, proof.nodes);
  if (found === undefined || !equalBytes(found, proof.receipt)) {
    throw new TallyError(
      "chain.trie",
      "The Merkle-Patricia proof does not hold: the key leads elsewhere, or the value is not the one given.",
      "Fetch the proof again.",
    );
  }
  return parseReceipt(proof.receipt);
}

/** Read a receipt, typed (EIP-2718) or legacy; those of before Byzantium are refused. */
export function parseReceipt(data: Uint8Array): Receipt {
  const first = data[0];
  const kind = first !== undefined && first < 0x80 ? first : 0;
  if (first === 0) {
    throw new TallyError("chain.receipt", "Type 0 receipts have no type byte.", "Fetch the receipt again.");
  }
  const [status, gas, bloom, logs] = listOf(decodeRlp(kind ? data.slice(1) : data), 4);
  numberOf(gas, 256);
  bytesOf(bloom, 256);
  if (!(status instanceof Uint8Array) || status.length > 1 || (status.length === 1 && status[0] !== 1)) {
    throw new TallyError("chain.receipt", "The receipt has no status.", "Fetch the receipt again.");
  }
  return { kind, succeeded: status.length === 1, logs: listOf(logs).map(logOf) };
}

function logOf(item: Item): Log {
  const [address, topics, data] = listOf(item, 3);
  const found = listOf(topics).map((topic) => toHex(bytesOf(topic, 32)));
  if (found.length > 4) {
    throw new TallyError("chain.receipt", "A log has more than four topics.", "Fetch the receipt again.");
  }
  return { address: toHex(bytesOf(address, 20)), topics: found, data: bytesOf(data) };
}
