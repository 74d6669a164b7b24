/** Signing for this task and those to come: what the owner lets vary, what that allows in words, and the signature over it. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import type { Deployment, Review } from "../api/review";
import { TallyError } from "../base/errors";
import { asProblem } from "../base/problems";
import type { Ranges, Span } from "../generated/records";
import { isSpan, SIGNS } from "../protocol/sentences";
import { Field, Labelled, Moment, Several } from "./fields";
import { Act, Problem } from "./parts";
import { Asked, WalletFields } from "./records";
import { momentSaid, now, shortened, spoken, t } from "./said";
import {
  newWish,
  unsaid,
  type Variable,
  variableFilters,
  variables,
  type Wish,
  widened,
  withAbsent,
  withFilter,
  withParameter,
  withUntil,
} from "./standing";
import type { TaskView } from "./task";

export function Standing(props: {
  view: TaskView;
  /** What the one task asks; undefined where it cannot be signed as it is. */
  narrow: Review;
  party: string;
  deployment: Deployment;
  disabled: boolean;
  /** Signs what `of` makes of the one task's review, which is read again before. */
  sign: (shown: Review, of: (narrow: Review) => Review) => Promise<void>;
}) {
  const { view, narrow, party, deployment } = props;
  const [wish, setWish] = useState<Wish>(() => newWish(now()));
  const of = (again: Review): Review => widened(again, wish, party, view, deployment);
  const found = unsaid(wish) ? undefined : attempted(() => of(narrow));
  return (
    <details class="standing">
      <summary>{t("standing_open")}</summary>
      <p>{t("standing_about")}</p>
      <Bounds wish={wish} change={setWish} />
      <h4>{t("standing_vary")}</h4>
      <p class="quiet-line">{t("standing_vary_about")}</p>
      <Varying view={view} own={narrow.asked.message.dataSet} wish={wish} change={setWish} />
      <h4>{t("standing_said")}</h4>
      {found === undefined ? <p class="told open">{t("standing_unsaid")}</p> : null}
      {found instanceof TallyError ? <Problem error={found} /> : null}
      {found === undefined || found instanceof TallyError ? null : (
        <>
          <blockquote class="sentence">{spoken(found.sentence)}</blockquote>
          <Asked review={found} />
          <WalletFields document={found.document} digest={found.digest} />
          <div class="acts">
            <Act label={t("standing_sign")} act={() => props.sign(found, of)} disabled={props.disabled} />
          </div>
        </>
      )}
    </details>
  );
}

function attempted(derive: () => Review): Review | TallyError {
  try {
    return derive();
  } catch (error) {
    return asProblem(error);
  }
}

/** How often, for how long, and whether newer releases may run. */
function Bounds({ wish, change }: { wish: Wish; change: (wish: Wish) => void }) {
  const numbers = [
    ["uses", t("standing_uses")],
    ["days", t("standing_days")],
    ["perDay", t("standing_per_day")],
  ] as const;
  return (
    <div class="fields">
      {numbers.map(([name, label]) => (
        <Field key={name} label={label} at={`standing.${name}`}>
          <input
            type="text"
            inputMode="numeric"
            maxLength={10}
            value={wish[name]}
            onInput={(event) => change({ ...wish, [name]: event.currentTarget.value.trim() })}
          />
        </Field>
      ))}
      <div class="field wide">
        <Tick
          label={t("standing_successors")}
          on={wish.successors}
          change={(successors) => change({ ...wish, successors })}
        />
        <p class="quiet-line">{t("standing_successors_about")}</p>
      </div>
    </div>
  );
}

