/**
 * Steps 2 to 10 of the verification (`protocol/verify_steps.py`); step 1, the bundle's form, is `readBundle`.
 *
 * A step returns what it found in words, or throws an `Answer`: it fails with both values, lacks something, or has nothing to check.
 */

import type { Hex } from "../base/bytes";
import { ABORT_KINDS, TRANSCRIPTS } from "../generated/evidence";
import { type LinkFact, Proposal, type RunStatement } from "../generated/records";
import { REASONS, type Said, TASK_STATE_NUMBERS, WITHDRAWALS } from "../generated/words";
import { inputRoot, linkHash, outputShares, seenBy, type Transcript, verifyTranscript } from "../protocol/commitments";
import { ZERO32 } from "../protocol/contract";
import type { EventName } from "../protocol/events";
import { onChain } from "../protocol/trie";
import { bare, fails, missing, nothing, type Shown, same, show } from "./answers";
import { computedWith } from "./backend";
import { consents } from "./consents";
import type { Found } from "./ledger";
import { envelopes, logs, requireAllSaid, requireLog } from "./logs";
import { release } from "./release";
import { compared, inputAsRegistered } from "./statements";
import type { Story } from "./story";

export type Step = (story: Story) => Said | Promise<Said>;

/** Step 2: the id was recomputed when the story was read; here every field of the chain's own event is compared too. */
function taskAndContract(story: Story): Said {
  const { proposed, ledger } = story;
  if (proposed === undefined) {
    throw missing("The TaskProposed event is not in the bundle.", "证据包中没有TaskProposed事件。");
  }
  const { proposal, wallet } = proposed.event;
  const theirs = new Map(Object.entries(proposal));
  const ours = new Map(Object.entries(story.proposal));
  for (const { attribute, name, solidity } of Proposal.fields()) {
    const [chain, due] = [theirs.get(attribute) as Shown, chainValue(solidity, ours.get(attribute))];
    if (!same(chain, due)) {
      throw fails(
        `${name}: chain ${show(chain)}, contract ${show(due)}.`,
        `${name}：链上${show(chain)}，合约${show(due)}。`,
      );
    }
  }
  const { binding } = ledger;
  if ("lacking" in binding) throw missing(binding.lacking.en, binding.lacking.zh);
  const task = `task_${bare(story.task)}`;
  return {
    en: `${task}, proposed with the wallet ${wallet}; all events are proven below ${binding.by.en}.`,
    zh: `${task}，以钱包${wallet}提议；全部事件均由${binding.by.zh}向下证明。`,
  };
}

/** A value as the contracts take it: texts as their keccak256, numbers as integers, lists item by item. */
function chainValue(solidity: string, value: unknown): Shown {
  if (Array.isArray(value)) return value.map((item) => chainValue(solidity.slice(0, -2), item));
  if (solidity === "string") return onChain(String(value));
  return typeof value === "number" ? BigInt(value) : (value as Shown);
}

/** Step 6: run id, input root, links and output shares of every commitment follow from the statements. */
function chainCommitments(story: Story): Said {
  compared(story);
  computedWith(story);
  for (const [party, found] of story.commitments) commitment(story, party, found);
  for (const found of story.ledger.of("TaskAborted", { task: story.task })) abortStatement(story, found);
  for (const party of story.completed ? story.owing : []) runStatement(story, party);
  allCommitments(story);
  const stated = [...story.entries.values()].reduce((sum, entries) => sum + entries.length, 0);
  if (stated === 0) {
    throw nothing("No commitment is on chain, as the task's record there shows.", "任务的链上记录表明没有承诺。");
  }
  const count = story.commitments.size;
  return {
    en:
      `${count} commitments and every field of ${stated} statements compared; docs/evidence.md lists the fields that are ` +
      "a node's own word.",
    zh: `已比对${count}项承诺与${stated}份声明的全部字段；仅为节点自述的字段列于docs/evidence.md。`,
  };
}

function commitment(story: Story, party: string, found: Found<"RunCommitted">): void {
  const { event } = found;
  const run = runStatement(story, party);
  const inputs = story.statements(party, "input-commitment").map((item) => [item.dataSet, item.inputRoot] as const);
  const outputs = story
    .statements(party, "output-commitment")
    .flatMap((item) => item.outputs.map((output) => [output.name, output.commitment] as const));
  const peers = story.linked ? story.committers.filter((peer) => peer !== party) : [];
  const seen = transcripts(story, party);
  const hashes = peers.flatMap((peer) => {
    const transcript = seen.get(peer);
    return transcript === undefined ? [] : [linkHash(transcript)];
  });
  const expected: readonly (readonly [string, string, Shown, Shown])[] = [
    ["run id", "运行标识", event.runId, run.run],
    ["input root", "输入根", event.inputRoot, inputRoot(inputs)],
    ["links", "链路", event.links, hashes],
    ["output shares", "输出份额", event.outputShares, outputShares(story.task, event.runId, party, outputs)],
  ];
  for (const [en, zh, chain, stated] of expected) {
    if (!same(chain, stated)) {
      requireAllSaid(story, party);
      throw fails(
        `${party}'s ${en}: chain ${show(chain)}, statement ${show(stated)}.`,
        `${party}的${zh}：链上${show(chain)}，声明${show(stated)}。`,
      );
    }
  }
}

