/**
 * A passkey as a wallet: the account is a contract that passkeys own, and the browser asks the device (WebAuthn Level 3).
 *
 * A device shows the site's name and none of the words: this page is the display, and each assertion is looked at here, in every
 * respect in which the chain or the coordinator would, before it is handed in.
 */

import { hashMessage } from "viem";
import type { Deployment } from "../api/review";
import { fromHex, type Hex, toHex } from "../base/bytes";
import { TallyError } from "../base/errors";
import { equalBytes } from "../base/json";
import { told } from "../base/problems";
import { accountOf, challengeOf, ownersOf } from "../protocol/passkeyAccount";
import {
  base64url,
  numbersOf,
  type Passkey,
  placeOf,
  requirePage,
  requireRecognised,
  signatureOf,
  verifyAssertion,
} from "../protocol/passkeys";
import type { TypedDocument } from "../protocol/typed";
import { type Holders, Wallet } from "./wallet";

/** A passkey with the id under which the browser finds it. */
export interface Credential extends Passkey {
  /** Base64url, as WebAuthn's JSON has it. */
  readonly id: string;
}

/** Milliseconds that a person has. */
const PATIENCE = 300_000;
/** ES256: ECDSA over P-256 with SHA-256 (COSE, RFC 9053): the one that the chain checks. */
const ES256 = -7;
/** A P-256 public key as SubjectPublicKeyInfo (RFC 5480) before its point's coordinates. */
const SPKI = fromHex("0x3059301306072a8648ce3d020106082a8648ce3d030107034200" as Hex);

/** Whether this browser can make passkeys for this page: in a secure context, at a name (an IP address has none). */
export function passkeysWork(): boolean {
  const named = /[a-z]/i.test(location.hostname) && !location.hostname.includes(":");
  return isSecureContext && named && "PublicKeyCredential" in globalThis;
}

/** Has the device make a passkey for this site; `known` are those that must not be made again on the same device. */
export async function makePasskey(name: string, known: readonly Credential[]): Promise<Credential> {
  if (!passkeysWork()) throw told("passkey.unable");
  const made = await asked(() =>
    navigator.credentials.create({
      publicKey: {
        // attestation is not asked for, so nothing signs this challenge
        challenge: random(),
        rp: { id: location.hostname, name: "Tallystick" },
        user: { id: random(), name, displayName: name },
        pubKeyCredParams: [{ type: "public-key", alg: ES256 }],
        authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
        attestation: "none",
        excludeCredentials: known.map(described),
        timeout: PATIENCE,
      },
    }),
  );
  const answer = made.response as AuthenticatorAttestationResponse;
  const key = new Uint8Array(answer.getPublicKey() ?? new ArrayBuffer(0));
  const point = key.slice(SPKI.length + 1);
  if (point.length !== 64 || key[SPKI.length] !== 4 || !equalBytes(key.slice(0, SPKI.length), SPKI)) {
    throw told("passkey.unable");
  }
  const authenticatorData = new Uint8Array(answer.getAuthenticatorData());
  requireRecognised(authenticatorData[32] ?? 0);
  requirePage({ authenticatorData, clientData: new Uint8Array(answer.clientDataJSON) }, location.href);
  return { id: base64url(new Uint8Array(made.rawId)), x: toHex(point.slice(0, 32)), y: toHex(point.slice(32)) };
}

/** The signature of an account (EIP-1271) over `digest`, by whichever of its passkeys is at hand. */
export async function signWithPasskey(
  digest: Hex,
  account: Hex,
  credentials: readonly Credential[],
  deployment: Deployment,
): Promise<Hex> {
  if (!passkeysWork()) throw told("passkey.unable");
  const challenge = challengeOf(digest, account, deployment);
  const found = await asked(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: new Uint8Array(fromHex(challenge)),
        rpId: location.hostname,
        allowCredentials: credentials.map(described),
        userVerification: "required",
        timeout: PATIENCE,
      },
    }),
  );
  const id = base64url(new Uint8Array(found.rawId));
  const passkey = credentials.find((each) => each.id === id);
  if (passkey === undefined) throw told("passkey.other_key");
  const answer = found.response as AuthenticatorAssertionResponse;
  const clientData = new Uint8Array(answer.clientDataJSON);
  const [r, s] = numbersOf(new Uint8Array(answer.signature));
  const assertion = {
    passkey: { x: passkey.x, y: passkey.y },
    r,
    s,
    challengeAt: placeOf(clientData, '"challenge":"'),
    typeAt: placeOf(clientData, '"type":"'),
    authenticatorData: new Uint8Array(answer.authenticatorData),
    clientData,
  };
  await verifyAssertion(assertion, challenge);
  requirePage(assertion, location.href);
  return signatureOf(assertion);
}

/** An account of passkeys behind the wallet's interface: one account, on the deployment's chain, with no chain endpoint of its own. */
export class PasskeyWallet extends Wallet {
  readonly account: Hex;

  constructor(
    name: string,
    private readonly credentials: readonly Credential[],
    private readonly deployment: Deployment,
  ) {
    const account = accountOf(ownersOf(credentials), deployment);
    super({ uuid: account, name, rdns: `passkey.${account}`, provider: { request: () => Promise.reject(UNABLE) } });
    this.account = account;
  }

  override accounts(): Promise<readonly Hex[]> {
    return Promise.resolve([this.account]);
  }

  override chainId(): Promise<bigint> {
    return Promise.resolve(this.deployment.chainId);
  }

  override signText(text: string, account: Hex): Promise<Hex> {
    return this.sign(hashMessage(text), account);
  }

  override signTyped(_: TypedDocument, digest: Hex, account: Hex): Promise<Hex> {
    return this.sign(digest, account);
  }

  /** Its passkeys sign alone, here: nobody else is waited for. */
  override holders(): Promise<Holders | undefined> {
    return Promise.resolve(undefined);
  }

  override send(): Promise<Hex> {
    return Promise.reject(told("passkey.no_transactions"));
  }

  override ask(): Promise<unknown> {
    return Promise.reject(told("passkey.no_transactions"));
  }

  private async sign(digest: Hex, account: Hex): Promise<Hex> {
    if (account !== this.account) throw told("wallet.other_signature");
    return signWithPasskey(digest, account, this.credentials, this.deployment);
  }
}

/** EIP-1193's number for what a wallet does not do. */
const UNABLE = Object.assign(new Error("a passkey has no chain endpoint"), { code: 4200 });

function described(credential: Credential): PublicKeyCredentialDescriptor {
  const padded = credential.id.replace(/-/g, "+").replace(/_/g, "/");
  const id = Uint8Array.from(atob(padded), (sign) => sign.charCodeAt(0));
  return { type: "public-key", id };
}

/** Asks the device; its holder's no, and a device that cannot, are errors of ours. */
async function asked(ask: () => Promise<Credential_ | null>): Promise<PublicKeyCredential> {
  try {
    const found = await ask();
    if (found instanceof PublicKeyCredential) return found;
  } catch (error) {
    if (error instanceof TallyError) throw error;
    const name = error instanceof DOMException ? error.name : "";
    if (name === "InvalidStateError") throw told("passkey.same_device");
    if (name === "NotAllowedError" || name === "AbortError") throw told("passkey.rejected");
  }
  throw told("passkey.unable");
}

type Credential_ = Awaited<ReturnType<CredentialsContainer["get"]>>;

function random(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(32));
}
