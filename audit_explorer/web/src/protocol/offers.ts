/**
 * From a task contract to the authorizations it needs (`protocol/offers.py`).
 *
 * The page rebuilds what it is offered from the task's own contract before a wallet is asked, and refuses what differs.
 */

import { fromHex, type Hex, joined, sha256Hex, utf8 } from "../base/bytes";
import { TallyError } from "../base/errors";
import { equalBytes } from "../base/json";
import { sortedSet } from "../base/text";
import {
  type Ask,
  Authorization,
  LIMITS,
  OFFER_NONCE_DOMAIN,
  type Ranges,
  type TaskContract,
} from "../generated/records";
import { askBytes, askDigest, askOf, NOTHING_VARIES, readAsk } from "./ask";
import { inputOf, programs, resultUsers, ZERO32 } from "./contract";

/** An authorization with the ask that its `policy` is the digest of. */
export interface Asked {
  readonly message: Authorization;
  readonly ask: Ask;
}

/** What the chain says beside the contract: the data set's root, the programs' digest, the moment from which it holds. */
export interface Facts {
  readonly inputRoot: Hex;
  readonly programsDigest: Hex;
  readonly notBefore: bigint;
  readonly attempt?: number;
}

/** The narrowest authorization that lets exactly this task run once over one data set, with its ask. */
export function offer(contract: TaskContract, task: Hex, dataSet: string, facts: Facts): Asked {
  const ask = askOf(contract, dataSet);
  const message: Authorization = {
    dataSet,
    dataVersion: inputOf(contract, dataSet).version,
    inputRoot: facts.inputRoot,
    programs: programs(contract),
    programsDigest: facts.programsDigest,
    engine: contract.engine,
    approvedSuccessors: false,
    proposer: contract.proposer,
    purpose: contract.purpose,
    resultUsers: resultUsers(contract),
    computeParties: contract.committee,
    policy: askDigest(ask),
    task,
    maxUses: 1,
    notBefore: facts.notBefore,
    notAfter: contract.deadline + BigInt(LIMITS.deadlineGrace),
    minProtectionLevel: contract.protectionLevel,
    epsilonMicros: 0n,
    legalBasis: contract.legalBasis,
    impactAssessment: contract.impactAssessment,
    nonce: BigInt(nonceOf(task, dataSet, facts.attempt ?? 0)),
  };
  return { message, ask };
}

function nonceOf(task: Hex, dataSet: string, attempt: number): Hex {
  const number = fromHex(`0x${attempt.toString(16).padStart(16, "0")}`);
  return sha256Hex(joined(utf8(OFFER_NONCE_DOMAIN), fromHex(task), number, utf8(dataSet)));
}

/** What an owner chooses of a standing authorization. */
export interface Standing {
  readonly uses: number;
  readonly notAfter: bigint;
  readonly tasksPerDay: number;
  readonly nonce: bigint;
  readonly ranges?: Ranges;
  readonly approvedSuccessors?: boolean;
}

/** What is offered for one task, as a standing authorization: for every task that asks the same, but for the ranges. */
export function standing(asked: Asked, chosen: Standing): Asked {
  const ranges = chosen.ranges ?? NOTHING_VARIES;
  const ask = readAsk(askBytes({ ...asked.ask, tasksPerDay: chosen.tasksPerDay, ranges }));
  const message = {
    ...asked.message,
    task: ZERO32,
    policy: askDigest(ask),
    maxUses: chosen.uses,
    notAfter: chosen.notAfter,
    nonce: chosen.nonce,
    approvedSuccessors: chosen.approvedSuccessors ?? false,
  };
  return { message, ask };
}

/** The same with outputs about single people that the owner lets go; others than the ask's are refused (`ask.range`). */
export function optedIn(asked: Asked, perPerson: readonly string[]): Asked {
  const ask = readAsk(askBytes({ ...asked.ask, perPerson: sortedSet(perPerson) }));
  return { message: { ...asked.message, policy: askDigest(ask) }, ask };
}

/**
 * Refuse an offered authorization that is anything but {@link offer} of this contract (`offer.differs`).
 *
 * `inputRoot` is the owner's own root, where the caller knows it; the programs' digest is checked by the chain.
 */
export function checkOffer(
  message: Authorization,
  ask: Uint8Array,
  contract: TaskContract,
  task: Hex,
  inputRoot?: Hex,
): void {
  const expected = offer(contract, task, message.dataSet, {
    inputRoot: inputRoot ?? message.inputRoot,
    programsDigest: message.programsDigest,
    notBefore: message.notBefore,
  });
  const rebuilt = { ...expected.message, nonce: message.nonce }; // says nothing, so any will do
  const differing = Authorization.fields()
    .filter((item) => !equal(attribute(message, item.attribute), attribute(rebuilt, item.attribute)))
    .map((item) => item.name);
  if (!equalBytes(askBytes(expected.ask), ask)) differing.push("ask");
  if (differing.length > 0) {
    throw new TallyError(
      "offer.differs",
      `The authorization asked for differs from what the task contract needs: ${differing.join(", ")}.`,
      "Do not sign it; tell the coordinator's operator.",
    );
  }
}

function attribute(message: Authorization, name: string): unknown {
  return (message as unknown as Record<string, unknown>)[name];
}

function equal(one: unknown, other: unknown): boolean {
  return Array.isArray(one) && Array.isArray(other)
    ? one.length === other.length && one.every((item, at) => item === other[at])
    : one === other;
}
