/** Small parts of participants' pages: problems, long values, buttons that do one thing at a time, tabs. */

import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";

import type { TallyError } from "../base/errors";
import { asProblem, isKnown } from "../base/problems";
import { PROBLEMS, say } from "../generated/words";
import { language, shortened, t } from "./said";

/** What went wrong and what to do, in the page's language where the code is one of ours, with the code. */
export function Problem({ error, children }: { error: TallyError; children?: ComponentChildren }) {
  const known = isKnown(error.code);
  return (
    <div class="told bad" role="alert">
      <p>
        {known ? say(PROBLEMS[error.code as keyof typeof PROBLEMS], language) : t("coordinator_says")}{" "}
        <code>{error.code}</code>
      </p>
      {known && error.fix === "" ? null : (
        <p lang="en" class="quoted">
          {error.what} {error.fix}
        </p>
      )}
      {children}
    </div>
  );
}

/** A long value: short for the eye, whole when opened. */
export function Long({ value }: { value: string }) {
  return (
    <details class="hash">
      <summary>
        <code>{shortened(value)}</code>
      </summary>
      <code class="full">{value}</code>
    </details>
  );
}

/** A button whose act runs once, however often it is pressed, and whose problem is said beside it. */
export function Act(props: {
  label: string;
  act: () => Promise<void>;
  kind?: "main" | "plain" | "grave";
  disabled?: boolean;
}) {
  const running = useRef(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<TallyError>();
  const press = async (): Promise<void> => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setError(undefined);
    try {
      await props.act();
    } catch (failure) {
      setError(asProblem(failure));
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return (
    <>
      <button
        type="button"
        class={props.kind ?? "main"}
        aria-disabled={busy || props.disabled}
        onClick={() => (props.disabled ? undefined : press())}
      >
        {busy ? t("working") : props.label}
      </button>
      {error === undefined ? null : <Problem error={error} />}
    </>
  );
}

/** Tabs as ARIA has them: arrow keys go from one to the next. */
export function Tabs({ name, tabs }: { name: string; tabs: readonly (readonly [string, () => ComponentChildren])[] }) {
  const [open, setOpen] = useState(0);
  const go = (to: number): void => {
    const place = (to + tabs.length) % tabs.length;
    setOpen(place);
    document.getElementById(`${name}-tab-${place}`)?.focus();
  };
  const pressed = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    go(open + step);
  };
  return (
    <div class="tabs">
      <div role="tablist" aria-label={t("tabs")} onKeyDown={pressed}>
        {tabs.map(([label], at) => (
          <button
            type="button"
            role="tab"
            key={label}
            id={`${name}-tab-${at}`}
            aria-selected={at === open}
            aria-controls={`${name}-panel`}
            tabIndex={at === open ? 0 : -1}
            onClick={() => setOpen(at)}
          >
            {label}
          </button>
        ))}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a panel without controls of its own is reached by the keyboard (ARIA tabs pattern) */}
      <div role="tabpanel" id={`${name}-panel`} aria-labelledby={`${name}-tab-${open}`} tabIndex={0}>
        {tabs[open]?.[1]()}
      </div>
    </div>
  );
}

/** Facts with what each is called. */
export function Pairs({ rows }: { rows: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="pairs">
      {rows.map(([label, value]) => (
        <>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </>
      ))}
    </dl>
  );
}
