/** Signatures of accounts in the one form that the chain takes, and whose they are (`protocol/typed.py`). */

import { recoverAddress } from "viem";

import { type Hex, toHex } from "../base/bytes";
import { TallyError } from "../base/errors";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/**
 * A signature by the key behind `address` (lower case) as the chain takes it; undefined if it is not by it.
 *
 * Wallets also write v as 0 or 1, r and s with the parity in 64 bytes (EIP-2098), or s in the upper half (the twin of EIP-2). Only
 * what recovers to the address is rewritten: the signature of a wallet with code is that code's own business.
 */
export async function accountSignature(address: Hex, digest: Hex, signature: Uint8Array): Promise<Hex | undefined> {
  const found = usualForm(signature);
  if (found === undefined || BigInt(address) === 0n) return undefined;
  try {
    const signer = await recoverAddress({ hash: digest, signature: found });
    return signer.toLowerCase() === address ? found : undefined;
  } catch {
    // r or s is no number of the curve
    return undefined;
  }
}

/** The checksummed address that signed; malformed and malleable signatures are refused (`signature.*`, EIP-2). */
export async function recoverSigner(digest: Hex, signature: Uint8Array): Promise<Hex> {
  const v = signature[64];
  if (signature.length !== 65 || (v !== 27 && v !== 28)) {
    throw new TallyError("signature.malformed", "The signature is not 65 bytes r, s, v.", "Sign again.");
  }
  if (BigInt(toHex(signature.slice(32, 64))) > ORDER / 2n) {
    throw new TallyError("signature.malleable", "The signature's s is in the upper half.", "Use the low-s form.");
  }
  try {
    return await recoverAddress({ hash: digest, signature: toHex(signature) });
  } catch {
    // r or s is no number of the curve, or there is no such point
    throw new TallyError("signature.invalid", "The signature recovers no key.", "Sign again.");
  }
}

/** 65 bytes r, s, v with v of 27 or 28 and s in the lower half, of any form in which an account's signature comes. */
function usualForm(signature: Uint8Array): Hex | undefined {
  const last = signature[64];
  const word = signature.length >= 64 ? BigInt(toHex(signature.slice(32, 64))) : 0n;
  let parity: number;
  let s: bigint;
  if (signature.length === 64) {
    parity = Number(word >> 255n);
    s = word & ((1n << 255n) - 1n);
  } else if (signature.length === 65 && last !== undefined && [0, 1, 27, 28].includes(last)) {
    parity = last % 27;
    s = word;
  } else {
    return undefined;
  }
  if (s > ORDER / 2n && s < ORDER) {
    parity = 1 - parity;
    s = ORDER - s;
  }
  return `${toHex(signature.slice(0, 32))}${s.toString(16).padStart(64, "0")}${(27 + parity).toString(16)}`;
}
