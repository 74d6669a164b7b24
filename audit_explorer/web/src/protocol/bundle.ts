/** The evidence bundle: read, and step 1 of its verification proven: exactly the manifest's files, no other byte (`protocol/bundle.py`). */

import { type Hex, sha256Hex } from "../base/bytes";
import { type Codec, entries, hash, hexadecimal, key, sequence, text } from "../base/codec";
import { TallyError } from "../base/errors";
import { type Json, loads } from "../base/json";
import { field, record } from "../base/record";
import {
  BUNDLE_FORMAT,
  Descent,
  LIMITS,
  LogEvidence,
  ReceiptProof,
  Register,
  SignedAuthorization,
  Succession,
} from "../generated/records";
import { type Files, readZip } from "./zip";

const MANIFEST = "manifest.json";
const CONTRACT = "contract.json";

/** What a bundle is made of, as read: nothing of it but its form is proven. */
export interface Bundle {
  readonly task: Hex;
  /** The contract's canonical bytes. */
  readonly contract: Uint8Array;
  readonly authorizations: readonly SignedAuthorization[];
  readonly logs: readonly LogEvidence[];
  readonly descent: Descent;
  readonly seals: readonly Uint8Array[];
  readonly registers: readonly (readonly [string, Register])[];
  readonly successions: readonly Succession[];
  readonly receipts: readonly ReceiptProof[];
}

interface Manifest {
  readonly task: Hex;
  readonly files: Readonly<ReadonlyArray<readonly [string, string]>>;
}

const FILE_NAME: Codec<string> = key();
const MANIFEST_FILES: Codec<Manifest["files"]> = {
  // names of files are longer than the keys of other objects
  read: (value, where) => {
    if (!(value instanceof Map) || value.size > LIMITS.bundleFiles) {
      throw new TallyError("json.wrong_value", `${where} is not an object of files.`, "Fetch it again.", where);
    }
    return [...value].map(([name, item]) => [FILE_NAME.read(name, where), text(64).read(item as Json, where)] as const);
  },
  write: (value) => new Map(value),
};
const MANIFEST_TYPE = record<Manifest>(
  { title: "Manifest", format: BUNDLE_FORMAT, place: "manifest", limit: LIMITS.bundleUnpacked },
  () => [field("task", "task", hash()), field("files", "files", MANIFEST_FILES)],
);
const SEALS = sequence(hexadecimal(LIMITS.header), 10_000, null);
const RECEIPTS = sequence<ReceiptProof>(ReceiptProof, 100_000, null);
const SUCCESSIONS = sequence<Succession>(Succession, 10_000, null);
const REGISTERS = entries<Register>(key(), Register, 32);

/** Parse a bundle and prove its form: exactly the files of the manifest, their hashes, and no other byte. */
export function readBundle(data: Uint8Array): Bundle {
  const files = new Map(readZip(data));
  const listing = files.get(MANIFEST);
  if (listing === undefined) {
    throw new TallyError("bundle.no_manifest", "The bundle has no manifest.json.", "Fetch the bundle again.");
  }
  files.delete(MANIFEST);
  const manifest = MANIFEST_TYPE.read(loads(listing, LIMITS.bundleUnpacked), "");
  checkHashes(new Map(manifest.files), files);
  const bundle = contentsOf(manifest.task, files);
  const names = [
    CONTRACT,
    ...["descent", "receipts", "seals", "state", "successions"].map((name) => `chain/${name}.json`),
    ...bundle.authorizations.map((item) => `consents/${item.message.dataSet}.json`),
    ...bundle.logs.map((item) => `logs/${item.party}.json`),
  ];
  if (names.length !== files.size || names.some((name) => !files.has(name)) || new Set(names).size !== names.length) {
    throw new TallyError(
      "bundle.not_canonical",
      "The bundle's files are not named after what they hold, or there are others.",
      "Fetch it again.",
    );
  }
  return bundle;
}

function checkHashes(listed: ReadonlyMap<string, string>, files: Files): void {
  const odd = [...listed.keys(), ...files.keys()].find((name) => !listed.has(name) || !files.has(name));
  if (odd !== undefined) {
    throw new TallyError("bundle.files", `${odd} is not both in the manifest and in the bundle.`, "Fetch it again.");
  }
  for (const [name, data] of files) {
    const found = sha256Hex(data).slice(2);
    if (found !== listed.get(name)) {
      const what = `${name} has SHA-256 ${found}, the manifest says ${listed.get(name)}.`;
      throw new TallyError("bundle.hash", what, "Fetch it again.", name);
    }
  }
}

function contentsOf(task: Hex, files: Files): Bundle {
  const json = (name: string): Json => {
    const data = files.get(name);
    if (data === undefined)
      throw new TallyError("bundle.missing", `The bundle lacks ${name}.`, "Fetch it again.", name);
    return loads(data, LIMITS.bundleUnpacked);
  };
  const within = (folder: string): readonly string[] =>
    [...files.keys()].filter((name) => name.startsWith(folder)).sort();
  json(CONTRACT);
  return {
    task,
    contract: files.get(CONTRACT) ?? new Uint8Array(),
    authorizations: within("consents/").map((name) => SignedAuthorization.read(json(name), name)),
    logs: within("logs/").map((name) => LogEvidence.read(json(name), name)),
    descent: Descent.read(json("chain/descent.json"), "chain/descent.json"),
    seals: SEALS.read(json("chain/seals.json"), "chain/seals.json"),
    registers: REGISTERS.read(json("chain/state.json"), "chain/state.json"),
    successions: SUCCESSIONS.read(json("chain/successions.json"), "chain/successions.json"),
    receipts: RECEIPTS.read(json("chain/receipts.json"), "chain/receipts.json"),
  };
}
