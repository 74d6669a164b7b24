/**
 * A contract that is being written: what its writer chose, and what nobody should have to make up (nonce, references, a deadline).
 *
 * Drawn once: the same draft submitted again is the same task, never another one (`tallystick/drawing.py`, `tallystick/draft.py`).
 */

import { drawn } from "../base/bytes";
import { type JsonObject, toPlain } from "../base/json";
import { compare, sortedSet } from "../base/text";
import { type Input, type Keep, type Output, type Step, TaskContract } from "../generated/records";
import { ZERO32 } from "../protocol/contract";
import { type Catalogue, dataColumns, type Program, withRole } from "./catalogue";

export interface Draft {
  /** As it is written so far: purpose and legal basis may still lack their references, and any rule may be broken. */
  readonly contract: TaskContract;
  /** What keeps purpose and legal basis from being guessed from their hash on chain. */
  readonly references: readonly [string, string];
}

export type Parameter = Step["parameters"][number][1];

const REFERENCE = / \[ref [0-9a-f]{32}\]$/;
const DAY = 86_400;
/** How long after the deadline what is kept stays, unless its proposer says otherwise: seconds. */
const RETENTION = 90 * DAY;
/** Kinds that a contract can give to result users, and those that can stay at the nodes (`protocol/sources.py`). */
const OPENED = /^shares$/;
const KEPT = /^(shares|shared|model:[a-z][a-z0-9-]{0,30})$/;
const TABLE = "table";
const COLUMN_KINDS: Readonly<Record<string, string>> = { aligned: "label", stacked: "stacked-label" };

/** A draft without steps, as `party`'s. */
export function emptyDraft(party: string, catalogue: Catalogue, now: number): Draft {
  const schedulers = withRole(catalogue, "scheduler");
  const contract: TaskContract = {
    nonce: drawn(32),
    proposer: party,
    scheduler: schedulers.length === 1 ? (schedulers[0] ?? "") : "",
    committee: [],
    inputs: [],
    engine: catalogue.engines[0] ?? "",
    steps: [],
    outputs: [],
    keeps: [],
    models: [],
    auditors: withRole(catalogue, "regulator"),
    reviewer: "",
    reviewWithin: 0,
    purpose: "",
    legalBasis: "",
    impactAssessment: ZERO32,
    protectionLevel: 1,
    minimumGroup: 10,
    automatedDecision: false,
    deadline: BigInt(now - (now % 60) + DAY),
  };
  return { contract, references: [drawn(16), drawn(16)] };
}

/** A draft that begins as `template` does: its steps without data, what leaves of them, and what stays. Other terms are an empty draft's. */
export function begun(template: TaskContract, party: string, catalogue: Catalogue, now: number): Draft {
  const empty = emptyDraft(party, catalogue, now);
  const named = new Map(template.steps.map((step) => [step.program, newest(step.program, catalogue)]));
  const steps = template.steps.map((step) => {
    const program = named.get(step.program) ?? step.program;
    const ids = new Set(template.steps.map((each) => each.id));
    // a column of a stacked table is a column of the template's own data
    const kept = step.inputs.map(([port, sources]) => {
      const whole = sources.filter((source) => ids.has(stepOf(source)) && source.split(".").length === 2);
      return [port, whole] as const;
    });
    const inputs = kept.filter(([, sources]) => sources.length > 0);
    return filledIn({ ...step, program, inputs }, catalogue.programs.get(program));
  });
  const users = withRole(catalogue, "result-user").includes(party) ? [party] : [];
  const outputs = template.outputs.map(({ source }) => ({ source, users }));
  const keeps = template.keeps.map(({ source }) => ({ ...firstKeep(empty.contract, source), users: [party] }));
  return changed(empty, catalogue, { steps, outputs, keeps, minimumGroup: template.minimumGroup });
}

/** The programs of a template that the catalogue has in no version. */
export function lacking(template: TaskContract, catalogue: Catalogue): readonly string[] {
  return sortedSet(template.steps.map((step) => step.program).filter((name) => newest(name, catalogue) === undefined));
}

/** A draft of a contract that somebody handed over, to be signed exactly as it is unless it is changed here. */
export function imported(contract: TaskContract): Draft {
  return { contract, references: [drawn(16), drawn(16)] };
}