/** As many as the chain took: all of a task that completed or is disputed, some of one that ended before. */
function allCommitments(story: Story): void {
  const silent = story.committers.filter((party) => !story.commitments.has(party)).sort();
  const expected = story.completed ? story.committers.length : story.facts.commitments;
  if (story.commitments.size < expected) {
    throw missing(
      `The chain took ${expected} commitments; the RunCommitted events of some of ${silent.join(", ")} are missing.`,
      `链上共有${expected}项承诺；${silent.join("、")}中部分RunCommitted事件缺失。`,
    );
  }
}

function abortStatement(story: Story, found: Found<"TaskAborted">): void {
  const { statement, keyPeriod } = found.event;
  const party = story.name(found.event.party);
  if (keyPeriod === 0n) return; // a wallet refused or withdrew: its signature on chain is the statement
  const ends = story.entriesOf(party).filter((entry) => entry.kind === "abort" || entry.kind === "refusal");
  if (!ends.some((entry) => entry.digest === statement)) {
    requireAllSaid(story, party);
    throw fails(
      `${party}'s abort names the statement ${bare(statement)}, which is not in its log.`,
      `${party}的中止引用了声明${bare(statement)}，但其日志中没有。`,
    );
  }
}

/** Step 7: for every two that computed with each other both signatures stand under one and the same transcript. */
async function links(story: Story): Promise<Said> {
  allCommitments(story);
  if (!story.linked) {
    throw nothing("Each owner answers for itself: there are no links.", "各数据方各自作答：无链路。");
  }
  const ran = story.owing.filter((party) => story.statements(party, "run").length > 0);
  const [absent] = [...story.commitments.keys()].filter((party) => !ran.includes(party)).sort();
  if (absent !== undefined) runStatement(story, absent);
  let count = 0;
  for (const [place, one] of ran.entries()) {
    for (const other of ran.slice(place + 1)) {
      if (!story.committers.includes(one) && !story.committers.includes(other)) continue;
      await link(story, one, other);
      count += 1;
    }
  }
  if (count === 0) {
    throw nothing(
      "No two parties had finished a run when the task ended: there are no transcripts.",
      "任务结束时没有两方完成运行：无链路记录。",
    );
  }
  return { en: `${count} links countersigned by both ends.`, zh: `${count}条链路由两端会签。` };
}

async function link(story: Story, one: string, other: string): Promise<void> {
  const [mine, theirs] = [transcripts(story, one).get(other), transcripts(story, other).get(one)];
  if (mine === undefined || theirs === undefined) {
    throw missing(`The transcript between ${one} and ${other} is missing.`, `缺少${one}与${other}的链路记录。`);
  }
  const [left, right] = [linkHash(mine), linkHash(theirs)];
  if (left !== right) {
    throw fails(
      `${one} signed ${bare(left)}, ${other} signed ${bare(right)}.`,
      `${one}签署${bare(left)}，${other}签署${bare(right)}。`,
    );
  }
  for (const [party, peer] of [
    [one, other],
    [other, one],
  ] as const) {
    const fact = linksOf(story, party).find((each) => each.peer === peer) as LinkFact;
    await verifyTranscript(mine, story.nodeKey(party, periodOf(story, party)), fact.signature);
    await verifyTranscript(mine, story.nodeKey(peer, periodOf(story, peer)), fact.countersignature);
  }
}

/** Of the keys with which a party signed its links: its commitment's, or its log's where it does not commit. */
function periodOf(story: Story, party: string): bigint {
  return (story.commitments.get(party) ?? story.anchored(party)).event.keyPeriod;
}

/** Step 8: whoever's data entered a committed run stated an input, and each that was stated is the registered one. */
function inputs(story: Story): Said {
  const stated = [...story.logs.keys()].flatMap((party) =>
    story.statements(party, "input-commitment").map((item) => [party, item] as const),
  );
  for (const [party, statement] of stated) inputAsRegistered(story, party, statement);
  allCommitments(story);
  for (const item of story.commitments.size > 0 ? story.contract.inputs : []) {
    requireLog(story, item.owner);
    const id = onChain(item.dataSet);
    if (!stated.some(([party, statement]) => party === item.owner && statement.dataSet === id)) {
      throw missing(`${item.owner} stated no input for ${item.dataSet}.`, `${item.owner}未声明${item.dataSet}的输入。`);
    }
  }
  if (stated.length === 0) {
    throw nothing("No run was committed: no input had to be stated.", "没有已承诺的运行：无需声明输入。");
  }
  return {
    en:
      `${stated.length} input roots equal the registered ones (what the nodes stated: that the same rows ` +
      "entered the computation is not proven below protection level 5).",
    zh: `${stated.length}个输入根与登记一致（此为节点声明：保护等级5以下不证明相同数据行进入了计算）。`,
  };
}

