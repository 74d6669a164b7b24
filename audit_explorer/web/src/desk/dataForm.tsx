/** What a draft reads of each data set, and what leaves to whom. */

import { useState } from "preact/hooks";

import type { Input, RowFilter } from "../generated/records";
import { SUPPORTS, say } from "../generated/words";
import { SIGNS } from "../protocol/sentences";
import { type Catalogue, dataColumns, withRole } from "./catalogue";
import { supportsOf } from "./disclosed";
import { changed, type Draft, openable, stepOf } from "./draft";
import { Choice, Field, Labelled, Several, Wrong } from "./fields";
import { Act } from "./parts";
import { language, said, shortened, t } from "./said";
import { sourceSaid } from "./stepsForm";

interface Props {
  readonly draft: Draft;
  readonly catalogue: Catalogue;
  readonly change: (draft: Draft) => void;
}

export function DataForm({ draft, catalogue, change, find }: Props & { find: (name: string) => Promise<void> }) {
  const [name, setName] = useState("");
  const put = (at: number, item: Input): void =>
    change(
      changed(draft, catalogue, { inputs: draft.contract.inputs.map((each, place) => (place === at ? item : each)) }),
    );
  return (
    <section>
      <h2>{t("propose_data")}</h2>
      <p class="lead">{t("propose_data_about")}</p>
      {draft.contract.inputs.length === 0 ? <p class="empty">{t("propose_data_none")}</p> : null}
      {draft.contract.inputs.map((item, at) => (
        <fieldset class="group" key={item.dataSet} id={`at-inputs[${at}]`}>
          <legend>{sourceSaid(catalogue, item.dataSet)}</legend>
          <Wrong at={`inputs[${at}]`} />
          <Several
            label={t("propose_columns")}
            at={`inputs[${at}].columns`}
            all={dataColumns(catalogue.dataSets.get(item.dataSet))}
            chosen={item.columns}
            shown={(name) => columnSaid(catalogue, item.dataSet, name)}
            change={(columns) => put(at, { ...item, columns })}
          />
          <Filters
            at={at}
            item={item}
            columns={(catalogue.dataSets.get(item.dataSet)?.columns ?? []).map((each) => each.name)}
            change={(filters) => put(at, { ...item, filters })}
          />
        </fieldset>
      ))}
      <Field label={t("propose_data_named")} about={t("propose_data_named_about")} at="inputs.new">
        <input
          type="text"
          value={name}
          maxLength={63}
          spellcheck={false}
          onInput={(event) => setName(event.currentTarget.value.trim())}
        />
      </Field>
      <div class="acts">
        <Act label={t("propose_data_find")} act={() => find(name).then(() => setName(""))} kind="plain" />
      </div>
    </section>
  );
}

function Filters(props: {
  at: number;
  item: Input;
  columns: readonly string[];
  change: (filters: readonly RowFilter[]) => void;
}) {
  const { at, item, columns, change } = props;
  const put = (place: number, next: RowFilter): void =>
    change(item.filters.map((each, here) => (here === place ? next : each)));
  const first = columns[0];
  return (
    <fieldset class="field" id={`at-inputs[${at}].filters`}>
      <legend>{t("propose_filters")}</legend>
      {item.filters.length === 0 ? <p class="quiet-line">{t("data_all_rows")}</p> : null}
      {item.filters.map((filter, place) => (
        // a filter has no name, and its place is what owners sign
        <div class="filter" key={place}>
          <Labelled text={t("propose_filter_column")}>
            <Choice value={filter.column} all={columns} change={(column) => put(place, { ...filter, column })} />
          </Labelled>
          <Labelled text={t("propose_filter_sign")}>
            <Choice
              value={filter.operator}
              all={Object.keys(SIGNS)}
              shown={(name) => SIGNS[name as RowFilter["operator"]]}
              change={(operator) => put(place, { ...filter, operator: operator as RowFilter["operator"] })}
            />
          </Labelled>
          <Labelled text={t("propose_filter_value")}>
            <input
              type="text"
              value={filter.value}
              maxLength={200}
              onInput={(event) => put(place, { ...filter, value: event.currentTarget.value })}
            />
          </Labelled>
          <button
            type="button"
            class="plain small"
            onClick={() => change(item.filters.filter((_, here) => here !== place))}
          >
            {t("propose_take_out")}
          </button>
        </div>
      ))}
      <Wrong at={`inputs[${at}].filters`} />
      {first === undefined ? null : (
        <button
          type="button"
          class="plain small"
          onClick={() => change([...item.filters, { column: first, operator: "eq", value: "" }])}
        >
          {t("propose_filter_add")}
        </button>
      )}
    </fieldset>
  );
}

/** Every output that can leave, with what its numbers are about and who is to read it. */
export function OutputsForm({ draft, catalogue, change }: Props) {
  const users = withRole(catalogue, "result-user");
  const about = new Map(
    supportsOf(
      { ...draft.contract, outputs: openable(draft, catalogue).map((source) => ({ source, users: [] })) },
      catalogue.programs,
    ),
  );
  const set = (source: string, chosen: readonly string[]): void => {
    const { outputs } = draft.contract;
    const there = outputs.some((each) => each.source === source);
    const next = there
      ? outputs.map((each) => (each.source === source ? { source, users: chosen } : each))
      : [...outputs, { source, users: chosen }];
    change(changed(draft, catalogue, { outputs: next }));
  };
  return (
    <section id="at-outputs">
      <h2>{t("propose_outputs")}</h2>
      <p class="lead">{t("propose_outputs_about")}</p>
      <Wrong at="outputs" />
      {draft.contract.steps.length === 0 ? <p class="empty">{t("propose_outputs_none")}</p> : null}
      {openable(draft, catalogue).map((source) => {
        const chosen = draft.contract.outputs.find((each) => each.source === source)?.users ?? [];
        return (
          <details key={source} class="output">
            <summary>
              <strong>{source}</strong>{" "}
              <span class={chosen.length > 0 ? "badge good" : "quiet-line"}>
                {chosen.length > 0 ? t("leaving_to", { users: chosen.join(", ") }) : t("propose_output_stays")}
              </span>
            </summary>
            <p>{portSaid(draft, catalogue, source)}</p>
            <p class="quiet-line">{say(SUPPORTS[about.get(source) ?? "per-person"], language)}</p>
            <Several
              label={t("propose_output_users", { output: source })}
              at={`output ${source}`}
              all={users}
              chosen={chosen}
              change={(names) => set(source, names)}
            />
          </details>
        );
      })}
    </section>
  );
}

/** What an output is, in its program's words. */
export function portSaid(draft: Draft, catalogue: Catalogue, source: string): string {
  const step = draft.contract.steps.find((each) => each.id === stepOf(source));
  const port = catalogue.programs
    .get(step?.program ?? "")
    ?.outputs.find((each) => source === `${step?.id}.${each.name}`);
  return port === undefined ? "" : said(port.about);
}

function columnSaid(catalogue: Catalogue, dataSet: string, name: string): string {
  const column = catalogue.dataSets.get(dataSet)?.columns.find((each) => each.name === name);
  return column === undefined ? shortened(name) : `${name} · ${said(column.about)}`;
}
