/** What programs say of themselves, as far as it applies to a contract: what outputs are about, what becomes known on the way
 * (`protocol/ask.py`, `protocol/disclosed.py`, `protocol/support.py`). The coordinator passes their publishers' word on. */

import type { Schemas, TaskApi } from "../api/client";
import { answerOf } from "../api/client";
import { TallyError } from "../base/errors";
import { sortedSet } from "../base/text";
import type { Step, TaskContract } from "../generated/records";
import type { SUPPORTS } from "../generated/words";
import { programs } from "../protocol/contract";

export type Support = keyof typeof SUPPORTS;
export type Programs = ReadonlyMap<string, Schemas["ProgramDescriptor"]>;

/** The descriptors of a contract's programs; one that nobody has described is left out. */
export async function described(api: TaskApi, contract: TaskContract): Promise<Programs> {
  const found = new Map<string, Schemas["ProgramDescriptor"]>();
  for (const name of programs(contract)) {
    try {
      const path = { program: `prog_${name}` };
      const view = await answerOf(api.GET("/v1/programs/{program}", { params: { path } }));
      if (view.descriptor.program === name) found.set(name, view.descriptor);
    } catch (error) {
      if (!(error instanceof TallyError) || error.code === "api.unreachable") throw error;
    }
  }
  return found;
}

/** What each output's numbers are about; what is not known counts as about single people. */
export function supportsOf(contract: TaskContract, known: Programs): ReadonlyMap<string, Support> {
  return new Map(contract.outputs.map(({ source }) => [source, supportOf(contract, known, source)]));
}

/** The outputs that open only if every owner lets them go by name. */
export function perPersonOf(contract: TaskContract, known: Programs): readonly string[] {
  const asked = contract.outputs.filter(({ source }) => {
    const about = supportOf(contract, known, source);
    return about === "per-person" || (about === "order-statistic" && contract.minimumGroup > 1);
  });
  return sortedSet(asked.map(({ source }) => source));
}

function supportOf(contract: TaskContract, known: Programs, source: string): Support {
  const [id, ...rest] = source.split(".");
  const step = contract.steps.find((each) => each.id === id);
  const port = known.get(step?.program ?? "")?.outputs.find((each) => each.name === rest.join("."));
  return port?.support ?? "per-person";
}

/** The disclosures of a contract's steps with their parameters, each once. */
export function becomingKnown(contract: TaskContract, known: Programs): readonly Schemas["Words"][] {
  const found = new Map<string, Schemas["Words"]>();
  for (const step of contract.steps) {
    const program = known.get(step.program);
    for (const item of program?.disclosures ?? []) {
      if (item.when.every((condition) => holds(condition, step, program))) found.set(item.about.en, item.about);
    }
  }
  return [...found.values()];
}

function holds(
  condition: Schemas["Condition"],
  step: Step,
  program: Schemas["ProgramDescriptor"] | undefined,
): boolean {
  if (condition.subject === "sources") {
    return (step.inputs.find(([port]) => port === condition.name)?.[1].length ?? 0) > condition.over;
  }
  const given = step.parameters.find(([name]) => name === condition.name)?.[1];
  const value = given ?? program?.parameters.find((each) => each.name === condition.name)?.default;
  if (value === undefined) return true;
  // what is no number may be so
  const number = typeof value === "string" && !/^[+-]?[0-9]+(\.[0-9]+)?$/.test(value) ? Number.NaN : Number(value);
  return Number.isNaN(number) || number > condition.over;
}
