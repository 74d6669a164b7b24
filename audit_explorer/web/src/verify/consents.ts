/** Step 3 of the verification: the owners' consents, and what the task took of them (`protocol/verify_consents.py`). */

import type { Hex } from "../base/bytes";
import { TallyError } from "../base/errors";
import { MAX_SUCCESSIONS } from "../generated/evidence";
import { Authorization } from "../generated/records";
import type { Said } from "../generated/words";
import { programs } from "../protocol/contract";
import { programsDigest, type Releases, uncovered } from "../protocol/coverage";
import { recoverSigner } from "../protocol/signatures";
import { onChain } from "../protocol/trie";
import { domainOf } from "../protocol/trust";
import { digestOf } from "../protocol/typed";
import { bare, fails, missing, nothing, show } from "./answers";
import type { Found } from "./ledger";
import type { AuthorizationFacts } from "./registers";
import type { Story } from "./story";

/** Not revoked before the start rests on the contract's own `TaskStarted`, emitted only after checking. */
export async function consents(story: Story): Promise<Said> {
  const { started } = story;
  if (started === undefined) throw notStarted(story);
  const releases = releasesOf(story);
  const [theirs, ours] = [started.event.programsDigest, programsDigest(releases, programs(story.contract))];
  if (theirs !== ours) {
    throw fails(
      `The task started with programs of digest ${bare(theirs)}, registered is ${bare(ours)}.`,
      `任务启动时程序摘要为${bare(theirs)}，登记为${bare(ours)}。`,
    );
  }
  sameCount(story, started.event.authorizations);
  for (const [at, item] of story.contract.inputs.entries()) {
    const digest = started.event.authorizations[at] as Hex;
    await consent(story, started, { dataSet: item.dataSet, owner: item.owner, digest }, releases);
    taken(story, started, digest, item.owner);
  }
  const more = reserves(story, started);
  const count = story.contract.inputs.length;
  return {
    en:
      `${count} consents signed by their wallets, consumed with the start in block ${started.block}${more.en}; that ` +
      "none was revoked before rests on the contract, which emits TaskStarted only after checking.",
    zh: `${count}份授权由其钱包签署，并在区块${started.block}启动时消费${more.zh}；此前未被撤回以合约核查后才发出的TaskStarted为据。`,
  };
}

function notStarted(story: Story): Error {
  if (story.began) {
    return missing(
      "The task started, and its TaskStarted event is not in the bundle.",
      "任务已启动，而证据包中没有TaskStarted事件。",
    );
  }
  if (story.authorizations.size > 0) {
    const what = "The bundle has consents of a task that never started.";
    return new TallyError("bundle.consent", what, "Fetch it again.");
  }
  return nothing(
    "The task did not start, as its record on chain shows: no consent was consumed.",
    "链上记录表明任务未曾启动：未消费授权。",
  );
}

function sameCount(story: Story, digests: readonly Hex[]): void {
  const count = story.contract.inputs.length;
  if (digests.length !== count) {
    throw fails(`${digests.length} authorizations for ${count} inputs.`, `${count}项输入对应${digests.length}份授权。`);
  }
}

/** Blocks of uses taken after the start: numbered from 1, within the proposal, of the same consents. */
function reserves(story: Story, started: Found<"TaskStarted">): Said {
  const found = [...story.ledger.of("UsesReserved", { task: story.task })].sort((one, other) =>
    Number(one.event.number - other.event.number),
  );
  const most = story.proposal.maxReserves;
  const count = most ? story.ledger.registers.reserves(story.task) : found.length;
  if (found.length === 0 && count === 0) return { en: "", zh: "" };
  const numbers = found.map((item) => item.event.number);
  if (numbers.length !== Math.max(count, found.length) || numbers.some((number, at) => number !== BigInt(at + 1))) {
    throw missing(
      `Of the task's reserves only ${show(numbers)} are in the bundle.`,
      `证据包中仅有任务的预留${show(numbers)}。`,
    );
  }
  if (found.length > most) {
    throw fails(
      `${found.length} reserves, proposed were ${most} at most.`,
      `预留${found.length}次，提案上限为${most}次。`,
    );
  }
  for (const item of found) {
    sameCount(story, item.event.authorizations);
    for (const [at, given] of story.contract.inputs.entries()) {
      const digest = item.event.authorizations[at] as Hex;
      if (digest !== started.event.authorizations[at]) {
        throw missing(
          `The consent for ${given.dataSet} in reserve ${item.event.number} is not in the bundle.`,
          `证据包中没有第${item.event.number}次预留中${given.dataSet}的授权。`,
        );
      }
      taken(story, item, digest, given.owner);
    }
  }
  return { en: ` and with ${found.length} reserves after it`, zh: `，其后另有${found.length}次预留` };
}

