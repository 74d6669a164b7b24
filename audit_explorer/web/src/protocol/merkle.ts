/**
 * The Merkle tree of RFC 6962 (SHA-256), proofs as in RFC 9162 (`protocol/merkle.py`).
 *
 * Verification is strict: a proof one hash too long or too short is refused, although a lenient one would end at the same root.
 */

import { fromHex, type Hex, joined, sha256Hex } from "../base/bytes";
import { TallyError } from "../base/errors";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const MOST = 2n ** 64n - 1n;

/** MTH({}) of RFC 6962: the root of a tree without leaves. */
export const EMPTY_ROOT: Hex = sha256Hex(new Uint8Array());

/** SHA-256(0x00 ‖ data). */
export function leafHash(data: Uint8Array): Hex {
  return sha256Hex(joined(LEAF, data));
}

/** SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Hex, right: Hex): Hex {
  return sha256Hex(joined(NODE, fromHex(left), fromHex(right)));
}

/** Root over leaf hashes, level by level; the odd node of a level moves up unchanged, as RFC 6962 splits. */
export function rootOf(leaves: readonly Hex[]): Hex {
  let level = leaves;
  while (level.length > 1) {
    const above: Hex[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = [level[at], level[at + 1]];
      if (left !== undefined) above.push(right === undefined ? left : nodeHash(left, right));
    }
    level = above;
  }
  return level[0] ?? EMPTY_ROOT;
}

/** RFC 9162, 2.1.3.2: refuses (`merkle.inclusion`) unless the leaf hash is in the tree. */
export function verifyInclusion(leaf: Hex, index: bigint, size: bigint, proof: readonly Hex[], root: Hex): void {
  checkHashes([leaf, root, ...proof]);
  if (index < 0n || index >= size || size > MOST) throw inclusion(`index ${index} is outside a tree of ${size}`);
  let [fn, sn] = [index, size - 1n];
  let node = leaf;
  for (const sibling of proof) {
    if (sn === 0n) throw inclusion("the proof is too long");
    if (odd(fn) || fn === sn) {
      node = nodeHash(sibling, node);
      [fn, sn] = raised(fn, sn);
    } else {
      node = nodeHash(node, sibling);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  if (sn !== 0n) throw inclusion("the proof is too short");
  if (node !== root) throw inclusion(`it leads to ${node}, not to the root ${root}`);
}

/**
 * RFC 9162, 2.1.4.2, extended to sizes 0 and equal sizes, for which the proof must be empty: refuses (`merkle.consistency`) unless
 * the new tree begins with the old one.
 */
export function verifyConsistency(
  oldSize: bigint,
  oldRoot: Hex,
  newSize: bigint,
  newRoot: Hex,
  proof: readonly Hex[],
): void {
  checkHashes([oldRoot, newRoot, ...proof]);
  if (oldSize < 0n || oldSize > newSize || newSize > MOST) {
    throw consistency(`a log never shrinks from ${oldSize} to ${newSize}`);
  }
  if (oldSize === 0n || oldSize === newSize) {
    if (proof.length > 0) throw consistency("the proof must be empty for these sizes");
    if (oldSize === 0n && oldRoot !== EMPTY_ROOT) throw consistency("the old root is not that of an empty log");
    if (oldSize === newSize && oldRoot !== newRoot) throw consistency("two roots were given for one size");
    return;
  }
  const [first, ...rest] = (oldSize & (oldSize - 1n)) === 0n ? [oldRoot, ...proof] : proof;
  if (first === undefined) throw consistency("the proof is too short");
  let [fn, sn] = [oldSize - 1n, newSize - 1n];
  while (odd(fn)) [fn, sn] = [fn >> 1n, sn >> 1n];
  let [before, after] = [first, first];
  for (const sibling of rest) {
    if (sn === 0n) throw consistency("the proof is too long");
    if (odd(fn) || fn === sn) {
      before = nodeHash(sibling, before);
      after = nodeHash(sibling, after);
      [fn, sn] = raised(fn, sn);
    } else {
      after = nodeHash(after, sibling);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  if (sn !== 0n) throw consistency("the proof is too short");
  if (before !== oldRoot) throw consistency(`it leads to the old root ${before}, not to ${oldRoot}`);
  if (after !== newRoot) throw consistency(`it leads to the new root ${after}, not to ${newRoot}`);
}

function odd(number: bigint): boolean {
  return (number & 1n) === 1n;
}

/** Up to the level at which the node is a right child, or the first. */
function raised(fn: bigint, sn: bigint): [bigint, bigint] {
  let [left, right] = [fn, sn];
  while (!odd(left) && left !== 0n) [left, right] = [left >> 1n, right >> 1n];
  return [left, right];
}

function checkHashes(hashes: readonly Hex[]): void {
  for (const each of hashes) {
    if (!/^0x[0-9a-f]{64}$/.test(each)) {
      throw new TallyError("merkle.bad_hash", "A hash in the proof has not 32 bytes.", "Send SHA-256 hashes.");
    }
  }
}

function inclusion(reason: string): TallyError {
  return new TallyError(
    "merkle.inclusion",
    `The inclusion proof does not hold: ${reason}.`,
    "Ask the log's owner for a correct proof.",
  );
}

function consistency(reason: string): TallyError {
  return new TallyError(
    "merkle.consistency",
    `The consistency proof does not hold: ${reason}.`,
    "The log was forked or the proof is for other sizes: compare both checkpoints.",
  );
}
