/**
 * What is wrong with a draft and where: found here while it is written, or by the coordinator's preflight.
 *
 * A place is written as preflight writes it: `steps[1].parameters`, `inputs[0].columns[2]`, `committee`.
 */

import type { Schemas } from "../api/client";
import type { TallyError } from "../base/errors";
import { asProblem, isKnown, type ProblemCode } from "../base/problems";
import { length, unprintable } from "../base/text";
import { TaskContract } from "../generated/records";
import { type Language, PROBLEMS, say } from "../generated/words";
import type { Catalogue, Program } from "./catalogue";
import { type Draft, finished, type Parameter } from "./draft";

export interface Fault {
  readonly where: string;
  readonly code: string;
  readonly said: string;
  /** Whether it is said in English on a page of another language: the coordinator has no other words for it. */
  readonly english: boolean;
}

const LONGEST = 1000;
const LONGEST_REFERENCE = 39;
const LEAST_COMMITTEE = 3;

/** What can be seen without asking anybody; where nothing is found, the contract is one by all rules of its record. */
export function faultsOf(draft: Draft, catalogue: Catalogue, now: number, language: Language): readonly Fault[] {
  const { contract } = draft;
  const found: Fault[] = [];
  const add = (where: string, code: ProblemCode | undefined): void => {
    if (code !== undefined) found.push(fault(where, code, language));
  };
  add("purpose", textFault(contract.purpose));
  add("legal_basis", textFault(contract.legalBasis));
  if (contract.steps.length === 0) add("steps", "draft.no_steps");
  for (const [at, step] of contract.steps.entries()) {
    const program = catalogue.programs.get(step.program);
    if (!/^[a-z0-9_]{1,31}$/.test(step.id)) add(`steps[${at}].id`, "draft.step_name");
    if (program === undefined) add(`steps[${at}].program`, "draft.no_program");
    for (const port of program?.inputs ?? []) {
      const count = step.inputs.find(([name]) => name === port.name)?.[1].length ?? 0;
      if (count < port.least || count > port.most) add(`steps[${at}].inputs.${port.name}`, "draft.sources");
    }
    for (const [name, value] of step.parameters) {
      const spec = program?.parameters.find((each) => each.name === name);
      if (spec !== undefined && !allows(spec, value)) add(`steps[${at}].parameters.${name}`, "draft.parameter");
    }
  }
  for (const [at, item] of contract.inputs.entries()) {
    if (item.columns.length === 0) add(`inputs[${at}].columns`, "draft.no_columns");
    for (const [place, filter] of item.filters.entries()) {
      if (filter.value === "" || unprintable(filter.value) !== "")
        add(`inputs[${at}].filters[${place}]`, "draft.filter");
    }
  }
  if (!contract.outputs.some(({ users }) => users.length > 0)) add("outputs", "draft.no_outputs");
  if (contract.committee.length < LEAST_COMMITTEE) add("committee", "draft.committee");
  if (contract.scheduler === "") add("scheduler", "draft.scheduler");
  if (contract.reviewer !== "" && contract.reviewWithin === 0) add("reviewer", "draft.review_within");
  if (contract.engine === "") add("engine", "draft.no_engine");
  if (contract.deadline <= BigInt(now)) add("deadline", "draft.deadline");
  if (contract.keeps.some(({ until }) => until <= contract.deadline)) add("keeps", "draft.keep_until");
  if (found.length > 0) return found;
  try {
    checked(finished(draft));
  } catch (error) {
    found.push(ofError(asProblem(error), language));
  }
  return found;
}

/** A contract by its record's own rules, which is what a wallet may sign. */
export function checked(contract: TaskContract): TaskContract {
  return TaskContract.read(TaskContract.write(contract), "");
}

/** What preflight found, in the page's language where the coordinator has its words. */
export function ofPreflight(findings: readonly Schemas["Finding"][], language: Language): readonly Fault[] {
  return findings.map(({ where, code, what, fix, chinese }) => {
    const translated = language === "zh" && chinese !== "";
    return { where, code, said: translated ? chinese : `${what} ${fix}`, english: !translated };
  });
}

