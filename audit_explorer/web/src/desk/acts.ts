/** What a party does with its wallet: exactly what the command line posts (`cli/authorization.py`, `client/coordinator.py`). */

import { answerOf, type Schemas, type TaskApi } from "../api/client";
import { type Deployment, domainOf, type Review } from "../api/review";
import { fromHex, type Hex, joined, sha256, toHex, utf8 } from "../base/bytes";
import type { TallyError } from "../base/errors";
import { type JsonObject, toPlain } from "../base/json";
import { told } from "../base/problems";
import type { RecordType } from "../base/record";
import { ABORT_KINDS } from "../generated/evidence";
import { SIGNED, SignedAuthorization } from "../generated/records";
import { REASONS, type WITHDRAWALS } from "../generated/words";
import { askBytes } from "../protocol/ask";
import { ZERO32 } from "../protocol/contract";
import { digestOf, typedData } from "../protocol/typed";
import type { Wallet } from "../wallet/wallet";
import type { TaskView } from "./task";

/** A wallet with the account that the signed-in party has registered. */
export interface Signer {
  readonly wallet: Wallet;
  readonly account: Hex;
}

/** What was done, for a receipt: the digest that was signed, and the signature. */
export interface Done {
  readonly act:
    | "approved"
    | "proposed"
    | "refused"
    | "rejected"
    | "returned"
    | "revoked"
    | "signed"
    | "standing"
    | "withdrawn";
  readonly id: string;
  /** What was signed; undefined for a transaction, which is the wallet's own. */
  readonly digest?: Hex;
  readonly signature?: Hex;
  /** The transaction that the wallet sent, of an act that does not go through the coordinator. */
  readonly transaction?: Hex;
}

/** Reasons for which a person refuses; the others are a node's. */
export const REFUSALS = ["owner.declined", "check.policy", "check.data_changed"] as const;

/**
 * Signs an authorization, for `task` alone or standing, and hands it in; `again` reads what is asked once more, right before the
 * wallet is asked.
 */
export async function sign(
  api: TaskApi,
  task: string,
  owner: string,
  shown: Review,
  signer: Signer,
  again: () => Promise<Review>,
): Promise<Done> {
  if ((await again()).digest !== shown.digest) throw told("desk.changed");
  const { message, ask } = shown.asked;
  const signature = await signer.wallet.signTyped(shown.document, shown.digest, signer.account);
  const policy = askBytes(ask);
  const signed = { owner, message, signature: fromHex(signature), policy };
  const body = { authorization: plain<Schemas["SignedAuthorization"]>(SignedAuthorization, signed) };
  const standing = message.task === ZERO32;
  const where = utf8(standing ? "/v1/authorizations" : `/v1/tasks/${task}/authorizations`);
  const header = { "Idempotency-Key": toHex(sha256(joined(where, signed.signature, policy))).slice(2) };
  const taken = await answerOf(
    standing
      ? api.POST("/v1/authorizations", { params: { header }, body })
      : api.POST("/v1/tasks/{task}/authorizations", { params: { path: { task }, header }, body }),
  );
  if (taken.id !== `auth_${shown.digest.slice(2)}`) throw told("desk.other_authorization");
  return { act: standing ? "standing" : "signed", id: taken.id, digest: shown.digest, signature };
}

/** Says no to a task, for good. */
export async function refuse(
  api: TaskApi,
  task: Hex,
  party: string,
  reason: (typeof REFUSALS)[number],
  deployment: Deployment,
  signer: Signer,
): Promise<Done> {
  const message = { task, party, kind: ABORT_KINDS.refusal, reason: REASONS[reason].number, statement: ZERO32 };
  const [digest, signature] = await signedBy(signer, "Abort", message, deployment);
  const id = `task_${task.slice(2)}`;
  const body = { message: plain<Schemas["Abort"]>(SIGNED.Abort.type, message), signature };
  await answerOf(api.POST("/v1/tasks/{task}/refusal", { params: { path: { task: id } }, body }));
  return { act: "refused", id, digest, signature };
}