/** The contract that is signed: sorted as records are, without what is empty, with its references. */
export function finished({ contract, references }: Draft): TaskContract {
  const steps = contract.steps.map((step) => ({
    ...step,
    parameters: named(step.parameters),
    inputs: named(step.inputs.filter(([, sources]) => sources.length > 0)),
  }));
  return {
    ...contract,
    committee: sortedSet(contract.committee),
    auditors: sortedSet(contract.auditors),
    inputs: contract.inputs.map((item) => ({ ...item, columns: sortedSet(item.columns) })),
    steps,
    outputs: contract.outputs
      .filter(({ users }) => users.length > 0)
      .map((output) => ({ ...output, users: sortedSet(output.users) })),
    keeps: contract.keeps
      .filter(({ users }) => users.length > 0)
      .map((keep) => ({ ...keep, users: sortedSet(keep.users) })),
    purpose: referenced(contract.purpose, references[0]),
    legalBasis: referenced(contract.legalBasis, references[1]),
  };
}

/** The contract's file, as `tally task submit` takes it. */
export function fileOf(contract: TaskContract): string {
  return `${JSON.stringify(toPlain(TaskContract.write(contract) as JsonObject), null, 2)}\n`;
}

/** The draft with another contract, whose data sets are those that its steps read. */
export function changed(draft: Draft, catalogue: Catalogue, change: Partial<TaskContract>): Draft {
  const before = weakest(draft.contract.steps, catalogue);
  const contract = { ...draft.contract, ...change };
  // whoever chose another level keeps it
  const level =
    draft.contract.protectionLevel === before ? weakest(contract.steps, catalogue) : contract.protectionLevel;
  return settled({ ...draft, contract: { ...contract, protectionLevel: change.protectionLevel ?? level } }, catalogue);
}

/** The draft with one step replaced; what read it under its old name reads it under the new one. */
export function withStep(draft: Draft, catalogue: Catalogue, at: number, step: Step): Draft {
  const old = draft.contract.steps[at]?.id ?? step.id;
  const moved = (source: string): string =>
    stepOf(source) === old && source.includes(".") ? `${step.id}${source.slice(old.length)}` : source;
  const steps = draft.contract.steps.map((each, place) =>
    place === at ? step : { ...each, inputs: each.inputs.map(([port, from]) => [port, from.map(moved)] as const) },
  );
  const outputs = draft.contract.outputs.map((output) => ({ ...output, source: moved(output.source) }));
  const keeps = draft.contract.keeps.map((keep) => ({ ...keep, source: moved(keep.source) }));
  return changed(draft, catalogue, { steps, outputs, keeps });
}

/** The draft without a step, and without what read it. */
export function withoutStep(draft: Draft, catalogue: Catalogue, at: number): Draft {
  const gone = draft.contract.steps[at]?.id;
  const stays = (source: string): boolean => !source.includes(".") || stepOf(source) !== gone;
  const steps = draft.contract.steps
    .filter((_, place) => place !== at)
    .map((each) => ({ ...each, inputs: each.inputs.map(([port, from]) => [port, from.filter(stays)] as const) }));
  return changed(draft, catalogue, {
    steps,
    outputs: draft.contract.outputs.filter(({ source }) => stays(source)),
    keeps: draft.contract.keeps.filter(({ source }) => stays(source)),
  });
}

/** A new step with a program and its defaults, under a name that no other has. */
export function newStep(draft: Draft, program: Program): Step {
  const base = (program.program.split("@")[0] ?? "step").split(".").at(-1)?.slice(0, 28) ?? "step";
  const taken = new Set(
    [...draft.contract.steps, ...draft.contract.models].map((each) => ("id" in each ? each.id : each.name)),
  );
  let id = base;
  for (let count = 2; taken.has(id); count += 1) id = `${base}_${count}`;
  return filledIn({ id, program: program.program, parameters: [], inputs: [] }, program);
}

/** A step whose parameters are all written out: nobody agrees to a default by silence. */
export function filledIn(step: Step, program: Program | undefined): Step {
  const given = new Map<string, Parameter>(step.parameters);
  for (const spec of program?.parameters ?? []) if (!given.has(spec.name)) given.set(spec.name, spec.default);
  return { ...step, parameters: named([...given]) };
}

/** What a port of the step at a place can read: kinds decide, as they do at preflight. What it reads already is among it. */
export function sourcesFor(
  draft: Draft,
  catalogue: Catalogue,
  at: number,
  port: Program["inputs"][number],
): readonly string[] {
  const kinds = port.kind.split("|");
  const found = kinds.includes(TABLE) ? [...catalogue.dataSets.keys()] : [];
  found.push(...draft.contract.models.filter((model) => kinds.includes(model.kind)).map((model) => model.name));
  for (const step of draft.contract.steps.slice(0, at)) {
    for (const output of catalogue.programs.get(step.program)?.outputs ?? []) {
      const whole = `${step.id}.${output.name}`;
      if (kinds.includes(output.kind)) found.push(whole);
      if (kinds.includes(COLUMN_KINDS[output.kind] ?? "")) {
        found.push(...columnsOf(draft.contract, step.id, output.kind).map((column) => `${whole}.${column}`));
      }
    }
  }
  return sortedSet([...found, ...(draft.contract.steps[at]?.inputs.find(([name]) => name === port.name)?.[1] ?? [])]);
}

