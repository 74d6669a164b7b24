/**
 * Proposing: what preflight says of a contract, compared with what follows from it here; the wallet's signature; the submission.
 *
 * The coordinator is convenience and may lie: task id, typed data, domain, collusion threshold, what becomes known and what outputs are
 * about are derived here. Cost and level are its word, shown as such, and what was shown is what is signed. What is posted is what
 * `tally task submit` posts (`client/coordinator.py`).
 */

import { answerOf, type Schemas, type TaskApi } from "../api/client";
import { type Deployment, domainOf, inLowerCase, same } from "../api/review";
import type { Hex } from "../base/bytes";
import { TallyError } from "../base/errors";
import { type JsonObject, toPlain } from "../base/json";
import { told } from "../base/problems";
import { compare } from "../base/text";
import { Proposal, TaskContract } from "../generated/records";
import { SUPPORTS } from "../generated/words";
import { proposalOf } from "../protocol/contract";
import { collusionThreshold } from "../protocol/sentences";
import { digestOf, type TypedDocument, typedData } from "../protocol/typed";
import { type Done, type Signer, signedBy } from "./acts";
import type { Catalogue } from "./catalogue";
import { sane } from "./cost";
import { becomingKnown, supportsOf } from "./disclosed";
import { checked } from "./faults";

/** A contract with what the coordinator says of it; everything else in it is derived here. */
export interface Examined {
  readonly contract: TaskContract;
  /** The proposal's digest, which is the task's id. */
  readonly task: Hex;
  readonly document: TypedDocument;
  readonly answer: Schemas["Preflight"];
}

/** Asks preflight about a contract; refused (`propose.differs`) where it says anything else than follows from it. */
export async function examine(
  api: TaskApi,
  contract: TaskContract,
  catalogue: Catalogue,
  deployment: Deployment,
): Promise<Examined> {
  const sound = checked(contract);
  const domain = domainOf(deployment, "Tasks");
  const proposal = proposalOf(sound);
  const task = digestOf(Proposal, proposal, domain);
  const document = typedData(Proposal, proposal, domain);
  const answer = await answerOf(api.POST("/v1/tasks/preflight", { body: { contract: plain(sound) } }));
  const leaks = becomingKnown(sound, catalogue.programs).map(({ en, zh }) => `${en}\n${zh}`);
  const said = answer.disclosures.map(({ en, zh }) => `${en}\n${zh}`);
  const about = [...supportsOf(sound, catalogue.programs)]
    .sort(([one], [other]) => compare(one, other))
    .map(([output, kind]) => ({ output, about: SUPPORTS[kind] }));
  const known = sound.steps.every((step) => catalogue.programs.has(step.program));
  const differing = [
    ...(answer.task === `task_${task.slice(2)}` ? [] : ["the task's id"]),
    ...(same(inLowerCase(answer.typed_data), document) ? [] : ["the typed data"]),
    ...(answer.collusion_threshold === collusionThreshold(sound.committee.length) ? [] : ["the collusion threshold"]),
    ...(!known || same([...said].sort(), [...leaks].sort()) ? [] : ["what becomes known"]),
    ...(!known || same(answer.supports, about) ? [] : ["what the outputs are about"]),
    ...(sane(answer) ? [] : ["the cost"]),
  ];
  if (differing.length > 0) {
    throw new TallyError(
      "propose.differs",
      `What the coordinator says differs from what follows from the contract: ${differing.join(", ")}.`,
      "Do not sign it; tell the coordinator's operator.",
    );
  }
  return { contract: sound, task, document, answer };
}

/** Signs a proposal and submits it; `shown` is examined once more, right before the wallet is asked. */
export async function propose(
  api: TaskApi,
  shown: Examined,
  catalogue: Catalogue,
  deployment: Deployment,
  signer: Signer,
): Promise<Done> {
  const id = `task_${shown.task.slice(2)}`;
  if (await exists(api, id)) throw told("propose.there");
  const now = await examine(api, shown.contract, catalogue, deployment);
  if (now.answer.problems.length > 0) throw told("propose.problems");
  if (now.task !== shown.task || !same(now.answer, shown.answer)) throw told("desk.changed");
  const [digest, signature] = await signedBy(signer, "Proposal", proposalOf(shown.contract), deployment);
  const taken = await answerOf(
    api.POST("/v1/tasks", {
      params: { header: { "Idempotency-Key": digest.slice(2) } },
      body: { contract: plain(shown.contract), signature },
    }),
  );
  if (taken.id !== id) throw told("desk.other_task");
  return { act: "proposed", id, digest, signature };
}

async function exists(api: TaskApi, id: string): Promise<boolean> {
  try {
    return (await answerOf(api.GET("/v1/tasks/{task}", { params: { path: { task: id } } }))).id === id;
  } catch (error) {
    if (error instanceof TallyError && ["task.unknown", "access.not_yours"].includes(error.code)) return false;
    throw error;
  }
}

function plain(contract: TaskContract): Schemas["TaskContract"] {
  return toPlain(TaskContract.write(contract) as JsonObject) as Schemas["TaskContract"];
}
