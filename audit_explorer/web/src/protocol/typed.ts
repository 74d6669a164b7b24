/** EIP-712: what a wallet signs, hashed by viem from the records' own types (`protocol/typed.py`). */

import { hashTypedData } from "viem";

import type { Hex } from "../base/bytes";
import { type JsonObject, toPlain } from "../base/json";
import type { RecordType } from "../base/record";
import { DOMAIN } from "../generated/records";

/** EIP-712 domain; `salt` is the random deployment id, so nothing replays between deployments. */
export interface Domain {
  readonly chainId: bigint;
  readonly verifyingContract: Hex;
  readonly salt: Hex;
}

/** The whole `eth_signTypedData_v4` document, as wallets take it: integers over 53 bits are decimal strings in it. */
export interface TypedDocument {
  readonly types: Readonly<Record<string, readonly { readonly name: string; readonly type: string }[]>>;
  readonly primaryType: string;
  readonly domain: Readonly<Record<string, string>>;
  readonly message: Readonly<Record<string, unknown>>;
}

const DOMAIN_TYPE = [
  { name: "name", type: "string" },
  { name: "version", type: "string" },
  { name: "chainId", type: "uint256" },
  { name: "verifyingContract", type: "address" },
  { name: "salt", type: "bytes32" },
] as const;

/** The members of a type, in order. */
export function membersOf<T>(type: RecordType<T>): readonly { readonly name: string; readonly type: string }[] {
  return type.fields().map((item) => ({ name: item.name, type: item.solidity }));
}

/** The 32 bytes that are signed. A value that its own record would refuse is refused here too. */
export function digestOf<T>(type: RecordType<T>, message: T, domain: Domain): Hex {
  const checked = type.read(type.write(message), "");
  const values = Object.fromEntries(
    type.fields().map((item) => [item.name, (checked as Record<string, unknown>)[item.attribute]]),
  );
  // viem's types follow from literal type strings, which ours are not; every value has passed its codec
  return hashTypedData({
    domain: { ...DOMAIN, ...domain },
    types: { EIP712Domain: DOMAIN_TYPE, [type.title]: membersOf(type) },
    primaryType: type.title,
    message: values,
  } as unknown as Parameters<typeof hashTypedData>[0]);
}

/** What the wallet is given; its digest is {@link digestOf}. */
export function typedData<T>(type: RecordType<T>, message: T, domain: Domain): TypedDocument {
  return {
    types: { EIP712Domain: DOMAIN_TYPE, [type.title]: membersOf(type) },
    primaryType: type.title,
    domain: {
      ...DOMAIN,
      chainId: String(domain.chainId),
      verifyingContract: domain.verifyingContract,
      salt: domain.salt,
    },
    message: toPlain(type.write(message) as JsonObject) as Record<string, unknown>,
  };
}
