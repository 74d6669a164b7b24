/** The offline trust root: which chain, which deployment, which contracts; never taken from a bundle (`protocol/trust.py`). */

import type { Hex } from "../base/bytes";
import { type Codec, decimal, hash, integer, matching, members, optional } from "../base/codec";
import { TallyError, wrong } from "../base/errors";
import { isObject, type Json, loads, parse } from "../base/json";
import { field, record } from "../base/record";
import { length, unprintable } from "../base/text";
import { CONTRACTS, PATH_FORMAT, TRUST_FORMAT, TRUST_LIMIT } from "../generated/evidence";
import { Descent, LIMITS } from "../generated/records";
import type { Domain } from "./typed";

export type ContractName = (typeof CONTRACTS)[number];

/** A block that somebody trusts, as their own chain endpoint told it. */
export interface TrustedBlock {
  readonly number: number;
  readonly hash: Hex;
}

/** Addresses are lower case; `confirmations` is the chain's finality rule. */
export interface Trust {
  readonly deployment: Hex;
  readonly chainId: bigint;
  readonly genesisHash: Hex;
  readonly contracts: Readonly<Record<ContractName, Hex>>;
  readonly runtimeCodeHashes: Readonly<Record<ContractName, Hex>>;
  readonly confirmations: number;
  readonly head: TrustedBlock | null;
}

const ADDRESS = matching("0x[0-9a-f]{40}", "trust.address") as Codec<Hex>;
const HEAD: Codec<TrustedBlock> = members({ number: integer(0, Number.MAX_SAFE_INTEGER), hash: hash() });

/** One value for each contract that a trust root names, and for no other. */
function named(codec: Codec<Hex>): Codec<Readonly<Record<ContractName, Hex>>> {
  return {
    read: (value, where) => {
      if (!isObject(value) || value.size > 32) throw wrong(where, "an object of at most 32 fields");
      if ([...value.keys()].some((name) => length(name) < 1 || length(name) > 63 || unprintable(name))) {
        throw wrong(where, "an object whose names have 1 to 63 visible characters");
      }
      if (value.size !== CONTRACTS.length || CONTRACTS.some((name) => !value.has(name))) {
        throw new TallyError("trust.contracts", `The trust file must name ${CONTRACTS.join(", ")}.`, "Complete it.");
      }
      const found = CONTRACTS.map((name) => [name, codec.read(value.get(name) ?? null, `${where}.${name}`)] as const);
      return Object.fromEntries(found) as Record<ContractName, Hex>;
    },
    write: (value) => new Map(Object.entries(value).map(([name, item]) => [name, codec.write(item)])),
  };
}

const TRUST = record<Trust>({ title: "Trust", format: TRUST_FORMAT, place: "trust", limit: TRUST_LIMIT }, () => [
  field("contracts", "contracts", named(ADDRESS)),
  field("runtimeCodeHashes", "runtime_code_hashes", named(hash())),
  field("deployment", "deployment", hash()),
  field("chainId", "chain_id", decimal(256)),
  field("genesisHash", "genesis_hash", hash()),
  field("confirmations", "confirmations", integer(0, 10_000)),
  field("head", "head", optional(HEAD)),
]);

/** Read `trust.json`; it need not be canonical, since people copy it by hand. */
export function readTrust(data: Uint8Array): Trust {
  if (data.length > TRUST_LIMIT) {
    throw new TallyError("trust.too_large", "The trust file is over 64 KiB.", "Give the right file.");
  }
  return TRUST.read(parse(data), "");
}

/** Read a path file: from a trusted block down to a bundle's head. */
export function readPath(data: Uint8Array): Descent {
  const value = loads(data, LIMITS.bundleUnpacked);
  if (!isObject(value)) throw new TallyError("json.not_object", "path is not a JSON object.", "Send an object.");
  const rest = new Map<string, Json>(value);
  if (rest.get("format") === undefined) {
    throw new TallyError("json.missing_field", "path lacks the field 'format'.", "Add it.", "path.format");
  }
  if (rest.get("format") !== PATH_FORMAT) throw wrong("path.format", `'${PATH_FORMAT}'`);
  rest.delete("format");
  return Descent.read(rest, "path");
}

/** EIP-712 domain of a contract. */
export function domainOf(trust: Trust, contract: ContractName): Domain {
  return { chainId: trust.chainId, verifyingContract: trust.contracts[contract], salt: trust.deployment };
}
