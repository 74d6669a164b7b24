/** Ed25519 (RFC 8032) by the browser's own WebCrypto. */

import { TallyError } from "../base/errors";

/** Refuses (`signature.invalid`) unless the key signed the message. */
export async function verifyEd25519(key: Uint8Array, signature: Uint8Array, message: Uint8Array): Promise<void> {
  if (key.length !== 32) {
    throw new TallyError("key.malformed", `An Ed25519 key has 32 bytes, not ${key.length}.`, "Send the raw key.");
  }
  if (!(await holds(key, signature, message))) {
    throw new TallyError(
      "signature.invalid",
      "The Ed25519 signature does not hold.",
      "Do not use what it covers; ask the signer.",
    );
  }
}

async function holds(key: Uint8Array, signature: Uint8Array, message: Uint8Array): Promise<boolean> {
  let imported: CryptoKey;
  try {
    imported = await crypto.subtle.importKey("raw", owned(key), { name: "Ed25519" }, false, ["verify"]);
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotSupportedError") {
      throw new TallyError(
        "browser.ed25519",
        "This browser does not know Ed25519 signatures.",
        "Use a current version of Chromium, Firefox or Safari.",
      );
    }
    return false;
  }
  return await crypto.subtle.verify({ name: "Ed25519" }, imported, owned(signature), owned(message));
}

/** The bytes in a buffer of their own, which WebCrypto's types ask for. */
function owned(data: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(data);
}
