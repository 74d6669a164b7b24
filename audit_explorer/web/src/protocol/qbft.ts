/**
 * QBFT blocks of Besu and GoQuorum: what their hash covers, and the validators' seals that make them final (`protocol/qbft.py`,
 * `protocol/finality.py`).
 */

import { recoverAddress } from "viem";

import { type Hex, toHex } from "../base/bytes";
import { TallyError } from "../base/errors";
import { type Block, parseHeader } from "./chain";
import { EXTRA, extraOf, isQbft } from "./header";
import { bytesOf, decodeRlp, encodeRlp, type Item, listOf, numberOf } from "./rlp";
import { keccak } from "./trie";

const NUMBER = 8;
const FIX = "Fetch the headers again from another validator.";

/** The validator addresses that a header lists, lower case. */
function validatorsOf(fields: readonly Item[]): ReadonlySet<Hex> {
  const addresses = listOf(extraOf(fields)[1]).map((address) => toHex(bytesOf(address, 20)));
  const found = new Set(addresses);
  if (addresses.length === 0 || found.size !== addresses.length) {
    throw notFinal(numberOf(fields[NUMBER]), "its validators are none or doubled");
  }
  return found;
}

/** Refuses (`chain.seals`) unless a quorum of a block's validators, and enough of those before it, sealed the block. */
async function verifySeals(fields: readonly Item[], before: ReadonlySet<Hex>): Promise<void> {
  const [vanity, listed, votes, round, seals] = extraOf(fields);
  const validators = validatorsOf(fields);
  const number = numberOf(fields[NUMBER]);
  const extra = encodeRlp([vanity, listed, votes, round, []]);
  const sealed = keccak(encodeRlp(fields.map((item, position) => (position === EXTRA ? extra : item))));
  const signers: Hex[] = [];
  for (const seal of listOf(seals)) signers.push(await signerOf(bytesOf(seal, 65), sealed, number));
  const distinct = new Set(signers);
  if (distinct.size !== signers.length || signers.some((signer) => !validators.has(signer))) {
    throw notFinal(number, "a seal is doubled or no validator's");
  }
  if (distinct.size < Math.ceil((2 * validators.size) / 3)) {
    throw notFinal(number, `${distinct.size} of ${validators.size} validators sealed it`);
  }
  const faulty = Math.floor((before.size - 1) / 3);
  if (signers.filter((signer) => before.has(signer)).length <= faulty) {
    throw notFinal(number, "too few of the validators before it sealed the change of validators");
  }
}

/**
 * Whether `head` is sealed: true on a QBFT chain after checking, false on a chain without seals.
 *
 * `headers` are the genesis and, under QBFT, those with a change of validators and last the head itself; they are refused
 * (`chain.*`) when they do not lead from the trusted genesis to the head.
 */
export async function verifyFinality(headers: readonly Uint8Array[], head: Block, genesisHash: Hex): Promise<boolean> {
  const [first, ...later] = headers;
  if (first === undefined)
    throw new TallyError("chain.empty", "There is no genesis header.", "Fetch the bundle again.");
  const genesis = parseHeader(first);
  if (genesis.number !== 0n || genesis.hash !== genesisHash) {
    throw new TallyError(
      "chain.genesis",
      `The genesis block is ${genesis.hash.slice(2)}, trusted is ${genesisHash.slice(2)}.`,
      "This is another chain, or the trust file is another's.",
    );
  }
  const fields = listOf(decodeRlp(first));
  if (!isQbft(fields)) {
    if (later.length > 0) throw consensus("The genesis has no validators, later blocks have.");
    return false;
  }
  let [trusted, number] = [validatorsOf(fields), 0n];
  for (const [position, header] of later.entries()) {
    const block = parseHeader(header);
    const sealed = listOf(decodeRlp(header));
    if (!isQbft(sealed)) throw consensus(`Block ${block.number} follows another consensus than the genesis.`);
    if (block.number <= number) throw outOfLine(`Block ${block.number} is out of order.`);
    await verifySeals(sealed, trusted);
    const listed = validatorsOf(sealed);
    if (same(listed, trusted) && position < later.length - 1) {
      throw outOfLine(`Block ${block.number} changes no validator.`);
    }
    [trusted, number] = [listed, block.number];
  }
  const last = later.at(-1);
  if (last === undefined || parseHeader(last).hash !== head.hash) {
    throw new TallyError("chain.seals", `Block ${head.number} has no seals of its validators.`, FIX);
  }
  return true;
}

async function signerOf(seal: Uint8Array, digest: Uint8Array, number: bigint): Promise<Hex> {
  const parity = seal[64];
  try {
    if (parity !== 0 && parity !== 1) throw new Error("no parity");
    const signature = { r: toHex(seal.slice(0, 32)), s: toHex(seal.slice(32, 64)), yParity: parity };
    return (await recoverAddress({ hash: toHex(digest), signature })).toLowerCase() as Hex;
  } catch {
    // r or s is no number of the curve, or there is no such point
    throw new TallyError("chain.seal", `A seal of block ${number} is no signature.`, "Fetch it again.");
  }
}

function same(one: ReadonlySet<Hex>, other: ReadonlySet<Hex>): boolean {
  return one.size === other.size && [...one].every((address) => other.has(address));
}

function notFinal(number: bigint, reason: string): TallyError {
  return new TallyError("chain.seals", `Block ${number} is not final: ${reason}.`, FIX);
}

function consensus(what: string): TallyError {
  return new TallyError("chain.consensus", what, "Report it.");
}

function outOfLine(what: string): TallyError {
  return new TallyError("chain.validators", what, FIX);
}
