/**
 * The passkeys that this browser was told of: their ids and public keys, no secret. The account is never kept, it follows from them;
 * whoever alters what is kept gets another account, which no party has registered.
 */

import type { Deployment } from "../api/review";
import { told } from "../base/problems";
import type { Announced } from "../wallet/discovery";
import { type Credential, PasskeyWallet } from "../wallet/passkey";
import { t } from "./said";

/** Passkeys under the name of the party for whom they were made. */
export interface KeptPasskeys {
  readonly party: string;
  readonly credentials: readonly Credential[];
  /** Whether their account was made or applied with: another passkey would be another account. */
  readonly settled: boolean;
}

const KEPT = "tallystick.passkeys";
const FORMAT = "tallystick/passkeys/v1";
/** How many parties' are kept. */
const MOST = 20;

/** All that are kept for the pages below a path prefix. */
export function keptPasskeys(root: string): readonly KeptPasskeys[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEPT + root) ?? "[]");
    return (Array.isArray(found) ? found : []).map(checked);
  } catch {
    return []; // another version's, or somebody's: passkeys are loaded from their file again
  }
}

/** Keeps passkeys in the place of those that were kept for the same party. */
export function keepPasskeys(root: string, kept: KeptPasskeys): void {
  const others = keptPasskeys(root).filter((each) => each.party !== kept.party);
  localStorage.setItem(KEPT + root, JSON.stringify([kept, ...others].slice(0, MOST)));
}

/** A copy for another browser of the same person: what is public of the passkeys, which the device or its cloud holds. */
export function fileOf(kept: KeptPasskeys): string {
  return JSON.stringify({ format: FORMAT, ...kept }, null, 1);
}

/** Passkeys from such a file; refused (`passkey.file`) where it is none. */
export function readFile(data: Uint8Array): KeptPasskeys {
  try {
    const found = JSON.parse(new TextDecoder().decode(data)) as Readonly<Record<string, unknown>>;
    if (found["format"] === FORMAT) return checked(found);
  } catch {
    // said below
  }
  throw told("passkey.file");
}

/** The passkeys as wallets to choose from. */
export function passkeyWallets(root: string, deployment: Deployment | undefined): readonly Announced[] {
  if (deployment === undefined) return [];
  return keptPasskeys(root).map(({ party, credentials }) => {
    const made = new PasskeyWallet(t("passkey_name", { party }), credentials, deployment);
    return { ...made.announced, open: () => made };
  });
}

function checked(value: unknown): KeptPasskeys {
  const { party, credentials, settled } = Object(value) as Readonly<Record<string, unknown>>;
  const list = Array.isArray(credentials) ? (credentials as readonly Readonly<Record<string, unknown>>[]) : [];
  const good = list.every(
    ({ id, x, y }) =>
      /^[A-Za-z0-9_-]{16,1400}$/.test(String(id)) && [x, y].every((it) => /^0x[0-9a-f]{64}$/.test(String(it))),
  );
  if (!/^[a-z0-9-]{1,63}$/.test(String(party)) || list.length === 0 || list.length > 5 || !good)
    throw told("passkey.file");
  return {
    party: String(party),
    settled: settled === true,
    credentials: list.map(({ id, x, y }) => ({ id, x, y }) as unknown as Credential),
  };
}
