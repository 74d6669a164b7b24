/** Part of step 6: every field of every statement against contract, trust root, registry and chain (`protocol/verify_statements.py`). */

import type { Hex } from "../base/bytes";
import { ABORT_KINDS, CHECKS } from "../generated/evidence";
import {
  type AbortStatement,
  type ConsentCheckStatement,
  type ErasureStatement,
  type InputCommitmentStatement,
  MpcParameters,
  type OutputCommitmentStatement,
  type RefusalStatement,
  type ReleaseStatement,
  type RunStatement,
  StepFact,
  type TaskContractStatement,
  type TaskEndStatement,
} from "../generated/records";
import { REASONS } from "../generated/words";
import { outputName } from "../protocol/commitments";
import { contractDigest, owners, resultUsers } from "../protocol/contract";
import { onChain } from "../protocol/trie";
import { type Compared, equal, fails, type Shown, same, show } from "./answers";
import { ownDataSets, requireAllSaid } from "./logs";
import type { Entry, Story } from "./story";

/** What a statement is, by its kind; versions of one kind are one type here. */
export interface StatementOf {
  readonly "task-contract": TaskContractStatement;
  readonly "consent-check": ConsentCheckStatement;
  readonly "input-commitment": InputCommitmentStatement;
  readonly run: RunStatement;
  readonly "output-commitment": OutputCommitmentStatement;
  readonly release: ReleaseStatement;
  readonly refusal: RefusalStatement;
  readonly abort: AbortStatement;
  readonly erasure: ErasureStatement;
  readonly "task-end": TaskEndStatement;
}
export type Kind = keyof StatementOf;

const BEFORE_INPUT: readonly Kind[] = ["task-contract", "consent-check", "input-commitment", "refusal"];
const LAST: readonly Kind[] = ["erasure", "task-end"];

/** Refuses at the first field that says other than what it must. */
export function compared(story: Story): void {
  for (const party of [...story.logs.keys()].sort()) {
    const told = story.entriesOf(party);
    runIds(story, party, told);
    once(story, party, told);
    inOrder(story, party, told);
    outputs(story, party, told);
    const due = received(story, party);
    for (const entry of told) {
      const { contract } = entry.stated.statement;
      if (contract !== due) requireAllSaid(story, party);
      equal(party, [["task contract", "任务合约", contract, due]]);
      further(story, party, entry);
    }
  }
  alike(story);
}

/** The task's contract; for whoever refused because it was sent another one, that other one. */
function received(story: Story, party: string): Hex {
  const refused = story.statements(party, "refusal").find((said) => said.reason === "check.contract_mismatch");
  return refused?.contract ?? contractDigest(story.contract);
}

/** No run id before input went out, and from then on one: the one on chain, where there is one. */
function runIds(story: Story, party: string, told: readonly Entry[]): void {
  const event = story.commitments.get(party)?.event ?? story.completed?.event;
  let known: Hex | null = null;
  for (const { kind, stated } of told) {
    const { run } = stated.statement;
    let due: Hex | null = known;
    if (BEFORE_INPUT.includes(kind)) due = null;
    else if (known === null && run !== null && kind !== "task-end") due = known = event?.runId ?? run;
    if (run !== due) {
      requireAllSaid(story, party);
      throw fails(
        `${party}'s ${kind} is about run ${show(run)}, due is ${show(due)}.`,
        `${party}的${kind}所载运行为${show(run)}，应为${show(due)}。`,
      );
    }
  }
}

/** Nobody says the same thing twice: two statements about one thing would leave open which of them counts. */
function once(story: Story, party: string, told: readonly Entry[]): void {
  const runs = story.statements(party, "run");
  const [first] = runs;
  for (const run of runs) equal(party, [["facts about the run", "运行事实", factsOf(run), factsOf(first ?? run)]]);
  const said = new Set<string>();
  for (const entry of told) {
    for (const about of aboutOf(entry)) {
      const words = [entry.kind, ...about.map(String)].join("\n");
      if (said.has(words)) {
        throw fails(
          `${party} states twice (${entry.kind}): ${show(about)}.`,
          `${party}重复声明（${entry.kind}）：${show(about)}。`,
        );
      }
      said.add(words);
    }
  }
}

function factsOf(run: RunStatement): Shown {
  return [run.committee, MpcParameters.write(run.mpc), run.engine, run.steps.map(StepFact.write)];
}