/** Everything that a later task may have otherwise, each by itself; what is not ticked stays. */
function Varying(props: { view: TaskView; own: string; wish: Wish; change: (wish: Wish) => void }) {
  const { view, own, wish } = props;
  const { contract } = view;
  const { ranges } = wish;
  const put = (next: Ranges): void => props.change({ ...wish, ranges: next });
  const others = contract.inputs.filter((item) => item.dataSet !== own);
  const turned = (list: readonly string[], name: string): readonly string[] =>
    list.includes(name) ? list.filter((each) => each !== name) : [...list, name].sort();
  return (
    <div class="varying">
      {variables(contract, view.programs).map((each) => (
        <Parameter key={each.key} variable={each} ranges={ranges} change={put} />
      ))}
      {variableFilters(contract).map(({ item, place, filter }) => (
        <Ranged
          key={`${item.dataSet} ${place}`}
          label={t("standing_filter", {
            filter: `${filter.column} ${SIGNS[filter.operator]} ${filter.value}`,
            data_set: shortened(item.dataSet),
          })}
          value={filter.value}
          span={ranges.filters.find((each) => each.dataSet === item.dataSet && each.place === place)?.span}
          change={(span) => put(withFilter(ranges, item.dataSet, place, span))}
        />
      ))}
      {others.map(({ dataSet, owner }) => (
        <div key={dataSet}>
          <Tick
            label={t("standing_version", { data_set: shortened(dataSet), owner })}
            on={ranges.versions.includes(dataSet)}
            change={() => put({ ...ranges, versions: turned(ranges.versions, dataSet) })}
          />
          <Tick
            label={t("standing_absent", { data_set: shortened(dataSet), owner })}
            on={ranges.absent.includes(dataSet)}
            change={() => put(withAbsent(ranges, turned(ranges.absent, dataSet)))}
          />
        </div>
      ))}
      {ranges.absent.length === 0 ? null : (
        <Labelled text={t("standing_counterparts")}>
          <input
            type="number"
            min={1}
            max={others.length}
            value={ranges.counterparts}
            onInput={(event) => put({ ...ranges, counterparts: Math.trunc(Number(event.currentTarget.value)) })}
          />
        </Labelled>
      )}
      {contract.keeps.map(({ source, until }) => {
        const latest = ranges.until.find(([name]) => name === source)?.[1];
        return (
          <Varies
            key={source}
            label={t("standing_until", { source, moment: momentSaid(until, now()) })}
            on={latest !== undefined}
            change={(on) => put(withUntil(ranges, source, on ? until : undefined))}
          >
            <Labelled text={t("standing_to")}>
              <Moment value={latest ?? until} change={(moment) => put(withUntil(ranges, source, moment))} />
            </Labelled>
          </Varies>
        );
      })}
    </div>
  );
}

function Parameter(props: { variable: Variable; ranges: Ranges; change: (ranges: Ranges) => void }) {
  const { variable, ranges, change } = props;
  const { key, words } = variable;
  const value = String(variable.value);
  const allowed = ranges.parameters.find(([name]) => name === key)?.[1];
  const label = t("standing_parameter", { name: key, value });
  if (words === undefined) {
    return (
      <Ranged
        label={label}
        value={value}
        span={isSpan(allowed ?? []) ? (allowed as Span) : undefined}
        change={(span) => change(withParameter(ranges, key, span))}
      />
    );
  }
  const chosen = allowed === undefined ? [] : (allowed as readonly string[]);
  return (
    <Varies
      label={label}
      on={allowed !== undefined}
      change={(on) => change(withParameter(ranges, key, on ? [value] : undefined))}
    >
      <Several
        label={t("standing_among", { name: key })}
        at={`standing.${key}`}
        all={words}
        chosen={chosen}
        change={(next) => change(withParameter(ranges, key, next))}
      />
    </Varies>
  );
}

/** Something that stays at `value`, or may lie in a range. */
function Ranged(props: {
  label: string;
  value: string;
  span: Span | undefined;
  change: (span: Span | undefined) => void;
}) {
  const { value, span, change } = props;
  const end = (text: string, name: "low" | "high"): void => change({ low: value, high: value, ...span, [name]: text });
  return (
    <Varies
      label={props.label}
      on={span !== undefined}
      change={(on) => change(on ? { low: value, high: value } : undefined)}
    >
      {(["low", "high"] as const).map((name) => (
        <Labelled key={name} text={name === "low" ? t("standing_from") : t("standing_to")}>
          <input
            type="text"
            maxLength={40}
            value={span?.[name] ?? value}
            onInput={(event) => end(event.currentTarget.value.trim(), name)}
          />
        </Labelled>
      ))}
    </Varies>
  );
}

function Varies(props: { label: string; on: boolean; change: (on: boolean) => void; children: ComponentChildren }) {
  return (
    <div>
      <Tick label={props.label} on={props.on} change={props.change} />
      {props.on ? <div class="filter">{props.children}</div> : null}
    </div>
  );
}

function Tick({ label, on, change }: { label: string; on: boolean; change: (on: boolean) => void }) {
  return (
    <label class="tick">
      <input type="checkbox" checked={on} onChange={() => change(!on)} />
      <span>{label}</span>
    </label>
  );
}
