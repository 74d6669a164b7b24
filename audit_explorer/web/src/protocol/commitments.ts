/** Run-bound hashes that a verifier makes anew: SHA-256, each under its own domain (`protocol/commitments.py`). */

import { fromHex, type Hex, joined, sha256Hex, utf8 } from "../base/bytes";
import { TallyError } from "../base/errors";
import { compare } from "../base/text";
import { DOMAINS, type TRANSCRIPTS } from "../generated/evidence";
import { ZERO32 } from "./contract";
import { verifyEd25519 } from "./ed25519";
import { onChain } from "./trie";

const MOST_FRAMES = 2n ** 64n;

/** Hash under which envelopes know an output such as `train.coefficients`. */
export function outputName(source: string): Hex {
  return hashOf(DOMAINS.outputName, utf8(source));
}

/** `RunCommitment.outputShares`: over (output name hash, share commitment) of all of a party's outputs. */
export function outputShares(task: Hex, run: Hex, party: string, shares: readonly (readonly [Hex, Hex])[]): Hex {
  const ordered = sortedPairs(shares, "share.duplicate", "An output has two share commitments.");
  return hashOf(DOMAINS.outputShares, ...[task, run, onChain(party), ...ordered].map(fromHex));
}

/** `RunCommitment.inputRoot` from a party's (data set id, row root) pairs: zero, the one root, or their hash. */
export function inputRoot(roots: readonly (readonly [Hex, Hex])[]): Hex {
  if (roots.length < 2) return roots[0]?.[1] ?? ZERO32;
  const ordered = sortedPairs(roots, "input.duplicate", "A data set has two roots.");
  return hashOf(DOMAINS.inputs, ...ordered.map(fromHex));
}

/** Which hash a transcript's directions have, by its number. */
export type Version = (typeof TRANSCRIPTS)[keyof typeof TRANSCRIPTS];

/** What went over one link in a run, the same for both ends; `first` sorts before `second`. */
export interface Transcript {
  readonly run: Hex;
  readonly first: string;
  readonly second: string;
  readonly forward: Hex;
  readonly forwardFrames: bigint;
  readonly backward: Hex;
  readonly backwardFrames: bigint;
  readonly version: Version;
}

/** Hash and number of the frames in one direction. */
export type Direction = readonly [hash: Hex, frames: number];

/** The transcript from one end's view. */
export function seenBy(
  run: Hex,
  ends: { readonly party: string; readonly peer: string },
  sent: Direction,
  received: Direction,
  version: Version,
): Transcript {
  const ordered = compare(ends.party, ends.peer) < 0;
  const [first, second] = ordered ? [ends.party, ends.peer] : [ends.peer, ends.party];
  const [forward, backward] = ordered ? [sent, received] : [received, sent];
  const [forwardFrames, backwardFrames] = [BigInt(forward[1]), BigInt(backward[1])];
  if (compare(first, second) >= 0 || forwardFrames >= MOST_FRAMES || backwardFrames >= MOST_FRAMES) {
    throw new TallyError("link.order", "A link's ends are not in order or its counts are wrong.", "Report it.");
  }
  return { run, first, second, forward: forward[0], forwardFrames, backward: backward[0], backwardFrames, version };
}

/** The value of `RunCommitment.links`: equal at both ends exactly when both saw the same bytes. */
export function linkHash(seen: Transcript): Hex {
  return hashOf(
    DOMAINS.link[seen.version],
    ...[seen.run, onChain(seen.first), onChain(seen.second), seen.forward].map(fromHex),
    eightBytes(seen.forwardFrames),
    fromHex(seen.backward),
    eightBytes(seen.backwardFrames),
  );
}

/** Refuses (`signature.invalid`) unless the key signed the transcript. */
export async function verifyTranscript(seen: Transcript, key: Hex, signature: Uint8Array): Promise<void> {
  const message = joined(utf8(`${DOMAINS.linkSignature}\0`), fromHex(linkHash(seen)));
  await verifyEd25519(fromHex(key), signature, message);
}

function hashOf(domain: string, ...parts: readonly Uint8Array[]): Hex {
  return sha256Hex(joined(utf8(`${domain}\0`), ...parts));
}

function sortedPairs(pairs: readonly (readonly [Hex, Hex])[], code: string, what: string): readonly Hex[] {
  const ordered = [...pairs].sort((one, other) => compare(one.join(), other.join()));
  if (ordered.some(([name], at) => at > 0 && ordered[at - 1]?.[0] === name)) {
    throw new TallyError(code, what, "Commit to each once.");
  }
  return ordered.flat();
}

function eightBytes(number: bigint): Uint8Array {
  return fromHex(`0x${number.toString(16).padStart(16, "0")}`);
}