/** What a statement is about: a party has one word about each. */
function aboutOf({ kind, stated }: Entry): readonly (readonly (string | number)[])[] {
  const { statement } = stated;
  switch (kind) {
    case "input-commitment":
      return [[(statement as InputCommitmentStatement).dataSet]];
    case "run":
      return orNothing((statement as RunStatement).links.map((link) => [link.peer]));
    case "output-commitment":
      return orNothing((statement as OutputCommitmentStatement).outputs.map((output) => [output.name]));
    case "release":
      return [[(statement as ReleaseStatement).resultUser]];
    case "refusal":
    case "abort":
      return [[(statement as RefusalStatement | AbortStatement).reason]];
    case "consent-check":
      return [(statement as ConsentCheckStatement).checks.map((check) => check.answer)];
    case "task-end":
      return [(statement as TaskEndStatement).entries];
    default:
      return [[]];
  }
}

function orNothing<T>(abouts: readonly (readonly T[])[]): readonly (readonly T[])[] {
  return abouts.length > 0 ? abouts : [[]];
}

/** Whoever took part in a run had checked it and stated its inputs before, and erased its copies before its end. */
function inOrder(story: Story, party: string, told: readonly Entry[]): void {
  const kinds = told.map((entry) => entry.kind);
  const first = told.findIndex((entry) => entry.stated.statement.run !== null);
  if (first >= 0 && !prepared(story, party, told.slice(0, first))) {
    requireAllSaid(story, party);
    throw fails(
      `${party} takes part in a run before it states the contract, a check that cleared it, and its inputs.`,
      `${party}在声明合约、放行核查与自身输入之前即参与了运行。`,
    );
  }
  const ran = told.map((entry) => entry.stated.statement.run !== null && !LAST.includes(entry.kind)).lastIndexOf(true);
  if (ran >= 0 && kinds.includes("task-end") && !kinds.slice(ran).includes("erasure")) {
    requireAllSaid(story, party);
    throw fails(`${party} ends the task without having erased its copies.`, `${party}未删除工作副本即结束任务。`);
  }
  const follows: (readonly [Kind, Kind])[] = [
    ["output-commitment", "run"],
    ["release", "output-commitment"],
    ["refusal", "consent-check"],
  ];
  if (kinds.includes("run") && story.committers.includes(party)) follows.push(["task-end", "output-commitment"]);
  for (const [kind, earlier] of follows) {
    const before = kind === "task-end" ? kinds : kinds.slice(0, kinds.indexOf(kind));
    if (kinds.includes(kind) && !before.includes(earlier)) {
      requireAllSaid(story, party);
      throw fails(
        `${party} states ${kind}, and no ${earlier} before.`,
        `${party}声明了${kind}，此前却没有${earlier}。`,
      );
    }
  }
}

/** Whether the contract, a check that cleared the task, and all own inputs were stated. */
function prepared(story: Story, party: string, before: readonly Entry[]): boolean {
  const statementsOf = <K extends Kind>(kind: K): readonly StatementOf[K][] =>
    before.filter((entry) => entry.kind === kind).map((entry) => entry.stated.statement as StatementOf[K]);
  const stated = new Set(statementsOf("input-commitment").map((said) => said.dataSet));
  const cleared = statementsOf("consent-check").some((said) => said.checks.every((check) => check.answer !== "fails"));
  return (
    statementsOf("task-contract").length > 0 &&
    cleared &&
    ownDataSets(story, party).every((dataSet) => stated.has(dataSet))
  );
}

/** Runs are compared further beside the protocol stack and in step 7, inputs in step 8, releases in step 9, ends in step 5. */
function further(story: Story, party: string, entry: Entry): void {
  const { statement } = entry.stated;
  const { contract } = story;
  const others = (): ReadonlySet<string> => {
    const found = new Set([...contract.committee, ...owners(contract)]);
    found.delete(party);
    return found;
  };
  switch (entry.kind) {
    case "task-contract": {
      const said = statement as TaskContractStatement;
      equal(party, [
        ["chain", "链", said.chainId, story.trust.chainId],
        ["deployment", "部署", said.deployment, story.trust.deployment],
      ]);
      break;
    }
    case "consent-check":
      consentCheck(story, party, statement as ConsentCheckStatement);
      break;
    case "run":
      for (const link of (statement as RunStatement).links) named(party, link.peer, others());
      break;
    case "release":
      named(party, (statement as ReleaseStatement).resultUser, new Set(resultUsers(contract)));
      break;
    case "refusal": {
      ended(story, party, entry, ABORT_KINDS.refusal);
      const { authorization } = statement as RefusalStatement;
      if (authorization !== null && story.started) {
        const consumed = story.started.event.authorizations;
        const own = consumed.filter((_, at) => contract.inputs[at]?.owner === party);
        named(party, authorization, new Set(own));
      }
      break;
    }
    case "abort": {
      ended(story, party, entry, ABORT_KINDS.abort);
      const said = statement as AbortStatement;
      if (said.peer !== null) named(party, said.peer, others());
      if (said.step !== null) named(party, said.step, new Set(contract.steps.map((step) => step.id)));
      break;
    }
    default:
  }
}

