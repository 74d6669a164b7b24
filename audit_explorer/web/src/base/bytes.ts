/** Bytes in the three ways JSON has them: 0x hex, base64, and the hashes of them. */

import { sha256 as sha256Of } from "viem";

import { wrong } from "./errors";

export type Hex = `0x${string}`;

/** SHA-256, the hash of all off-chain digests (FIPS 180-4). */
export function sha256(data: Uint8Array): Uint8Array {
  return sha256Of(data, "bytes");
}

/** SHA-256 as 0x and lower-case hex. */
export function sha256Hex(data: Uint8Array): Hex {
  return sha256Of(data, "hex");
}

/** Bytes as 0x and lower-case hex. */
export function toHex(data: Uint8Array): Hex {
  return `0x${[...data].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** The bytes of 0x and hex digits. */
export function fromHex(hex: Hex): Uint8Array {
  const found = new Uint8Array((hex.length - 2) / 2);
  for (let at = 0; at < found.length; at += 1) found[at] = Number.parseInt(hex.slice(2 + 2 * at, 4 + 2 * at), 16);
  return found;
}

/** Canonical base64 (RFC 4648 section 4). */
export function toBase64(data: Uint8Array): string {
  let binary = "";
  for (const byte of data) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** The bytes of canonical base64; any other spelling is refused (`json.wrong_value`). */
export function fromBase64(text: string, where: string): Uint8Array {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw wrong(where, "base64");
  const found = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  if (toBase64(found) !== text) throw wrong(where, "canonical base64");
  return found;
}

/** Byte strings one after the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const found = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    found.set(part, at);
    at += part.length;
  }
  return found;
}

/** The UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** So many random bytes as lower-case hex, of the browser's own generator. */
export function drawn(bytes: number): string {
  return toHex(crypto.getRandomValues(new Uint8Array(bytes))).slice(2);
}
