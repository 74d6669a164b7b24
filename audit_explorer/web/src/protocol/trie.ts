/**
 * Merkle-Patricia tries as Ethereum commits to receipts, accounts and storage (`protocol/trie.py`).
 *
 * A proof is the list of nodes from the root to the place of a key; every node is used, in this order, and none is left.
 */

import { keccak256 } from "viem";
import { type Hex, utf8 } from "../base/bytes";
import { TallyError } from "../base/errors";
import { equalBytes } from "../base/json";
import { bytesOf, decodeRlp, encodeRlp, type Item, listOf, numberOf } from "./rlp";

const HASH = 32;
const LEAF_FLAG = 2;
const ODD_FLAG = 1;
const BRANCH = 17;

/** keccak256 of some bytes. */
export function keccak(data: Uint8Array): Uint8Array {
  return keccak256(data, "bytes");
}

/** keccak256 of a text: the id on chain of a name, and EIP-712's encoding of a `string` (`protocol/ids.py`). */
export function onChain(text: string): Hex {
  return keccak256(utf8(text));
}

const EMPTY = keccak(Uint8Array.of(0x80));

/** The value of a key, or undefined where the proof shows that the trie has none; a proof that shows neither is refused. */
export function lookup(root: Uint8Array, key: Uint8Array, nodes: readonly Uint8Array[]): Uint8Array | undefined {
  const path = nibbles(key);
  const left = [...nodes];
  let expected: Item = root;
  if (equalBytes(root, EMPTY)) return ended(undefined, left);
  for (;;) {
    const node = resolved(expected, left);
    if (node.length === BRANCH) {
      const step = path.shift();
      const next: Item | undefined = node[step ?? 16];
      if (step === undefined) return ended(isEmpty(next) ? undefined : next, left);
      if (isEmpty(next) || next === undefined) return ended(undefined, left);
      expected = next;
      continue;
    }
    const [prefix, leaf] = compact(node);
    if (!prefix.every((nibble, at) => path[at] === nibble) || (leaf && path.length !== prefix.length)) {
      return ended(undefined, left);
    }
    path.splice(0, prefix.length);
    const [, next] = node;
    if (leaf) {
      if (next === undefined || isEmpty(next) || (!(next instanceof Uint8Array) && next.length === 0))
        throw refused("a leaf has no value");
      return ended(next, left);
    }
    expected = next ?? new Uint8Array();
  }
}

/** The storage root of the account at an address, whose code's hash must be `code` where given (`chain.account`). */
export function storageRoot(
  stateRoot: Uint8Array,
  address: Uint8Array,
  nodes: readonly Uint8Array[],
  code?: Uint8Array,
): Uint8Array {
  const found = lookup(stateRoot, keccak(address), nodes);
  if (found === undefined) {
    throw new TallyError("chain.account", "The state has no account at this address.", "Fetch the proof again.");
  }
  const [nonce, balance, root, codeHash] = listOf(decodeRlp(found), 4);
  numberOf(nonce);
  numberOf(balance, 256);
  if (code !== undefined && !equalBytes(bytesOf(codeHash, HASH), code)) {
    throw new TallyError(
      "chain.account",
      "The code at this address is not the one that was deployed.",
      "This chain keeps something else at that address: use one whose genesis follows the documentation.",
    );
  }
  return bytesOf(root, HASH);
}

function nibbles(data: Uint8Array): number[] {
  return [...data].flatMap((byte) => [byte >> 4, byte & 15]);
}

function isEmpty(item: Item | undefined): boolean {
  return item instanceof Uint8Array && item.length === 0;
}

/** The node behind a reference: the node itself when it has under 32 bytes, the next proof node otherwise. */
function resolved(expected: Item, left: Uint8Array[]): readonly Item[] {
  let node: readonly Item[];
  if (expected instanceof Uint8Array) {
    const [next] = left;
    if (expected.length !== HASH || next === undefined || !equalBytes(keccak(next), expected)) {
      throw refused("a node is missing or is not the one referred to");
    }
    left.shift();
    node = listOf(decodeRlp(next));
  } else {
    if (encodeRlp(expected).length >= HASH) throw refused("a long node is embedded");
    node = expected;
  }
  if (node.length !== 2 && node.length !== BRANCH) throw refused("a node is neither branch, extension nor leaf");
  return node;
}

/** Nibbles and leaf flag of an extension's or leaf's compact (hex-prefix) path. */
function compact(node: readonly Item[]): [readonly number[], boolean] {
  const data = bytesOf(node[0]);
  const first = data[0] ?? 0;
  const flag = data.length > 0 ? first >> 4 : 16;
  const odd = (flag & ODD_FLAG) === 1;
  if (flag > (LEAF_FLAG | ODD_FLAG) || (!odd && (first & 15) !== 0)) throw refused("a path is not in compact form");
  const path = [...(odd ? [first & 15] : []), ...nibbles(data.slice(1))];
  const leaf = (flag & LEAF_FLAG) !== 0;
  if (!leaf && path.length === 0) throw refused("an extension is empty");
  return [path, leaf];
}

function ended(found: Item | undefined, left: readonly Uint8Array[]): Uint8Array | undefined {
  if (found !== undefined && !(found instanceof Uint8Array)) throw refused("the value is no byte string");
  if (left.length > 0) throw refused("it holds nodes that are not needed");
  return found;
}

function refused(reason: string): TallyError {
  return new TallyError("chain.trie", `The Merkle-Patricia proof does not hold: ${reason}.`, "Fetch the proof again.");
}
