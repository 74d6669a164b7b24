/** The steps of a draft: each a program with what it reads and its parameters, all in the catalogue's own words. */

import type { Step } from "../generated/records";
import type { Catalogue, Program } from "./catalogue";
import { changed, type Draft, filledIn, newStep, type Parameter, sourcesFor, withoutStep, withStep } from "./draft";
import { Choice, Field, Labelled, Wrong } from "./fields";
import { said, shortened, t } from "./said";

/** Characters of a recipe (`protocol/recipes.py`). */
const LONGEST_RECIPE = 65_536;

interface Props {
  readonly draft: Draft;
  readonly catalogue: Catalogue;
  readonly change: (draft: Draft) => void;
}

export function StepsForm(props: Props) {
  const { draft, catalogue, change } = props;
  const names = [...catalogue.programs.keys()].sort();
  const add = (name: string): void => {
    const program = catalogue.programs.get(name);
    if (program === undefined) return;
    change(changed(draft, catalogue, { steps: [...draft.contract.steps, newStep(draft, program)] }));
  };
  return (
    <section id="at-steps">
      <h2>{t("propose_steps")}</h2>
      <p class="lead">{t("propose_steps_about")}</p>
      <Wrong at="steps" />
      {draft.contract.steps.map((step, at) => (
        // a step's name is what its writer changes
        <StepForm {...props} key={at} step={step} at={at} />
      ))}
      <Field label={t("propose_step_add")} at="steps.new">
        <Choice value="" all={names} shown={(name) => titled(catalogue, name)} change={add} />
      </Field>
    </section>
  );
}

function StepForm({ draft, catalogue, change, step, at }: Props & { step: Step; at: number }) {
  const place = `steps[${at}]`;
  const program = catalogue.programs.get(step.program);
  const put = (next: Step): void => change(withStep(draft, catalogue, at, next));
  return (
    <fieldset class="group" id={`at-${place}`}>
      <legend>
        {at + 1}. {program === undefined ? step.program : said(program.title)}
      </legend>
      <Wrong at={place} />
      <div class="fields">
        <Field label={t("propose_step_name")} at={`${place}.id`}>
          <input
            type="text"
            value={step.id}
            maxLength={31}
            spellcheck={false}
            onChange={(event) => put({ ...step, id: freeName(draft, at, event.currentTarget.value) })}
          />
        </Field>
        <Field label={t("propose_step_program")} at={`${place}.program`}>
          <Choice
            value={step.program}
            all={[...catalogue.programs.keys()].sort()}
            shown={(name) => titled(catalogue, name)}
            change={(name) =>
              put(filledIn({ ...step, program: name, parameters: [], inputs: [] }, catalogue.programs.get(name)))
            }
          />
        </Field>
      </div>
      {(program?.inputs ?? []).map((port) => (
        <PortForm key={port.name} draft={draft} catalogue={catalogue} step={step} at={at} port={port} put={put} />
      ))}
      {step.parameters.length === 0 ? null : (
        <details class="parameters">
          <summary>{t("propose_parameters", { count: step.parameters.length })}</summary>
          <Wrong at={`${place}.parameters`} />
          <div class="fields">
            {step.parameters.map(([name, value]) => (
              <ParameterField
                key={name}
                place={`${place}.parameters.${name}`}
                name={name}
                value={value}
                spec={program?.parameters.find((each) => each.name === name)}
                change={(next) =>
                  put({
                    ...step,
                    parameters: step.parameters.map((each) => (each[0] === name ? ([name, next] as const) : each)),
                  })
                }
              />
            ))}
          </div>
        </details>
      )}
      <div class="acts">
        <button type="button" class="plain" onClick={() => change(withoutStep(draft, catalogue, at))}>
          {t("propose_step_remove", { step: step.id })}
        </button>
      </div>
    </fieldset>
  );
}

