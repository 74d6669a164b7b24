/** Whether an authorization covers a task's contract: what the chain and the nodes ask too (`protocol/offers.py`). */

import { fromHex, type Hex, joined, sha256Hex, toHex } from "../base/bytes";
import { TallyError } from "../base/errors";
import type { Ask, Authorization, SignedAuthorization, TaskContract } from "../generated/records";
import { readAsk } from "./ask";
import { programs, resultUsers, ZERO32 } from "./contract";
import { differences } from "./differences";
import { keccak } from "./trie";

/** What somebody knows of published releases, from its own source. */
export interface Releases {
  /** A program's registered digest. */
  readonly codeDigest: (program: string) => Hex;
  /** Whether approved successions lead from one release to the other. */
  readonly succeeds: (older: string, newer: string) => boolean;
}

/** keccak256 of the programs' registered code digests, in order. */
export function programsDigest(releases: Releases, names: readonly string[]): Hex {
  return toHex(keccak(joined(...names.map((program) => fromHex(releases.codeDigest(program))))));
}

/** What of `contract` the authorization does not cover; empty when it does. `now` is unix time. */
export function uncovered(
  signed: SignedAuthorization,
  contract: TaskContract,
  task: Hex,
  known: { readonly inputRoot: Hex; readonly releases: Releases; readonly now: bigint },
): readonly string[] {
  const { message } = signed;
  const item = contract.inputs.find((each) => each.dataSet === message.dataSet);
  if (item === undefined) return [`data set ${message.dataSet} is not in the contract`];
  if (item.owner !== signed.owner) return [`data set ${message.dataSet} belongs to ${item.owner}`];
  const covers = (named: string, asked: string): boolean =>
    named === asked || (message.approvedSuccessors && known.releases.succeeds(named, asked));
  const checks: readonly (readonly [string, boolean])[] = [
    ["data set version", message.dataVersion === item.version],
    ["input root", message.inputRoot === known.inputRoot],
    ["programs", coversPrograms(message, contract, covers)],
    ["program code", message.programsDigest === programsDigest(known.releases, message.programs)],
    ["engine", covers(message.engine, contract.engine)],
    ["proposer", message.proposer === contract.proposer],
    ["purpose", message.purpose === contract.purpose],
    ["result users", equal(message.resultUsers, resultUsers(contract))],
    ["compute parties", equal(message.computeParties, contract.committee)],
    ["task", message.task === task || message.task === ZERO32],
    ["legal basis", message.legalBasis === contract.legalBasis],
    ["impact assessment", message.impactAssessment === contract.impactAssessment],
    ["protection level", message.minProtectionLevel <= contract.protectionLevel],
    ["validity", known.now <= message.notAfter],
    ["uses", message.maxUses > 0],
    ["ask digest", sha256Hex(signed.policy) === message.policy],
  ];
  const found = checks.filter(([, holds]) => !holds).map(([name]) => name);
  if (found.includes("ask digest")) return found;
  let ask: Ask;
  try {
    ask = readAsk(signed.policy);
  } catch (error) {
    if (error instanceof TallyError) return [...found, `ask's form (${error.code})`];
    throw error;
  }
  if (ask.dataSet !== message.dataSet) return [...found, "ask's data set"];
  return [...found, ...differences(ask, contract, covers)];
}

/** Place by place, as the chain compares them. */
function coversPrograms(
  message: Authorization,
  contract: TaskContract,
  covers: (named: string, asked: string) => boolean,
): boolean {
  const asked = programs(contract);
  return (
    message.programs.length === asked.length && message.programs.every((named, at) => covers(named, asked[at] ?? named))
  );
}

function equal(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((item, at) => item === other[at]);
}
