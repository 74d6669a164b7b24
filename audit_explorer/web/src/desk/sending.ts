/** Acts that a party's own wallet sends to the chain, past the coordinator (ADR 0019): sent once, followed until a block has them. */

import { type Deployment, domainOf } from "../api/review";
import type { Hex } from "../base/bytes";
import { told } from "../base/problems";
import { returnUseCall, reviewCall, useOfCall, useState } from "../protocol/calls";
import { ZERO32 } from "../protocol/contract";
import { type Done, type Signer, signedBy } from "./acts";
import type { TaskView } from "./task";

/** Milliseconds between two looks for a transaction, and how many looks there are: five minutes. */
const BETWEEN = 1_000;
const LOOKS = 300;

/** The reviewer's word, sent by its wallet; `again` reads the task once more, right before the wallet is asked. */
export async function judge(
  view: TaskView,
  approved: boolean,
  statement: Hex | undefined,
  deployment: Deployment,
  signer: Signer,
  again: () => Promise<TaskView>,
): Promise<Done> {
  const fresh = await again();
  if (fresh.task !== view.task || !reviewable(fresh)) throw told("desk.answered");
  const to = domainOf(deployment, "Tasks").verifyingContract;
  const data = reviewCall(view.task, approved, statement ?? ZERO32);
  const transaction = await signer.wallet.send(to, data, signer.account);
  await inBlock(signer, transaction);
  return { act: approved ? "approved" : "rejected", id: view.status.id, transaction };
}

/** Whether a task's output waits for its reviewer's word, by what the coordinator says; the chain decides. */
export function reviewable(view: TaskView): boolean {
  return view.contract.reviewer !== "" && view.status.state === "completed" && view.status.review === "none";
}

/** Gives the use of a task that ended without a result back: the owner states that its node sent no input. */
export async function returnUse(task: Hex, authorization: Hex, deployment: Deployment, signer: Signer): Promise<Done> {
  const to = domainOf(deployment, "Consents").verifyingContract;
  const state = useState(await signer.wallet.ask(to, useOfCall(task, authorization)));
  if (state === undefined) throw told("wallet.failed");
  if (state !== "consumed") throw told("use.returned");
  const [digest, signature] = await signedBy(signer, "NoInputSent", { task, authorization }, deployment);
  const transaction = await signer.wallet.send(to, returnUseCall(task, authorization, signature), signer.account);
  await inBlock(signer, transaction);
  return { act: "returned", id: `auth_${authorization.slice(2)}`, digest, signature, transaction };
}

/** Waits until a block has a transaction; refused where the chain did not carry it out (`wallet.reverted`), or has it in none. */
async function inBlock(signer: Signer, transaction: Hex): Promise<void> {
  for (let look = 0; look < LOOKS; look += 1) {
    const done = await signer.wallet.carriedOut(transaction);
    if (done === true) return;
    if (done === false) throw told("wallet.reverted");
    await new Promise((resolve) => setTimeout(resolve, BETWEEN));
  }
  throw told("wallet.pending");
}