function PortForm(props: {
  draft: Draft;
  catalogue: Catalogue;
  step: Step;
  at: number;
  port: Program["inputs"][number];
  put: (step: Step) => void;
}) {
  const { draft, catalogue, step, at, port, put } = props;
  const chosen = step.inputs.find(([name]) => name === port.name)?.[1] ?? [];
  const all = sourcesFor(draft, catalogue, at, port);
  const set = (sources: readonly string[]): void =>
    put({ ...step, inputs: [...step.inputs.filter(([name]) => name !== port.name), [port.name, sources]] });
  const shown = (source: string): string => sourceSaid(catalogue, source);
  const place = `steps[${at}].inputs.${port.name}`;
  const label = t("propose_port", { port: port.name });
  const count = port.least === port.most ? String(port.least) : `${port.least}–${port.most}`;
  const about = t("propose_port_about", { about: said(port.about), count });
  if (port.most === 1) {
    return (
      <Field label={label} at={place} about={about} wide>
        <Choice
          value={chosen[0] ?? ""}
          all={all}
          none={t("propose_nothing")}
          shown={shown}
          change={(name) => set(name === "" ? [] : [name])}
        />
      </Field>
    );
  }
  return (
    <div class="field wide" id={`at-${place}`}>
      <span class="field-name">{label}</span> <span class="quiet-line">{about}</span>
      <ul class="chosen">
        {chosen.map((source) => (
          <li key={source}>
            {shown(source)}{" "}
            <button
              type="button"
              class="plain small"
              aria-label={t("propose_take_out_of", { source: shown(source) })}
              onClick={() => set(chosen.filter((each) => each !== source))}
            >
              {t("propose_take_out")}
            </button>
          </li>
        ))}
      </ul>
      <Labelled text={t("propose_source_add", { port: port.name })}>
        <Choice
          value=""
          all={all.filter((source) => !chosen.includes(source))}
          shown={shown}
          change={(name) => (name === "" ? undefined : set([...chosen, name]))}
        />
      </Labelled>
      <Wrong at={place} />
    </div>
  );
}

function ParameterField(props: {
  place: string;
  name: string;
  value: Parameter;
  spec: Program["parameters"][number] | undefined;
  change: (value: Parameter) => void;
}) {
  const { place, name, value, spec, change } = props;
  const range = spec === undefined || spec.low === "" ? "" : t("propose_range", { low: spec.low, high: spec.high });
  const about = spec === undefined ? "" : `${said(spec.about)} ${range}`.trim();
  const whole = (text: string): Parameter =>
    /^-?(0|[1-9][0-9]{0,14})$/.test(text.trim()) ? Number(text.trim()) : text;
  return (
    <Field label={name} at={place} about={about}>
      {spec?.kind === "boolean" ? (
        <Choice
          value={String(value)}
          all={["true", "false"]}
          shown={(each) => (each === "true" ? t("propose_yes") : t("propose_no"))}
          change={(each) => change(each === "true")}
        />
      ) : spec?.kind === "choice" ? (
        <Choice value={String(value)} all={spec.choices} change={change} />
      ) : spec?.kind === "recipe" ? (
        <textarea
          rows={4}
          value={String(value)}
          maxLength={LONGEST_RECIPE}
          spellcheck={false}
          onInput={(event) => change(event.currentTarget.value.replace(/\s+/g, " "))}
        />
      ) : (
        <input
          type="text"
          inputMode={spec?.kind === "integer" ? "numeric" : spec?.kind === "decimal" ? "decimal" : "text"}
          value={String(value)}
          maxLength={spec?.kind === "columns" ? 600 : 100}
          onInput={({ currentTarget: { value: text } }) => change(spec?.kind === "integer" ? whole(text) : text.trim())}
        />
      )}
    </Field>
  );
}

/** A name that is no other step's: two steps of one name would be one. */
function freeName(draft: Draft, at: number, wanted: string): string {
  const others = new Set(draft.contract.steps.filter((_, place) => place !== at).map((each) => each.id));
  let name = wanted;
  for (let count = 2; others.has(name); count += 1) name = `${wanted}_${count}`;
  return name;
}

function titled(catalogue: Catalogue, name: string): string {
  const program = catalogue.programs.get(name);
  return program === undefined ? name : `${said(program.title)} (${name})`;
}

/** A source as people read it: a data set with its title and owner, an output as it is called. */
export function sourceSaid(catalogue: Catalogue, source: string): string {
  const found = catalogue.dataSets.get(source);
  return found === undefined ? source : `${said(found.title)} · ${found.owner} · ${shortened(source)}`;
}