/** A check that cleared the task answers every question as it must; one that did not names the one that failed. */
function consentCheck(story: Story, party: string, stated: ConsentCheckStatement): void {
  const own = story.contract.inputs.findIndex((item) => item.owner === party);
  const failed = stated.checks.find((check) => check.answer === "fails");
  const { started } = story;
  const first = started && own >= 0 && !failed ? (started.event.authorizations[own] ?? null) : null;
  const notAsked: readonly string[] = own >= 0 ? ["clock"] : ["clock", "authorization", "data", "policy"];
  const due = (name: string): string => {
    if (failed) return name === failed.name ? "fails" : "not_applicable";
    return notAsked.includes(name) ? "not_applicable" : "holds";
  };
  const pairs: Compared[] = [
    [
      "answers",
      "答复",
      new Map(stated.checks.map((check) => [check.name, check.answer])),
      new Map(CHECKS.map((name) => [name, due(name)])),
    ],
  ];
  if (started || failed || own < 0) pairs.push(["authorization", "授权", stated.authorization, first]);
  if (started && !failed) {
    const last = story.anchored(party).block;
    const { block } = stated;
    pairs.push(["checked from block", "核查区块不早于", least(block, started.block), started.block]);
    pairs.push(["checked before block", "核查区块不晚于", most(block, last), last]);
  }
  const digest = story.ledger.hashes.get(stated.block);
  if (digest !== undefined) pairs.push(["block hash", "区块哈希", stated.blockHash, digest]);
  equal(party, pairs);
}

/** Every field of a stated input against contract and registry. */
export function inputAsRegistered(story: Story, party: string, stated: InputCommitmentStatement): void {
  const item = story.contract.inputs.find((each) => onChain(each.dataSet) === stated.dataSet);
  if (item === undefined || item.owner !== party) {
    throw fails(
      `${party} states an input ${stated.dataSet} that is none of its own in the contract.`,
      `${party}声明的输入${stated.dataSet}并非合约中其自身的输入。`,
    );
  }
  const registered = story.dataSet(item.dataSet);
  equal(item.dataSet, [
    ["owner", "所有方", onChain(item.owner), registered.owner],
    ["version", "版本", stated.version, item.version],
    ["schema hash", "结构哈希", stated.schema, registered.schemaHash],
    ["input root", "输入根", stated.inputRoot, registered.inputRoot],
    ["rows", "行数", stated.rows, registered.rows],
    ["columns at least", "列数至少", Math.max(stated.columns, item.columns.length), stated.columns],
  ]);
}

/** Whoever holds shares commits to one of every output that the contract names. */
function outputs(story: Story, party: string, told: readonly Entry[]): void {
  if (!told.some((entry) => entry.kind === "output-commitment")) return;
  const stated = story
    .statements(party, "output-commitment")
    .flatMap((said) => said.outputs.map((output) => output.name))
    .sort();
  const due = story.contract.outputs.map((output) => outputName(output.source)).sort();
  if (!same(stated, due)) {
    requireAllSaid(story, party);
    equal(party, [["outputs", "输出", stated, due]]);
  }
}

/** What the chain says of the ending that names this statement. */
function ended(story: Story, party: string, entry: Entry, kind: number): void {
  const { reason } = entry.stated.statement as RefusalStatement | AbortStatement;
  for (const found of story.ledger.of("TaskAborted", { task: story.task, statement: entry.digest })) {
    equal(party, [
      ["party", "参与方", party, story.name(found.event.party)],
      ["kind", "类型", BigInt(kind), found.event.kind],
      ["reason", "原因", BigInt(REASONS[reason].number), found.event.reason],
    ]);
  }
}

/** Shares of one output have one shape everywhere. */
function alike(story: Story): void {
  const seen = new Map<Hex, readonly [party: string, form: Shown]>();
  for (const party of [...story.logs.keys()].sort()) {
    for (const output of story.statements(party, "output-commitment").flatMap((said) => said.outputs)) {
      const form: Shown = [output.shape, output.fractionBits];
      const [first, due] = seen.get(output.name) ?? [party, form];
      seen.set(output.name, [first, due]);
      if (!same(form, due)) {
        throw fails(
          `${first} states an output of shape and fraction bits ${show(due)}, ${party} of ${show(form)}.`,
          `${first}声明的输出形状与小数位为${show(due)}，${party}为${show(form)}。`,
        );
      }
    }
  }
}

function named(party: string, value: string, known: ReadonlySet<string>): void {
  if (!known.has(value)) {
    throw fails(
      `${party} names ${value}, which the contract does not give it.`,
      `${party}所称的${value}并非合约所载。`,
    );
  }
}

function least(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

function most(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}
