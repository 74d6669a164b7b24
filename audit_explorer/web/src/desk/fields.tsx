/** Fields of a form: a label, what it is about, and what is wrong with it right beside it. */

import type { ComponentChildren } from "preact";
import { createContext } from "preact";
import { useContext } from "preact/hooks";

import { LAST_SECOND } from "../protocol/sentences";
import type { Fault } from "./faults";
import { language, t } from "./said";

/** Faults by place, of the form that a field is in. */
export const Faults = createContext<ReadonlyMap<string, readonly Fault[]>>(new Map());

/** What is wrong at a place. */
export function Wrong({ at }: { at: string }) {
  const found = useContext(Faults).get(at) ?? [];
  if (found.length === 0) return null;
  return (
    <ul class="told bad wrong" id={`wrong-${at}`}>
      {found.map((each) => (
        <Said key={`${each.code} ${each.said}`} fault={each} />
      ))}
    </ul>
  );
}

export function Said({ fault }: { fault: Fault }) {
  return (
    <li>
      <span lang={fault.english ? "en" : language}>{fault.said}</span> <code>{fault.code}</code>
    </li>
  );
}

/** A control with its label; `at` is its place, by which faults find it. */
export function Field(props: {
  label: string;
  at: string;
  about?: string;
  children: ComponentChildren;
  wide?: boolean;
}) {
  return (
    <div class={`field${props.wide ? " wide" : ""}`} id={`at-${props.at}`}>
      {/* biome-ignore lint/a11y/noLabelWithoutControl: the control is among the children */}
      <label>
        <span class="field-name">{props.label}</span>
        {props.children}
      </label>
      {props.about === undefined || props.about === "" ? null : <p class="quiet-line">{props.about}</p>}
      <Wrong at={props.at} />
    </div>
  );
}

/** Several of a list, each ticked by itself. */
export function Several(props: {
  label: string;
  at: string;
  about?: string;
  all: readonly string[];
  chosen: readonly string[];
  shown?: (name: string) => string;
  change: (chosen: readonly string[]) => void;
}) {
  const { all, chosen, shown = (name: string) => name } = props;
  const names = [...new Set([...all, ...chosen])];
  return (
    <fieldset class="field" id={`at-${props.at}`}>
      <legend>{props.label}</legend>
      {props.about === undefined ? null : <p class="quiet-line">{props.about}</p>}
      {names.length === 0 ? <p class="empty">{t("propose_none")}</p> : null}
      <div class="ticks">
        {names.map((name) => (
          <label key={name} class="tick">
            <input
              type="checkbox"
              checked={chosen.includes(name)}
              onChange={() =>
                props.change(chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name])
              }
            />
            <span>{shown(name)}</span>
          </label>
        ))}
      </div>
      <Wrong at={props.at} />
    </fieldset>
  );
}

/** One of a list. */
export function Choice(props: {
  value: string;
  all: readonly string[];
  none?: string;
  shown?: (name: string) => string;
  change: (name: string) => void;
}) {
  const { value, all, none, shown = (name: string) => name } = props;
  const names = value === "" || all.includes(value) ? all : [...all, value];
  return (
    <select value={value} onChange={(event) => props.change(event.currentTarget.value)}>
      {none !== undefined || value === "" ? <option value="">{none ?? t("propose_choose")}</option> : null}
      {names.map((name) => (
        <option key={name} value={name}>
          {shown(name)}
        </option>
      ))}
    </select>
  );
}

/** A control with a few words for its label. */
export function Labelled({ text, children }: { text: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is among the children
    <label class="labelled">
      <span class="quiet-line">{text}</span> {children}
    </label>
  );
}

/** A moment in UTC, to the minute; what is no moment changes nothing. */
export function Moment({ value, change }: { value: bigint; change: (seconds: bigint) => void }) {
  return (
    <input
      type="datetime-local"
      value={value > LAST_SECOND ? "" : new Date(Number(value) * 1000).toISOString().slice(0, 16)}
      onChange={({ currentTarget: { value: text } }) => {
        const moment = Date.parse(`${text}:00Z`);
        if (!Number.isNaN(moment)) change(BigInt(moment / 1000));
      }}
    />
  );
}
