/** Applications to take part (`protocol/enrolment.py`): what a wallet signs of one, and whether the node's part of it is good. */

import { type Deployment, domainOf } from "../api/review";
import { fromHex, type Hex, sha256Hex } from "../base/bytes";
import { equalBytes } from "../base/json";
import { told } from "../base/problems";
import { documentBytes, readDocument } from "../base/record";
import { ENROLMENT_TYPE, ROLE_BITS } from "../generated/passkeys";
import { type Admission, Admission as AdmissionType, Application, Enrolment } from "../generated/records";
import { openEnvelope } from "./dsse";
import { recoverSigner } from "./signatures";
import { digestOf, type TypedDocument, typedData } from "./typed";

const NO_ADDRESS: Hex = `0x${"0".repeat(40)}`;

/** An application that its wallet has still to sign, with all that follows from it. */
export interface Unsigned {
  readonly application: Application;
  readonly enrolment: Enrolment;
  /** What applicant and admission office compare by a way of their own. */
  readonly fingerprint: Hex;
  readonly digest: Hex;
  readonly document: TypedDocument;
}

/**
 * A file that `tally node prepare` or `tally passkey prepare` wrote; refused where it is no application, or another deployment's
 * (`enrolment.other_deployment`), where its node did not sign it (`signature.not_node`), or a wallet did already (`join.signed`).
 */
export async function readUnsigned(data: Uint8Array, deployment: Deployment): Promise<Unsigned> {
  const application = readDocument(Application, data);
  const enrolment = readDocument(Enrolment, application.enrolment);
  if (application.walletSignature.length > 0) throw told("join.signed");
  if (enrolment.deployment !== deployment.deploymentId) throw told("enrolment.other_deployment");
  const domain = domainOf(deployment, "PartyRegistry");
  const message = admissionOf(enrolment);
  const digest = digestOf(AdmissionType, message, domain);
  await requireNode(application, enrolment, digest);
  const document = typedData(AdmissionType, message, domain);
  return { application, enrolment, fingerprint: message.profileHash, digest, document };
}

/** The application with its wallet's signature: the file's bytes otherwise. */
export function signedApplication(unsigned: Unsigned, signature: Hex): Application {
  return { ...unsigned.application, walletSignature: fromHex(signature) };
}

/** What wallet and node signer sign, and what goes on chain. */
export function admissionOf(enrolment: Enrolment): Admission {
  const { party, wallet, nodeSigner, nodeKey, sealKey, operator } = enrolment;
  const roles = enrolment.roles.reduce((total, role) => total + ROLE_BITS[role], 0);
  const profileHash = sha256Hex(documentBytes(Enrolment, enrolment));
  return { party, wallet, nodeSigner, nodeKey, sealKey, operator, roles, profileHash };
}

async function requireNode(application: Application, enrolment: Enrolment, digest: Hex): Promise<void> {
  const { envelope, nodeSignature } = application;
  const node = enrolment.nodeSigner !== NO_ADDRESS;
  if ((envelope !== null) !== node || (nodeSignature !== null) !== node) throw told("signature.not_node");
  if (envelope === null || nodeSignature === null) return;
  try {
    const held = await openEnvelope(envelope, fromHex(enrolment.nodeKey), ENROLMENT_TYPE);
    const signer = await recoverSigner(digest, nodeSignature);
    if (equalBytes(held, application.enrolment) && signer.toLowerCase() === enrolment.nodeSigner) return;
  } catch {
    // whatever is wrong with them, they are not this node's signatures of this application
  }
  throw told("signature.not_node");
}
