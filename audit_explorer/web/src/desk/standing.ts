/**
 * A standing authorization as its owner words it: for every task that asks the same as this one, but for what may vary
 * (`tally authorization standing`). Derived from what the one task asks; what it allows is shown before anything is signed.
 */

import { type Deployment, type Review, reviewOf } from "../api/review";
import { drawn } from "../base/bytes";
import { told } from "../base/problems";
import { compare, sortedSet } from "../base/text";
import type { Input, Ranges, RowFilter, Span, Step, TaskContract } from "../generated/records";
import { NOTHING_VARIES } from "../protocol/ask";
import { standing } from "../protocol/offers";
import { isSpan } from "../protocol/sentences";
import { type Programs, supportsOf } from "./disclosed";
import type { TaskView } from "./task";

/** What is wished for, as it is written so far; `nonce` and the moment `since` from which days count are drawn once. */
export interface Wish {
  readonly uses: string;
  readonly days: string;
  readonly perDay: string;
  readonly successors: boolean;
  readonly ranges: Ranges;
  readonly since: number;
  readonly nonce: bigint;
}

/** A parameter that may vary: over a range, or among `words`. */
export interface Variable {
  readonly key: string;
  readonly value: Step["parameters"][number][1];
  readonly words: readonly string[] | undefined;
}

/** A row filter whose value may vary, at its place among those of its data set. */
export interface VariableFilter {
  readonly item: Input;
  readonly place: number;
  readonly filter: RowFilter;
}

const DAY = 86_400;
/** The most that may be wished for, as the command line has it. */
const MOST = { uses: 2 ** 32 - 1, days: 3_650, perDay: 10_000 } as const;
const NUMBER_OR_DATE = /^(-?[0-9]{1,15}(\.[0-9]{1,15})?|[0-9]{4}-[0-9]{2}-[0-9]{2})$/;
/** A word that cannot be read as more than one, or as a part of the sentence around it. */
const WORD = /^[A-Za-z0-9_.+-]{1,63}$/;

/** A wish of whoever has said nothing yet; `now` is unix time. */
export function newWish(now: number): Wish {
  return {
    uses: "",
    days: "",
    perDay: "1",
    successors: false,
    ranges: NOTHING_VARIES,
    since: now,
    nonce: BigInt(`0x${drawn(32)}`),
  };
}

/** Whether its owner has not yet said how often and for how long. */
export function unsaid(wish: Wish): boolean {
  return wish.uses === "" || wish.days === "";
}

/** What one task asks, as the standing authorization that is wished for; `standing.bounds`, `ask.*` for what nobody could sign. */
export function widened(narrow: Review, wish: Wish, party: string, view: TaskView, deployment: Deployment): Review {
  const { filters, parameters } = wish.ranges;
  const spans = [...filters.map(({ span }) => span), ...parameters.map(([, allowed]) => allowed).filter(isSpan)];
  if (spans.some(({ low, high }) => low === "" || high === "")) throw told("ask.span");
  const asked = standing(narrow.asked, {
    uses: counted(wish.uses, MOST.uses),
    notAfter: BigInt(wish.since + counted(wish.days, MOST.days) * DAY),
    tasksPerDay: counted(wish.perDay, MOST.perDay),
    nonce: wish.nonce,
    ranges: wish.ranges,
    approvedSuccessors: wish.successors,
  });
  return reviewOf(view.contract, view.task, asked, party, deployment, supportsOf(view.contract, view.programs));
}

function counted(text: string, most: number): number {
  const found = /^[1-9][0-9]{0,9}$/.test(text) ? Number(text) : 0;
  if (found < 1 || found > most) throw told("standing.bounds");
  return found;
}

/** The parameters that may vary, by their programs' own descriptors; one that nobody described stays as it is. */
export function variables(contract: TaskContract, known: Programs): readonly Variable[] {
  return contract.steps.flatMap((step) =>
    step.parameters.flatMap(([name, value]): readonly Variable[] => {
      const spec = known.get(step.program)?.parameters.find((each) => each.name === name);
      const key = `${step.id}.${name}`;
      if (spec?.kind === "integer" || spec?.kind === "decimal") return [{ key, value, words: undefined }];
      if (spec?.kind === "boolean") return [{ key, value, words: ["false", "true"] }];
      return spec?.kind === "choice" ? [{ key, value, words: spec.choices.filter((each) => WORD.test(each)) }] : [];
    }),
  );
}

/** The row filters whose values may vary: those of a number or a date. */
export function variableFilters(contract: TaskContract): readonly VariableFilter[] {
  return contract.inputs.flatMap((item) =>
    item.filters.flatMap((filter, place) => (NUMBER_OR_DATE.test(filter.value) ? [{ item, place, filter }] : [])),
  );
}

/** The ranges with one of a parameter, or without it (undefined). */
export function withParameter(ranges: Ranges, key: string, allowed: Span | readonly string[] | undefined): Ranges {
  return { ...ranges, parameters: put(ranges.parameters, key, allowed) };
}

/** The ranges with one of a row filter, or without it. */
export function withFilter(ranges: Ranges, dataSet: string, place: number, span: Span | undefined): Ranges {
  const others = ranges.filters.filter((each) => each.dataSet !== dataSet || each.place !== place);
  const filters = span === undefined ? others : [...others, { dataSet, place, span }];
  filters.sort((one, other) => compare(one.dataSet, other.dataSet) || one.place - other.place);
  return { ...ranges, filters };
}

/** The ranges with the last second until which an output may be kept, or without it. */
export function withUntil(ranges: Ranges, source: string, until: bigint | undefined): Ranges {
  return { ...ranges, until: put(ranges.until, source, until) };
}

/** The ranges with data sets of others that may be left out; as many of all others' as before must take part, at least one. */
export function withAbsent(ranges: Ranges, absent: readonly string[]): Ranges {
  return { ...ranges, absent: sortedSet(absent), counterparts: absent.length === 0 ? 0 : ranges.counterparts || 1 };
}

function put<T>(
  entries: readonly (readonly [string, T])[],
  key: string,
  value: T | undefined,
): readonly (readonly [string, T])[] {
  const others = entries.filter(([name]) => name !== key);
  if (value === undefined) return others;
  return [...others, [key, value] as const];
}