/** An error about a contract as a fault of its place. */
export function ofError(error: TallyError, language: Language): Fault {
  const where = error.field.replace(/^contract\./, "");
  return isKnown(error.code)
    ? fault(where, error.code, language)
    : { where, code: error.code, said: `${error.what} ${error.fix}`, english: true };
}

/** Faults by the narrowest of the places that they are in; those of no place are under "". */
export function placed(faults: readonly Fault[], places: readonly string[]): ReadonlyMap<string, readonly Fault[]> {
  const found = new Map<string, Fault[]>();
  for (const each of faults) {
    const within = places.filter(
      (place) => each.where === place || each.where.startsWith(`${place}.`) || each.where.startsWith(`${place}[`),
    );
    const place = within.reduce((longest, next) => (next.length > longest.length ? next : longest), "");
    found.set(place, [...(found.get(place) ?? []), each]);
  }
  return found;
}

/** The places of a draft's form. */
export function placesOf(draft: Draft, catalogue: Catalogue): readonly string[] {
  const { contract } = draft;
  const steps = contract.steps.flatMap((step, at) => [
    ...["", ".id", ".program", ".parameters"].map((rest) => `steps[${at}]${rest}`),
    ...step.parameters.map(([name]) => `steps[${at}].parameters.${name}`),
    ...(catalogue.programs.get(step.program)?.inputs ?? []).map((port) => `steps[${at}].inputs.${port.name}`),
  ]);
  return [
    ...["steps", "outputs", "committee", "scheduler", "auditors", "reviewer", "engine", "purpose", "legal_basis"],
    ...["impact_assessment", "protection_level", "minimum_group", "deadline", "automated_decision", "keeps", "models"],
    ...contract.inputs.flatMap((_, at) => [`inputs[${at}]`, `inputs[${at}].columns`, `inputs[${at}].filters`]),
    ...steps,
  ];
}

/** Whether a parameter may have a value, by its program's own words (`protocol/programs.py`). */
export function allows(spec: Program["parameters"][number], value: Parameter): boolean {
  if (spec.kind === "boolean") return typeof value === "boolean";
  // what a recipe, a query or a list of columns means its program says at preflight
  if (spec.kind === "columns" && spec.default === "") return typeof value === "string";
  if (spec.kind === "recipe" || spec.kind === "sql" || spec.kind === "columns")
    return typeof value === "string" && value !== "";
  if (spec.kind === "choice") return typeof value === "string" && spec.choices.includes(value);
  if (spec.kind === "integer") {
    const whole = typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value));
    return whole && between(String(value), spec);
  }
  return typeof value === "string" && between(value, spec);
}

function between(value: string, { low, high }: Program["parameters"][number]): boolean {
  const all = [low, value, high].map(scaled);
  const [least, mine, most] = all;
  return least !== undefined && mine !== undefined && most !== undefined && least <= mine && mine <= most;
}

/** A decimal of at most 40 places, times 10^40: exact. */
function scaled(text: string): bigint | undefined {
  const parts = /^([+-]?)([0-9]{1,40})(?:\.([0-9]{1,40}))?$/.exec(text);
  if (parts === null) return undefined;
  const size = BigInt((parts[2] ?? "") + (parts[3] ?? "").padEnd(40, "0"));
  return parts[1] === "-" ? -size : size;
}

function textFault(text: string): ProblemCode | undefined {
  if (text.trim() === "") return "draft.no_text";
  if (unprintable(text.trim()) !== "") return "draft.unprintable";
  return length(text.trim()) > LONGEST - LONGEST_REFERENCE && !/ \[ref [0-9a-f]{32}\]$/.test(text.trim())
    ? "draft.too_long"
    : undefined;
}

function fault(where: string, code: ProblemCode, language: Language): Fault {
  return { where, code, said: say(PROBLEMS[code], language), english: false };
}
