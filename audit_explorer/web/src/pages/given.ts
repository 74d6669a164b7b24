/** What a regulator brings to verify a bundle: files, told apart by what is in them, and a block of a chain endpoint of its own. */

import { TallyError } from "../base/errors";
import { isObject, parse } from "../base/json";
import { PATH_FORMAT } from "../generated/evidence";
import { readBundle } from "../protocol/bundle";
import { parseHeader } from "../protocol/chain";
import { readPath, readTrust, type TrustedBlock } from "../protocol/trust";
import type { Endpoint } from "../verify/endpoint";
import type { Given } from "../verify/verify";

export type Role = "bundle" | "trust" | "path";

export type Files = Readonly<Partial<Record<Role, Uint8Array>>>;

const ZIP = [0x50, 0x4b] as const;

/** What a dropped file is; undefined for what is none of ours. */
export function roleOf(data: Uint8Array): Role | undefined {
  if (ZIP.every((byte, at) => data[at] === byte)) return "bundle";
  try {
    const found = parse(data);
    if (!isObject(found)) return undefined;
    return found.get("format") === PATH_FORMAT ? "path" : found.has("genesis_hash") ? "trust" : undefined;
  } catch (error) {
    if (error instanceof TallyError) return undefined;
    throw error;
  }
}

/** The typed block; undefined where nothing was typed, null where it is none. */
export function typedBlock(number: string, hash: string): TrustedBlock | null | undefined {
  const [digits, hex] = [number.trim(), hash.trim().toLowerCase()];
  if (!digits && !hex) return undefined;
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(digits) || !/^0x[0-9a-f]{64}$/.test(hex)) return null;
  const found = Number(digits);
  return Number.isSafeInteger(found) ? { number: found, hash: hex as TrustedBlock["hash"] } : null;
}

/** What is missing between trust root and bundle, from an endpoint that the reader chose; one of another chain is refused. */
export async function completed(bundle: Uint8Array, given: Given, endpoint: Endpoint): Promise<Given> {
  const { trust, path } = given;
  if (trust === undefined) return given;
  await endpoint.compare(trust);
  const found: Given = { ...given, isContract: (address) => endpoint.holdsCode(address) };
  let head: Uint8Array;
  try {
    head = readBundle(bundle).descent.head;
  } catch (error) {
    if (error instanceof TallyError) return found; // the first step says what is wrong with the bundle
    throw error;
  }
  const { number } = parseHeader(head);
  if (trust.head === null) {
    const hash = await endpoint.blockHash(number);
    return hash === undefined ? found : { ...found, trust: { ...trust, head: { number: Number(number), hash } } };
  }
  const top = BigInt(trust.head.number);
  return top > number && path === undefined ? { ...found, path: await endpoint.path(top, head) } : found;
}

/** The trust root with the typed block in the place of its own, and the path. */
export function readGiven(files: Files, block: TrustedBlock | undefined): Given {
  const trust = files.trust === undefined ? undefined : readTrust(files.trust);
  return {
    trust: trust === undefined || block === undefined ? trust : { ...trust, head: block },
    path: files.path === undefined ? undefined : readPath(files.path),
  };
}
