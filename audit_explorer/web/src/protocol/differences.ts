/** Where a task's contract asks anything else than an ask agrees to, its ranges counted in (`protocol/ask.py`). */

import type { Scalar } from "../base/codec";
import { dumps, isList, isObject, type Json, type JsonObject } from "../base/json";
import { compare } from "../base/text";
import { type Ask, type Input, type Ranges, TaskContract } from "../generated/records";
import { holds } from "./rules";
import { PER_TASK } from "./special";

/** Whether one release (program or engine) may run where another was agreed to. */
export type StandsIn = (agreed: string, asked: string) => boolean;

/** Empty when the contract is covered. */
export function differences(ask: Ask, contract: TaskContract, standsIn: StandsIn): readonly string[] {
  const agreed = within(ask, contract);
  return typeof agreed === "string"
    ? [agreed]
    : [...walk("", terms(withReleases(agreed, contract, standsIn)), terms(contract))];
}

/** The ask's contract with every value that may vary set to the task's, as far as the range lets it be. */
function within(ask: Ask, contract: TaskContract): TaskContract | string {
  const { ranges, contract: agreed } = ask;
  const asked = new Map(contract.inputs.map((item) => [item.dataSet, item]));
  const missing = new Set(ranges.absent.filter((name) => !asked.has(name)));
  const others = [...asked.keys()].filter((name) => name !== ask.dataSet).length;
  if (others < ranges.counterparts) {
    return `counterparts: ${asked.size - 1} instead of at least ${ranges.counterparts}`;
  }
  return {
    ...agreed,
    inputs: agreed.inputs
      .filter((item) => !missing.has(item.dataSet))
      .map((item) => inputWithin(item, asked.get(item.dataSet), ranges)),
    steps: agreed.steps.map((step) => ({
      ...step,
      parameters: step.parameters.map(
        ([name, value]) => [name, parameterWithin(step.id, name, value, contract, ranges)] as const,
      ),
      inputs: step.inputs.map(([port, sources]) => [port, sources.filter((source) => !missing.has(source))] as const),
    })),
    keeps: agreed.keeps.map((keep) => ({ ...keep, until: untilWithin(keep.source, keep.until, contract, ranges) })),
  };
}

/** What was agreed with the task's releases in the place of those that they may stand in for. */
function withReleases(agreed: TaskContract, contract: TaskContract, standsIn: StandsIn): TaskContract {
  const asked = new Map(contract.steps.map((step) => [step.id, step.program]));
  const release = (named: string, wanted: string): string => (standsIn(named, wanted) ? wanted : named);
  return {
    ...agreed,
    engine: release(agreed.engine, contract.engine),
    steps: agreed.steps.map((step) => ({
      ...step,
      program: release(step.program, asked.get(step.id) ?? step.program),
    })),
  };
}

function inputWithin(item: Input, asked: Input | undefined, ranges: Ranges): Input {
  if (asked === undefined) return item;
  const filters = [...item.filters];
  for (const each of ranges.filters) {
    const given = asked.filters[each.place];
    const own = filters[each.place];
    if (each.dataSet !== item.dataSet || given === undefined || own === undefined) continue;
    if (holds(each.span, given.value)) filters[each.place] = { ...own, value: given.value };
  }
  const version = ranges.versions.includes(item.dataSet) ? asked.version : item.version;
  return { ...item, version, filters };
}

function parameterWithin(step: string, name: string, value: Scalar, contract: TaskContract, ranges: Ranges): Scalar {
  const allowed = ranges.parameters.find(([key]) => key === `${step}.${name}`)?.[1];
  const given = contract.steps.find((each) => each.id === step)?.parameters.find(([key]) => key === name)?.[1];
  if (allowed === undefined || given === undefined || kindOf(given) !== kindOf(value)) return value;
  const said = String(given);
  const inside = "low" in allowed ? holds(allowed, said) : allowed.includes(said);
  return inside ? given : value;
}

function kindOf(value: Scalar): string {
  return typeof value === "bigint" ? "number" : typeof value;
}

function untilWithin(source: string, until: bigint, contract: TaskContract, ranges: Ranges): bigint {
  const latest = ranges.until.find(([key]) => key === source)?.[1];
  const given = contract.keeps.find((keep) => keep.source === source)?.until;
  return latest !== undefined && given !== undefined && given <= latest ? given : until;
}

/** The contract but for what each task has of its own. */
function terms(contract: TaskContract): JsonObject {
  const written = TaskContract.write(contract) as JsonObject;
  return new Map([...written].filter(([name]) => !PER_TASK.includes(name)));
}

function* walk(where: string, agreed: Json, asked: Json): Generator<string> {
  if (isObject(agreed) && isObject(asked)) {
    for (const key of [...new Set([...agreed.keys(), ...asked.keys()])].sort(compare)) {
      const [mine, theirs] = [agreed.get(key), asked.get(key)];
      const place = where ? `${where}.${key}` : key;
      if (mine === undefined || theirs === undefined) yield differs(place, mine ?? null, theirs ?? null);
      else yield* walk(place, mine, theirs);
    }
  } else if (isList(agreed) && isList(asked) && agreed.length === asked.length) {
    for (const [place, one] of agreed.entries()) yield* walk(`${where}[${place}]`, one, asked[place] ?? null);
  } else if (agreed !== asked) {
    yield differs(where, agreed, asked);
  }
}

function differs(where: string, agreed: Json, asked: Json): string {
  return `${where}: ${shown(agreed)} agreed, ${shown(asked)} asked`;
}

function shown(value: Json): string {
  if (value === null) return "nothing";
  const said = isObject(value) || isList(value) ? new TextDecoder().decode(dumps(value)) : String(value);
  const signs = [...said];
  return signs.length <= 80 ? said : `${signs.slice(0, 77).join("")}…`;
}