/** The uses that the transaction of `found` took of a consent. */
function taken(story: Story, found: Found<"TaskStarted"> | Found<"UsesReserved">, digest: Hex, owner: string): void {
  const used = story.ledger
    .of("UseConsumed", { authorization: digest, task: story.task })
    .find((item) => item.block === found.block && item.transaction === found.transaction);
  if (used === undefined) {
    throw missing(`The UseConsumed event for ${owner} is missing.`, `缺少${owner}的UseConsumed事件。`);
  }
  const [uses, due] = [used.event.uses, story.proposal.uses];
  if (uses !== BigInt(due)) {
    throw fails(
      `${uses} uses of ${owner}'s consent were consumed, proposed were ${due}.`,
      `消费了${owner}授权的${uses}次，提案为${due}次。`,
    );
  }
}

interface Asked {
  readonly dataSet: string;
  readonly owner: string;
  readonly digest: Hex;
}

async function consent(story: Story, started: Found<"TaskStarted">, asked: Asked, releases: Releases): Promise<void> {
  const { dataSet, owner, digest } = asked;
  const signed = story.authorizations.get(dataSet);
  if (signed === undefined) {
    throw missing(`The consent for ${dataSet} is not in the bundle.`, `证据包中没有${dataSet}的授权。`);
  }
  const computed = digestOf(Authorization, signed.message, domainOf(story.trust, "Consents"));
  if (computed !== digest || signed.owner !== owner) {
    throw fails(
      `The consent for ${dataSet} has the digest ${bare(computed)}, the chain consumed ${bare(digest)}.`,
      `${dataSet}的授权摘要为${bare(computed)}，链上消费的是${bare(digest)}。`,
    );
  }
  const recorded = recordedAs(story, asked);
  const { signature } = signed;
  const signer = signature.length === 65 ? await recoverSigner(digest, signature) : "no account";
  if (signer.toLowerCase() !== recorded.wallet.toLowerCase()) {
    await contractWallet(story, owner, signer, recorded.wallet);
  }
  const now = started.event.startedAt;
  const lackingWith = (known: Releases): readonly string[] => {
    const { inputRoot } = story.dataSet(dataSet);
    const found = uncovered(signed, story.contract, story.task, { inputRoot, releases: known, now });
    return now < signed.message.notBefore ? [...found, "validity"] : found;
  };
  const lacking = lackingWith(releases);
  if (lacking.length === 0) return;
  // The way from one release to another is a hint of the bundle: what is wrong whichever way there is, fails.
  const certain = lackingWith({ codeDigest: releases.codeDigest, succeeds: () => true });
  if (certain.length > 0) {
    throw fails(
      `${owner}'s consent does not cover: ${certain.join(", ")}.`,
      `${owner}的授权未覆盖：${certain.join("、")}。`,
    );
  }
  throw missing(
    `${owner}'s consent covers the task only with approved successors, and the bundle proves none: ${lacking.join(", ")}.`,
    `${owner}的授权须经核准的后继版本方可覆盖任务，而证据包未予证明：${lacking.join("、")}。`,
  );
}

/** The contract's record of a consent, which it made after it had checked the wallet's signature. */
function recordedAs(story: Story, { dataSet, owner, digest }: Asked): AuthorizationFacts {
  const found = story.ledger.registers.authorization(digest);
  if (found === undefined || found.owner !== onChain(owner)) {
    const whose = found ? { en: show(found.owner), zh: show(found.owner) } : { en: "nobody", zh: "无" };
    throw fails(
      `The chain holds the consent for ${dataSet} as that of ${whose.en}, not of ${owner}.`,
      `链上${dataSet}的授权归属为${whose.zh}，而非${owner}。`,
    );
  }
  return found;
}

/** EIP-1271: only a contract wallet itself can say, and the chain asked it before it recorded the authorization. */
async function contractWallet(story: Story, owner: string, signer: string, wallet: string): Promise<void> {
  if (story.isContract === undefined) {
    throw missing(
      `${owner}'s consent is signed by ${signer}, the recorded wallet is ${wallet}. If that is a contract ` +
        "(EIP-1271), the chain's own record of the authorization vouches for it: ask with --rpc.",
      `${owner}的授权由${signer}签署，记录的钱包为${wallet}。若其为合约钱包（EIP-1271），` +
        "以链上的授权记录为据：请用--rpc查询。",
    );
  }
  if (!(await story.isContract(wallet))) {
    throw fails(
      `${owner}'s consent is signed by ${signer}, the recorded wallet is ${wallet}, which is no contract.`,
      `${owner}的授权由${signer}签署，记录的钱包为${wallet}，且非合约钱包。`,
    );
  }
}

/** Published releases and the ways between them, as the registry's storage proves them. */
function releasesOf(story: Story): Releases {
  const succeeds = (older: string, newer: string): boolean => {
    const reached = new Set([onChain(older)]);
    const wanted = onChain(newer);
    for (let step = 0; step < MAX_SUCCESSIONS; step += 1) {
      const further = story.material.successions.filter(
        (each) => reached.has(each.older) && story.ledger.registers.successorApprovals(each.older, each.newer) > 0n,
      );
      for (const each of further) reached.add(each.newer);
      if (reached.has(wanted)) return true;
    }
    return false;
  };
  return { codeDigest: (program) => story.program(program).codeDigest, succeeds };
}
