/**
 * What a passkey signs for an account, and the form in which the chain takes it (`protocol/passkeys.py`): the same five steps, then
 * whether it was made on these pages.
 *
 * Sources: WebAuthn Level 3, sections 5.8.1, 6.1 and 7.2; OpenZeppelin's `WebAuthn.sol`.
 */

import { encodeAbiParameters } from "viem";
import { fromHex, type Hex, joined, sha256, toBase64, toHex, utf8 } from "../base/bytes";
import { TallyError } from "../base/errors";
import { equalBytes } from "../base/json";
import { P256_ORDER } from "../generated/passkeys";

/** A passkey's public key, a point of P-256. */
export interface Passkey {
  readonly x: Hex;
  readonly y: Hex;
}

/** What an authenticator signed with a passkey; the positions are those of two members in `clientData`. */
export interface Assertion {
  readonly passkey: Passkey;
  readonly r: bigint;
  readonly s: bigint;
  readonly challengeAt: number;
  readonly typeAt: number;
  readonly authenticatorData: Uint8Array;
  /** UTF-8 JSON, as the browser wrote it. */
  readonly clientData: Uint8Array;
}

/** Bytes of authenticator data at least: hash of the site's id, flags, counter. */
const SHORTEST = 37;
const [UP, UV, BE, BS] = [1, 4, 8, 16];

/** Refused (`passkey.*`) unless the passkey signed `challenge`. */
export async function verifyAssertion(it: Assertion, challenge: Hex): Promise<void> {
  if (!stands(it.clientData, it.typeAt, `"type":"webauthn.get"`)) {
    throw refused("kind", "it is no assertion, but something else that a passkey can sign");
  }
  if (!stands(it.clientData, it.challengeAt, `"challenge":"${base64url(fromHex(challenge))}"`)) {
    throw refused("challenge", "it is over another challenge");
  }
  const flags = it.authenticatorData[32] ?? 0;
  if (it.authenticatorData.length < SHORTEST) {
    throw refused("authenticator", "what the authenticator says is too short");
  }
  requireRecognised(flags);
  if ((flags & BS) !== 0 && (flags & BE) === 0) {
    throw refused("authenticator", "what the authenticator says of backups contradicts itself");
  }
  if (it.r <= 0n || it.r >= P256_ORDER || it.s <= 0n || it.s > P256_ORDER / 2n) {
    throw refused("malleable", "its s is in the upper half of the curve's order, or no number of it");
  }
  if (!(await signedBy(it))) throw refused("other_key", "another key signed it");
}

/** Refused unless the authenticator says that somebody was there and was recognised. */
export function requireRecognised(flags: number): void {
  if ((flags & UP) === 0) throw refused("nobody_there", "the authenticator does not say that somebody was there");
  if ((flags & UV) === 0) {
    throw refused("not_recognised", "the authenticator recognised nobody (PIN, fingerprint or face)");
  }
}

/** Refused (`passkey.origin`, `passkey.site`) unless it was made on the pages at `url`, and not within another's. */
export function requirePage(it: Pick<Assertion, "authenticatorData" | "clientData">, url: string): void {
  const { origin, hostname } = new URL(url);
  let said: Readonly<Record<string, unknown>> = {};
  try {
    said = Object(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(it.clientData)));
  } catch {
    // no JSON: it has no origin
  }
  if (said["origin"] !== origin || (said["crossOrigin"] ?? false) !== false) {
    throw refused("origin", `it was not made on the pages at ${url}, but on another site's`);
  }
  if (!equalBytes(it.authenticatorData.slice(0, 32), sha256(utf8(hostname)))) {
    throw refused("site", `the passkey is another site's than ${hostname}'s`);
  }
}

/** A passkey account's signature (EIP-1271), of one passkey. */
export function signatureOf(it: Assertion): Hex {
  const assertion = encodeAbiParameters(
    ["bytes32", "bytes32", "uint256", "uint256", "bytes", "string"].map((type) => ({ type })),
    [
      word(it.r),
      word(it.s),
      BigInt(it.challengeAt),
      BigInt(it.typeAt),
      toHex(it.authenticatorData),
      new TextDecoder().decode(it.clientData),
    ],
  );
  const members = [
    { name: "x", type: "bytes32" },
    { name: "y", type: "bytes32" },
    { name: "assertion", type: "bytes" },
  ];
  return encodeAbiParameters([{ type: "tuple[]", components: members }], [[{ ...it.passkey, assertion }]]);
}

/** r and s of an ECDSA signature in DER (X.690), s in the lower half: authenticators give either, the chain takes one. */
export function numbersOf(der: Uint8Array): readonly [bigint, bigint] {
  const [first, after] = integerAt(der, 2);
  const [second, end] = integerAt(der, after);
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || end !== der.length) {
    throw refused("malformed", "it is no signature of an authenticator");
  }
  return [first, second > P256_ORDER / 2n ? P256_ORDER - second : second];
}

/** Base64 as addresses and client data have it (RFC 4648 section 5), without padding. */
export function base64url(data: Uint8Array): string {
  return toBase64(data).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** Where something begins in client data; 0 where it is nowhere, which {@link verifyAssertion} refuses. */
export function placeOf(clientData: Uint8Array, what: string): number {
  const wanted = utf8(what);
  for (let at = 0; at + wanted.length <= clientData.length; at += 1) {
    if (equalBytes(clientData.slice(at, at + wanted.length), wanted)) return at;
  }
  return 0;
}

function stands(data: Uint8Array, at: number, what: string): boolean {
  const wanted = utf8(what);
  return equalBytes(data.slice(at, at + wanted.length), wanted);
}

function integerAt(der: Uint8Array, at: number): readonly [bigint, number] {
  const length = der[at + 1] ?? 0;
  const digits = der.slice(at + 2, at + 2 + length);
  if (der[at] !== 0x02 || length === 0 || length > 33 || digits.length !== length) {
    throw refused("malformed", "it is no signature of an authenticator");
  }
  return [BigInt(toHex(digits)), at + 2 + length];
}

async function signedBy(it: Assertion): Promise<boolean> {
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  const point = fromHex(`0x04${it.passkey.x.slice(2)}${it.passkey.y.slice(2)}`);
  const signed = joined(it.authenticatorData, sha256(it.clientData));
  try {
    const key = await crypto.subtle.importKey("raw", new Uint8Array(point), curve, false, ["verify"]);
    const signature = new Uint8Array(fromHex(`${word(it.r)}${word(it.s).slice(2)}`));
    return await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, new Uint8Array(signed));
  } catch {
    return false; // no point of the curve
  }
}

function word(number: bigint): Hex {
  return `0x${number.toString(16).padStart(64, "0")}`;
}

function refused(reason: string, why: string): TallyError {
  return new TallyError(
    `passkey.${reason}`,
    `The passkey's signature is not good: ${why}.`,
    "Sign again on the coordinator's own page, with a passkey of this account.",
  );
}
