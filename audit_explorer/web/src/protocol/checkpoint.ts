/**
 * Checkpoints of a party's log: C2SP tlog-checkpoint inside a C2SP signed note, and witnesses' cosignatures
 * (`protocol/checkpoint.py`).
 *
 * One spelling only. Signatures of unknown keys are kept and ignored, as the specification asks.
 */

import { fromBase64, fromHex, type Hex, joined, sha256, toBase64, toHex, utf8 } from "../base/bytes";
import { TallyError } from "../base/errors";
import { equalBytes } from "../base/json";
import { verifyEd25519 } from "./ed25519";

const ED25519 = 0x01;
const COSIGNATURE = 0x04;
const MAX_BYTES = 8192;
const MAX_SIGNATURES = 16;
const ORIGIN = /^tallystick\/([0-9a-f]{64})\/(0|[1-9][0-9]{0,77})\/([a-z0-9-]{1,63})\/(0|[1-9][0-9]{0,19})$/;
const SIZE = /^(?:0|[1-9][0-9]{0,19})$/;
/** A signature line; a key's name has neither spaces (Unicode's, as Python counts them) nor plus signs. */
const SIGNATURE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are among the spaces that a name must not have
  /^— ([^\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000+]+) ([A-Za-z0-9+/]+={0,2})$/u;

/** Which log: one per party and epoch of one deployment on one chain. */
export interface Origin {
  readonly deployment: Hex;
  readonly chainId: bigint;
  readonly party: string;
  readonly epoch: bigint;
}

/** A log's size and root at some time. */
export interface Checkpoint {
  readonly origin: Origin;
  readonly size: bigint;
  readonly root: Hex;
}

interface NoteSignature {
  readonly name: string;
  readonly keyId: Uint8Array;
  readonly value: Uint8Array;
}

/** A checkpoint with its signature lines, as read: nothing is trusted before {@link openCheckpoint}. */
export interface SignedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly signatures: readonly NoteSignature[];
}

/** The origin line, which is also the key name. */
export function originText(origin: Origin): string {
  return `tallystick/${origin.deployment.slice(2)}/${origin.chainId}/${origin.party}/${origin.epoch}`;
}

/** The note text that is signed: origin, size, base64 root, each on a line. */
export function checkpointBody(checkpoint: Checkpoint): Uint8Array {
  return utf8(`${originText(checkpoint.origin)}\n${checkpoint.size}\n${toBase64(fromHex(checkpoint.root))}\n`);
}

/** Read a signed checkpoint of our origin form strictly; extension lines and other spellings are refused. */
export function parseCheckpoint(data: Uint8Array): SignedCheckpoint {
  if (data.length > MAX_BYTES) throw malformed("it is too long");
  const text = decoded(data);
  const cut = text.indexOf("\n\n");
  const [head, tail] = cut < 0 ? [text, ""] : [text.slice(0, cut), text.slice(cut + 2)];
  const [origin, size, root, ...more] = head.split("\n");
  if (
    cut < 0 ||
    origin === undefined ||
    size === undefined ||
    root === undefined ||
    more.length > 0 ||
    !tail.endsWith("\n")
  ) {
    throw malformed("it has no three lines of text, blank line and signatures");
  }
  const parsed = parseOrigin(origin);
  const hash = base64(root);
  if (!SIZE.test(size) || BigInt(size) >= 1n << 64n || hash.length !== 32) {
    throw malformed("its size or root is not in canonical form");
  }
  const signatures = tail.slice(0, -1).split("\n").map(parseSignature);
  if (signatures.length > MAX_SIGNATURES) throw malformed(`it has more than ${MAX_SIGNATURES} signatures`);
  const note = { checkpoint: { origin: parsed, size: BigInt(size), root: toHex(hash) }, signatures };
  if (!equalBytes(noteBytes(note), data)) throw malformed("it is not in its canonical form");
  return note;
}

/** Parse and verify a checkpoint that must be of this log and key. */
export async function openCheckpoint(data: Uint8Array, origin: Origin, key: Uint8Array): Promise<Checkpoint> {
  const note = parseCheckpoint(data);
  const name = originText(note.checkpoint.origin);
  if (name !== originText(origin)) {
    throw new TallyError(
      "checkpoint.origin",
      `The checkpoint is of ${name}, not of ${originText(origin)}.`,
      "Ask for the checkpoint of the right log.",
    );
  }
  for (const found of from(note, name, noteKeyId(name, key, ED25519))) {
    await verifyEd25519(key, found.value, checkpointBody(note.checkpoint));
  }
  return note.checkpoint;
}

/** Whether a checkpoint names a key as its log's own; nothing is verified. */
export function signedBy(note: SignedCheckpoint, key: Uint8Array): boolean {
  const name = originText(note.checkpoint.origin);
  const own = noteKeyId(name, key, ED25519);
  return note.signatures.some((item) => item.name === name && equalBytes(item.keyId, own));
}

/** The unix time at which a known witness cosigned; refused where it did not. */
export async function verifyCosignature(note: SignedCheckpoint, witness: string, key: Uint8Array): Promise<bigint> {
  let time = 0n;
  for (const found of from(note, witness, noteKeyId(witness, key, COSIGNATURE))) {
    time = found.value.slice(0, 8).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    const message = joined(utf8(`cosignature/v1\ntime ${time}\n`), checkpointBody(note.checkpoint));
    await verifyEd25519(key, found.value.slice(8), message);
  }
  return time;
}

function noteKeyId(name: string, key: Uint8Array, kind: number): Uint8Array {
  return sha256(joined(utf8(`${name}\n`), Uint8Array.of(kind), key)).slice(0, 4);
}

function parseOrigin(line: string): Origin {
  const [, deployment = "", chain = "0", party = "", epoch = "0"] = ORIGIN.exec(line) ?? [];
  if (!deployment || BigInt(epoch) >= 1n << 64n || BigInt(chain) >= 1n << 256n) {
    throw malformed("its origin is not one of ours");
  }
  return { deployment: `0x${deployment}`, chainId: BigInt(chain), party, epoch: BigInt(epoch) };
}

function parseSignature(line: string): NoteSignature {
  const [, name = "", value = ""] = SIGNATURE.exec(line) ?? [];
  const data = name ? base64(value) : new Uint8Array();
  if (data.length <= 4) throw malformed("a signature line is not in canonical form");
  return { name, keyId: data.slice(0, 4), value: data.slice(4) };
}

function noteBytes(note: SignedCheckpoint): Uint8Array {
  const lines = note.signatures.map((item) => `— ${item.name} ${toBase64(joined(item.keyId, item.value))}\n`);
  return joined(checkpointBody(note.checkpoint), utf8(`\n${lines.join("")}`));
}

function from(note: SignedCheckpoint, name: string, key: Uint8Array): readonly NoteSignature[] {
  const found = note.signatures.filter((item) => item.name === name && equalBytes(item.keyId, key));
  if (found.length === 0) {
    throw new TallyError(
      "checkpoint.unsigned",
      `The checkpoint has no signature of ${name} under that key.`,
      "Ask for a signed one.",
    );
  }
  return found;
}

function decoded(data: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw malformed("it is not UTF-8");
  }
}

function base64(text: string): Uint8Array {
  try {
    return fromBase64(text, "base64");
  } catch {
    throw malformed("it holds malformed base64");
  }
}

function malformed(reason: string): TallyError {
  return new TallyError(
    "checkpoint.malformed",
    `This is no signed checkpoint of ours: ${reason}.`,
    "Fetch the log's checkpoint again.",
  );
}