/** The outputs that can be given to result users. */
export function openable(draft: Draft, catalogue: Catalogue): readonly string[] {
  return outputsOf(draft, catalogue, OPENED);
}

/** The outputs that can stay at the nodes. */
export function keepable(draft: Draft, catalogue: Catalogue): readonly string[] {
  return outputsOf(draft, catalogue, KEPT);
}

/** An output as it is kept at first: for nobody yet, three months after the deadline. */
export function firstKeep(contract: TaskContract, source: string): Keep {
  return { source, users: [], until: contract.deadline + BigInt(RETENTION) };
}

function outputsOf(draft: Draft, catalogue: Catalogue, kinds: RegExp): readonly string[] {
  return draft.contract.steps.flatMap((step) =>
    (catalogue.programs.get(step.program)?.outputs ?? [])
      .filter((output) => kinds.test(output.kind))
      .map((output) => `${step.id}.${output.name}`),
  );
}

/** The step that a source names: `train.model` is `train`'s. */
export function stepOf(source: string): string {
  return source.split(".")[0] ?? source;
}

/** Columns that come to a step from the data sets before it: named alone below each other, with their owner where rows were matched. */
function columnsOf(contract: TaskContract, id: string, kind: string): readonly string[] {
  const reached = new Set<string>();
  const follow = (name: string): void => {
    const step = contract.steps.find((each) => each.id === name);
    for (const source of step?.inputs.flatMap(([, sources]) => sources) ?? []) {
      if (reached.has(source)) continue;
      reached.add(source);
      follow(stepOf(source));
    }
  };
  follow(id);
  const inputs = contract.inputs.filter((item) => reached.has(item.dataSet));
  return sortedSet(
    inputs.flatMap((item) => item.columns.map((column) => (kind === "aligned" ? `${item.owner}.${column}` : column))),
  );
}

/** A draft whose data sets are those that its steps read: new ones with all their data columns, in the order of records. */
function settled(draft: Draft, catalogue: Catalogue): Draft {
  const { contract } = draft;
  const read = new Set(contract.steps.flatMap((step) => step.inputs.flatMap(([, sources]) => sources)));
  const held = new Map(contract.inputs.map((item) => [item.dataSet, item]));
  const inputs = [...read].flatMap((name): readonly Input[] => {
    const kept = held.get(name);
    if (kept !== undefined) return [kept];
    const found = catalogue.dataSets.get(name);
    if (found === undefined) return [];
    const columns = sortedSet(dataColumns(found));
    return [{ dataSet: name, version: found.version, owner: found.owner, columns, filters: [] }];
  });
  inputs.sort((one, other) => compare(one.dataSet, other.dataSet));
  const steps = new Set(contract.steps.map((step) => step.id));
  const outputs: readonly Output[] = contract.outputs.filter(({ source }) => steps.has(stepOf(source)));
  return { ...draft, contract: { ...contract, inputs, outputs } };
}

/** The level of the weakest program, which is the highest that a contract can ask for. */
function weakest(steps: readonly Step[], catalogue: Catalogue): number {
  const levels = steps.flatMap((step) => catalogue.programs.get(step.program)?.protection_level ?? []);
  return levels.length === 0 ? 1 : Math.min(...levels);
}

/** The newest approved version of a program's name; undefined where the catalogue has none. */
function newest(program: string, catalogue: Catalogue): string | undefined {
  if (catalogue.programs.has(program)) return program;
  const name = program.split("@")[0];
  const number = (each: string): readonly number[] => (each.split("@")[1] ?? "").split(".").map(Number);
  return [...catalogue.programs.keys()]
    .filter((each) => each.split("@")[0] === name)
    .sort((one, other) => {
      const [mine, theirs] = [number(one), number(other)];
      const at = mine.findIndex((part, place) => part !== theirs[place]);
      return at < 0 ? 0 : (theirs[at] ?? 0) - (mine[at] ?? 0);
    })[0];
}

function referenced(text: string, reference: string): string {
  const said = text.trim();
  return said === "" || REFERENCE.test(said) ? said : `${said} [ref ${reference}]`;
}

function named<T>(entries: readonly (readonly [string, T])[]): readonly (readonly [string, T])[] {
  return [...entries].sort(([one], [other]) => compare(one, other));
}