/** Step 10: whatever ended the task otherwise than by completion says who and why. */
function endings(story: Story): Said {
  shownEnd(story);
  const { ledger, task } = story;
  const found: string[] = [];
  for (const { event } of ledger.of("TaskAborted", { task })) {
    const party = story.name(event.party);
    const [reason] = Object.entries(REASONS).find(([, each]) => BigInt(each.number) === event.reason) ?? [];
    const withdrawn = event.kind === BigInt(ABORT_KINDS.withdrawal);
    if (party === "?" || reason === undefined || (WITHDRAWALS as readonly string[]).includes(reason) !== withdrawn) {
      throw fails(`An abort names no known party or reason (${event.reason}).`, "中止未载明已知的参与方或原因。");
    }
    if (withdrawn && (party !== story.contract.proposer || story.began)) {
      throw fails(
        `${party} withdrew it, who did not propose it or after it had started.`,
        `${party}撤回了任务，但其并非提议方，或任务已启动。`,
      );
    }
    found.push(`${party}: ${reason}`);
  }
  for (const { event } of ledger.of("TaskDisputed", { task })) {
    const pairs = event.left.map((left, at) => `${story.name(left)} and ${story.name(event.right[at] ?? ZERO32)}`);
    found.push(`disputed between ${pairs.join(", ")}`);
  }
  for (const { event } of ledger.of("TaskExpired", { task })) {
    const absent = event.missing.map((party) => story.name(party));
    found.push(`expired; without commitment: ${absent.join(", ") || "the task had not started"}`);
  }
  const stated = [...story.logs.keys()].flatMap((party) =>
    (["abort", "refusal"] as const).flatMap((kind) =>
      story.statements(party, kind).map((said) => [party, said.reason] as const),
    ),
  );
  const [first] = stated;
  if (first !== undefined && story.completed) {
    throw fails(`${first[0]} stated an abort, yet the task completed.`, `${first[0]}声明了中止，但任务已完成。`);
  }
  found.push(...stated.map(([party, reason]) => `${party} stated ${reason}`));
  if (story.completed) {
    throw nothing("Completed: nobody aborted, disputed or refused.", "已完成：无中止、争议或拒绝。");
  }
  return { en: `${found.join("; ")}.`, zh: `${found.join("；")}。` };
}

const ENDS: Readonly<Partial<Record<keyof typeof TASK_STATE_NUMBERS, EventName>>> = {
  completed: "TaskCompleted",
  disputed: "TaskDisputed",
  aborted: "TaskAborted",
  refused: "TaskAborted",
  expired: "TaskExpired",
};

/** The event of the end that the task's record on chain has. */
function shownEnd(story: Story): void {
  const { state: number } = story.facts;
  const names = Object.keys(TASK_STATE_NUMBERS) as (keyof typeof TASK_STATE_NUMBERS)[];
  const state = names.find((name) => TASK_STATE_NUMBERS[name] === number);
  const event = state === undefined ? undefined : ENDS[state];
  if (event === undefined) {
    throw missing("The task has not ended at the bundle's head.", "任务在证据包的头区块处尚未结束。");
  }
  if (story.ledger.of(event as "TaskCompleted", { task: story.task }).length === 0) {
    throw missing(
      `The task ended (${state}), and its ${event} event is not in the bundle.`,
      `任务已结束（${state}），而证据包中没有${event}事件。`,
    );
  }
}

/** From the second step on. */
export const STEPS: readonly Step[] = [
  taskAndContract,
  consents,
  envelopes,
  logs,
  chainCommitments,
  links,
  inputs,
  release,
  endings,
];

function runStatement(story: Story, party: string): RunStatement {
  const [found] = story.statements(party, "run");
  if (found === undefined) {
    throw missing(`${party}'s run statement is not in the bundle.`, `证据包中没有${party}的运行声明。`);
  }
  return found;
}

function linksOf(story: Story, party: string): readonly LinkFact[] {
  return story.statements(party, "run").flatMap((item) => item.links);
}

function transcripts(story: Story, party: string): ReadonlyMap<string, Transcript> {
  const run: Hex = runStatement(story, party).run ?? ZERO32;
  const found = new Map<string, Transcript>();
  for (const { kind, stated } of story.entriesOf(party)) {
    if (kind !== "run") continue;
    const version = TRANSCRIPTS[stated.predicateType as keyof typeof TRANSCRIPTS];
    for (const fact of (stated.statement as RunStatement).links) {
      const sent = [fact.sent, fact.sentFrames] as const;
      const received = [fact.received, fact.receivedFrames] as const;
      found.set(fact.peer, seenBy(run, { party, peer: fact.peer }, sent, received, version));
    }
  }
  return found;
}
