/**
 * What an owner is asked, derived here from the task's contract alone, and compared with all that the coordinator says of it.
 *
 * The coordinator is convenience and may lie: contract, task id, typed data, domain, ask and sentence are each derived again, and the
 * page goes on only where all of them agree. What is shown and what the wallet gets is the derivation, never the answer.
 */

import { isAddress } from "viem";

import { fromBase64, type Hex } from "../base/bytes";
import { TallyError } from "../base/errors";
import { dumps, equalBytes, fromPlain } from "../base/json";
import { Authorization, type TaskContract, type Words } from "../generated/records";
import { readAsk } from "../protocol/ask";
import { consentTable, type Line, type Supports } from "../protocol/consentTable";
import { contractDigest, inputOf, readContract, taskIdOf } from "../protocol/contract";
import { type Asked, checkOffer, optedIn } from "../protocol/offers";
import { authorizationSentence } from "../protocol/sentences";
import { type Domain, digestOf, type TypedDocument, typedData } from "../protocol/typed";
import type { Schemas } from "./client";

/** What the page knows from the owner's own deployment file, never from the coordinator's answers. */
export interface Deployment {
  readonly chainId: bigint;
  readonly deploymentId: Hex;
  readonly contracts: Readonly<Record<string, Hex>>;
}

/** What the page shows and the wallet signs. */
export interface Review {
  readonly contract: TaskContract;
  readonly task: Hex;
  readonly asked: Asked;
  /** The authorization's digest, which is its id. */
  readonly digest: Hex;
  readonly document: TypedDocument;
  readonly sentence: Words;
  readonly table: readonly Line[];
}

/** The EIP-712 domain of what a contract checks. */
export function domainOf(deployment: Deployment, contract: string): Domain {
  const found = deployment.contracts[contract];
  if (found === undefined) {
    const what = `The deployment has no contract ${contract}.`;
    throw new TallyError("deployment.malformed", what, "Load the deployment file again.");
  }
  return {
    chainId: deployment.chainId,
    verifyingContract: found.toLowerCase() as Hex,
    salt: deployment.deploymentId,
  };
}

/** A task's contract, when digest and task id follow from it; refused (`review.differs`) otherwise. */
export function checkedContract(status: Schemas["TaskStatus"], deployment: Deployment): [TaskContract, Hex] {
  const contract = readContract(fromBase64(status.contract, "contract"));
  const task = taskIdOf(contract, domainOf(deployment, "Tasks"));
  const differing = [
    ...(contractDigest(contract) === status.contract_digest ? [] : ["the contract's digest"]),
    ...(`task_${task.slice(2)}` === status.id ? [] : ["the task's id"]),
  ];
  refuse(differing);
  return [contract, task];
}

/**
 * Everything that one request asks of an owner, derived from the contract; refused where the coordinator says anything else.
 *
 * `supports` says what the outputs' numbers are about, `perPerson` those about single people that the owner lets go; `inputRoot` is the owner's own
 * root of the data set, where it is known.
 */
export function review(
  status: Schemas["TaskStatus"],
  request: Schemas["AuthorizationRequest"],
  owner: string,
  deployment: Deployment,
  choice: {
    readonly supports?: Supports;
    readonly perPerson?: readonly string[];
    readonly inputRoot?: Hex;
  } = {},
): Review {
  const [contract, task] = checkedContract(status, deployment);
  const domain = domainOf(deployment, "Consents");
  const policy = fromBase64(request.policy, "policy");
  const given = request.typed_data as Readonly<Record<string, unknown>>;
  const message = Authorization.read(fromPlain(given["message"]), "message");
  checkOffer(message, policy, contract, task, choice.inputRoot);

  const offered: Asked = { message, ask: readAsk(policy) };
  const sentence = authorizationSentence(message, offered.ask, owner);
  refuse([
    ...(same(inLowerCase(given), typedData(Authorization, message, domain)) ? [] : ["the typed data"]),
    ...(request.id === `auth_${digestOf(Authorization, message, domain).slice(2)}` ? [] : ["the authorization's id"]),
    ...(request.data_set === message.dataSet ? [] : ["the data set"]),
    ...(request.owner === owner && inputOf(contract, message.dataSet).owner === owner ? [] : ["the owner"]),
    ...(same(request.sentence, { en: sentence.english, zh: sentence.chinese }) ? [] : ["the sentence"]),
  ]);

  return reviewOf(contract, task, optedIn(offered, choice.perPerson ?? []), owner, deployment, choice.supports);
}

/** What is shown of an authorization of `owner`'s beside a task's contract, and what the wallet gets of it. */
export function reviewOf(
  contract: TaskContract,
  task: Hex,
  asked: Asked,
  owner: string,
  deployment: Deployment,
  supports: Supports = new Map(),
): Review {
  const domain = domainOf(deployment, "Consents");
  return {
    contract,
    task,
    asked,
    digest: digestOf(Authorization, asked.message, domain),
    document: typedData(Authorization, asked.message, domain),
    sentence: authorizationSentence(asked.message, asked.ask, owner),
    table: consentTable(asked.message, asked.ask, owner, supports),
  };
}

/** A typed document with its contract's address in lower case: EIP-55's capitals are another spelling of the same address. */
export function inLowerCase(given: Readonly<Record<string, unknown>>): unknown {
  const domain = given["domain"] as Readonly<Record<string, unknown>> | undefined;
  const address = domain?.["verifyingContract"];
  if (typeof address !== "string" || !isAddress(address)) return given;
  return { ...given, domain: { ...domain, verifyingContract: address.toLowerCase() } };
}

/** Whether two values are the same JSON. */
export function same(one: unknown, other: unknown): boolean {
  return equalBytes(dumps(fromPlain(one)), dumps(fromPlain(other)));
}

function refuse(differing: readonly string[]): void {
  if (differing.length > 0) {
    throw new TallyError(
      "review.differs",
      `What the coordinator says differs from what follows from the contract: ${differing.join(", ")}.`,
      "Do not sign it; tell the coordinator's operator.",
    );
  }
}