/** Takes a proposal back that has not started; `again` reads the task once more, right before the wallet is asked. */
export async function withdraw(
  api: TaskApi,
  view: TaskView,
  reason: (typeof WITHDRAWALS)[number],
  deployment: Deployment,
  signer: Signer,
  again: () => Promise<TaskView>,
): Promise<Done> {
  const { task, contract } = view;
  const fresh = await again();
  if (fresh.task !== task || !withdrawable(fresh, contract.proposer)) throw told("desk.answered");
  const message = withdrawalOf(task, contract.proposer, reason);
  const [digest, signature] = await signedBy(signer, "Abort", message, deployment);
  const id = `task_${task.slice(2)}`;
  const body = { message: plain<Schemas["Abort"]>(SIGNED.Abort.type, message), signature };
  await answerOf(api.POST("/v1/tasks/{task}/withdrawal", { params: { path: { task: id } }, body }));
  return { act: "withdrawn", id, digest, signature };
}

/** What the proposer's wallet signs to take a proposal back. */
export function withdrawalOf(task: Hex, party: string, reason: (typeof WITHDRAWALS)[number]) {
  return { task, party, kind: ABORT_KINDS.withdrawal, reason: REASONS[reason].number, statement: ZERO32 };
}

/** Whether `party` proposed a task that has not started, by what the coordinator says; the chain decides. */
export function withdrawable(view: TaskView, party: string): boolean {
  const { state, reasons } = view.status;
  const taken = reasons.some(({ code }) => code === "task.withdrawing");
  return view.contract.proposer === party && ["submitted", "proposed"].includes(state) && !taken;
}

/** Takes an authorization back. */
export async function revoke(
  api: TaskApi,
  authorization: Hex,
  owner: string,
  deployment: Deployment,
  signer: Signer,
): Promise<Done> {
  const message = { authorization, owner };
  const [digest, signature] = await signedBy(signer, "Revocation", message, deployment);
  const id = `auth_${authorization.slice(2)}`;
  const body = { message: plain<Schemas["Revocation"]>(SIGNED.Revocation.type, message), signature };
  const path = { authorization: id };
  await answerOf(api.POST("/v1/authorizations/{authorization}/revocation", { params: { path }, body }));
  return { act: "revoked", id, digest, signature };
}

/** How far an own authorization is, as the coordinator says of the chain; undefined where it has none of that id. */
export async function standingOf(api: TaskApi, id: string): Promise<Schemas["AuthorizationLine"] | undefined> {
  let cursor: string | null = null;
  do {
    const query: { limit: number; cursor?: string } = { limit: 100 };
    if (cursor !== null) query.cursor = cursor;
    const page: Schemas["AuthorizationPage"] = await answerOf(api.GET("/v1/authorizations", { params: { query } }));
    const found = page.items.find((line) => line.id === id);
    if (found !== undefined) return found;
    cursor = page.next_cursor;
  } while (cursor !== null);
  return undefined;
}

/** The digest of a message and the wallet's signature over it, in the domain of the contract that takes it. */
export async function signedBy(
  signer: Signer,
  kind: "Abort" | "NoInputSent" | "Proposal" | "Revocation",
  message: object,
  deployment: Deployment,
): Promise<readonly [Hex, Hex]> {
  const { type, home } = SIGNED[kind] as { type: RecordType<object>; home: string };
  const domain = domainOf(deployment, home);
  const digest = digestOf(type, message, domain);
  return [digest, await signer.wallet.signTyped(typedData(type, message, domain), digest, signer.account)];
}

function plain<T>(type: { readonly write: (value: never) => unknown }, value: object): T {
  return toPlain(type.write(value as never) as JsonObject) as T;
}

/** Does one act at a time in all windows of this browser: a second one is refused (`desk.busy`). */
export async function alone<T>(name: string, act: () => Promise<T>): Promise<T> {
  if (!("locks" in navigator)) return act();
  return navigator.locks.request(`tallystick ${name}`, { ifAvailable: true }, (lock) => {
    if (lock === null) throw told("desk.busy");
    return act();
  });
}

/** Whether an error may pass by itself. */
export function passes(error: TallyError): boolean {
  return error.code === "api.unreachable" || error.code === "forwarding.coordinator_away";
}
