/**
 * DSSE envelopes with one Ed25519 signature: how every statement travels and is logged (`protocol/dsse.py`).
 *
 * The signature is checked over the payload's bytes before they are parsed, and an envelope has one byte string.
 */

import { joined, sha256Hex, utf8 } from "../base/bytes";
import { blob, type Codec, text } from "../base/codec";
import { TallyError, wrong } from "../base/errors";
import { isList, type Json, loads } from "../base/json";
import { field, record } from "../base/record";
import { LIMITS, PAYLOAD_TYPE } from "../generated/records";
import { verifyEd25519 } from "./ed25519";

/** An envelope as read: nothing in it is trusted before {@link openEnvelope}. */
export interface Envelope {
  readonly payload: Uint8Array;
  readonly payloadType: string;
  readonly keyid: string;
  readonly signature: Uint8Array;
}

interface Frame {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly signatures: readonly Signature[];
}

interface Signature {
  readonly keyid: string;
  readonly sig: Uint8Array;
}

const KEY_ID: Codec<string> = {
  read: (value) => (typeof value === "string" ? value : ""),
  write: (value) => value,
};
const SIGNATURE = record<Signature>({ title: "Signature", format: "", place: "", limit: 0 }, () => [
  field("keyid", "keyid", KEY_ID),
  field("sig", "sig", blob(64)),
]);
const SIGNATURES: Codec<readonly Signature[]> = {
  read: (value, where) => {
    if (!isList(value) || value.length > 1) throw wrong(where, "a list of at most 1 items");
    return value.map((item: Json, at: number) => {
      const found = SIGNATURE.read(item, `${where}[${at}]`);
      if (!/^[0-9a-f]{64}$/.test(found.keyid) || found.sig.length !== 64) throw unsigned(`${where}[${at}]`);
      return found;
    });
  },
  write: (value) => value.map(SIGNATURE.write),
};
const MEDIA_TYPE: Codec<string> = {
  read: (value, where) => {
    const found = text(100).read(value, where);
    if (!/^application\/vnd\.[a-z0-9.+-]{1,80}$/.test(found)) {
      throw new TallyError("dsse.payload_type", `'${found}' is no media type of ours.`, "Set payloadType.");
    }
    return found;
  },
  write: (value) => value,
};
const FRAME = record<Frame>({ title: "Envelope", format: "", place: "envelope", limit: LIMITS.envelope }, () => [
  field("payloadType", "payloadType", MEDIA_TYPE),
  field("payload", "payload", blob(LIMITS.envelope)),
  field("signatures", "signatures", SIGNATURES),
]);

/** Read an envelope's frame without looking into its payload. */
export function parseEnvelope(data: Uint8Array): Envelope {
  const frame = FRAME.read(loads(data, LIMITS.envelope), "");
  const [signature] = frame.signatures;
  if (signature === undefined) throw unsigned("envelope.signatures");
  return {
    payload: frame.payload,
    payloadType: frame.payloadType,
    keyid: signature.keyid,
    signature: signature.sig,
  };
}

/** DSSE's pre-authentication encoding: what is signed. */
export function pae(payload: Uint8Array, payloadType: string): Uint8Array {
  const kind = utf8(payloadType);
  return joined(utf8(`DSSEv1 ${kind.length} `), kind, utf8(` ${payload.length} `), payload);
}

/** Hex SHA-256 of the 32-byte raw Ed25519 public key. */
export function keyId(key: Uint8Array): string {
  return sha256Hex(key).slice(2);
}

/** The payload of an envelope that the key signed as `payloadType`: one kind never passes for another. */
export async function openEnvelope(
  data: Uint8Array,
  key: Uint8Array,
  payloadType: string = PAYLOAD_TYPE,
): Promise<Uint8Array> {
  const envelope = parseEnvelope(data);
  if (envelope.payloadType !== payloadType) {
    const what = `The envelope holds ${envelope.payloadType}, not ${payloadType}.`;
    throw new TallyError("dsse.payload_type", what, "Send that kind.");
  }
  await verifyEnvelope(envelope, key);
  return envelope.payload;
}

/** Refuses unless the key signed the envelope. */
export async function verifyEnvelope(envelope: Envelope, key: Uint8Array): Promise<void> {
  if (envelope.keyid !== keyId(key)) {
    throw new TallyError(
      "dsse.other_key",
      `The envelope names the key ${envelope.keyid}, expected was ${keyId(key)}.`,
      "Check which node key the registry held at that log size.",
    );
  }
  await verifyEd25519(key, envelope.signature, pae(envelope.payload, envelope.payloadType));
}

function unsigned(where: string): TallyError {
  return new TallyError(
    "dsse.signatures",
    `${where} is not a key id and an Ed25519 signature.`,
    "Sign with the node key, once.",
    where,
  );
}
