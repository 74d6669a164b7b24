/**
 * Accounts that passkeys own: their address, which follows from deployment and passkeys alone, and what a passkey signs for one
 * (`chain/passkeys.py`, `contracts/src/PasskeyAccount.sol`). No server is believed about either.
 *
 * Sources: EIP-1014 (CREATE2), EIP-161 (a contract's first creation has nonce 1), EIP-712.
 */

import { encodeAbiParameters, getContractAddress, hashTypedData } from "viem";

import type { Deployment } from "../api/review";
import type { Hex } from "../base/bytes";
import { told } from "../base/problems";
import { ACCOUNT_MESSAGE, CREATION_CODE, MOST_PASSKEYS, SALT } from "../generated/passkeys";
import { DOMAIN } from "../generated/records";
import type { Passkey } from "./passkeys";

/** Who owns an account from its beginning: passkeys in ascending order of x, and how many of them must sign. */
export interface Owners {
  readonly passkeys: readonly Passkey[];
  readonly threshold: number;
}

/** Owners of these passkeys, of which one is enough: a second one, kept elsewhere, is what recovery there is. */
export function ownersOf(passkeys: readonly Passkey[]): Owners {
  const sorted = [...passkeys].sort((one, other) => (one.x < other.x ? -1 : 1));
  if (sorted.length === 0 || sorted.length > MOST_PASSKEYS) throw told("passkey.count");
  return { passkeys: sorted, threshold: 1 };
}

/** The address that an account has or will have, lower case. */
export function accountOf(owners: Owners, deployment: Deployment): Hex {
  const factory = deployment.contracts["PasskeyAccounts"];
  if (factory === undefined) throw told("passkey.off");
  const verifier = getContractAddress({ from: factory, nonce: 1n });
  const arguments_ = encodeAbiParameters(
    [
      { type: "bytes32" },
      { type: "address" },
      {
        type: "tuple[]",
        components: [
          { name: "x", type: "bytes32" },
          { name: "y", type: "bytes32" },
        ],
      },
      { type: "uint256" },
    ],
    [deployment.deploymentId, verifier, owners.passkeys, BigInt(owners.threshold)],
  );
  const bytecode: Hex = `${CREATION_CODE}${arguments_.slice(2)}`;
  return getContractAddress({ bytecode, from: factory, opcode: "CREATE2", salt: SALT }).toLowerCase() as Hex;
}

/** The challenge under which passkeys sign a digest for an account: `PasskeyAccount.digestOf`. */
export function challengeOf(digest: Hex, account: Hex, deployment: Deployment): Hex {
  return hashTypedData({
    domain: {
      ...DOMAIN,
      chainId: deployment.chainId,
      verifyingContract: account,
      salt: deployment.deploymentId,
    },
    types: { AccountMessage: ACCOUNT_MESSAGE },
    primaryType: "AccountMessage",
    message: { digest },
  });
}
