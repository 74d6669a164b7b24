/** The task contract and what follows from it: its digest, the proposal on chain, the task id (`protocol/contract.py`). */

import { type Hex, sha256Hex } from "../base/bytes";
import { TallyError } from "../base/errors";
import { documentBytes, readDocument } from "../base/record";
import { sortedSet } from "../base/text";
import { type Input, Proposal, TaskContract } from "../generated/records";
import { type Domain, digestOf } from "./typed";

export const ZERO32: Hex = `0x${"0".repeat(64)}`;

/** A contract from its canonical bytes. */
export function readContract(data: Uint8Array): TaskContract {
  return readDocument(TaskContract, data);
}

/** SHA-256 of the canonical bytes: the contract digest on chain. */
export function contractDigest(contract: TaskContract): Hex {
  return sha256Hex(documentBytes(TaskContract, contract));
}

/** All result users, strictly sorted. */
export function resultUsers(contract: TaskContract): readonly string[] {
  return sortedSet(contract.outputs.flatMap((output) => output.users));
}

/** The distinct programs, strictly sorted. */
export function programs(contract: TaskContract): readonly string[] {
  return sortedSet(contract.steps.map((step) => step.program));
}

/** The distinct data owners, strictly sorted. */
export function owners(contract: TaskContract): readonly string[] {
  return sortedSet(contract.inputs.map((item) => item.owner));
}

/** Everyone who takes part or may look: owners, committee, result users, auditors, proposer, reviewer. */
export function participants(contract: TaskContract): readonly string[] {
  return sortedSet([
    ...owners(contract),
    ...contract.committee,
    ...resultUsers(contract),
    ...contract.auditors,
    contract.proposer,
    ...(contract.reviewer ? [contract.reviewer] : []),
  ]);
}

/** The input that names a data set. */
export function inputOf(contract: TaskContract, dataSet: string): Input {
  const found = contract.inputs.find((item) => item.dataSet === dataSet);
  if (found === undefined) {
    throw new TallyError("contract.no_such_input", `The contract has no data set ${dataSet}.`, "Name one it has.");
  }
  return found;
}

/** The on-chain proposal of a contract: derived, so that comparing task ids compares every field. */
export function proposalOf(contract: TaskContract): Proposal {
  return {
    proposer: contract.proposer,
    scheduler: contract.scheduler,
    contractDigest: contractDigest(contract),
    computeParties: contract.committee,
    dataSets: contract.inputs.map((item) => item.dataSet),
    dataVersions: contract.inputs.map((item) => item.version),
    // no program spends of a privacy budget or of a licence yet, and every task runs once
    epsilonMicros: contract.inputs.map(() => 0n),
    programs: programs(contract),
    engine: contract.engine,
    models: [],
    licences: [],
    resultUsers: resultUsers(contract),
    auditors: contract.auditors,
    reviewer: contract.reviewer,
    purpose: contract.purpose,
    protectionLevel: contract.protectionLevel,
    uses: 1,
    maxReserves: 0,
    deadline: contract.deadline,
    reviewBy: contract.reviewer ? contract.deadline + BigInt(contract.reviewWithin) : 0n,
    nonce: BigInt(`0x${contract.nonce}`),
  };
}

/** Task id: the EIP-712 digest of the contract's proposal in the `Tasks` domain. */
export function taskIdOf(contract: TaskContract, tasks: Domain): Hex {
  return digestOf(Proposal, proposalOf(contract), tasks);
}
