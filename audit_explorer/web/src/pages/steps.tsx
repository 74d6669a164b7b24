/** Numbered steps of a verification with their answers, and what they come to. */

import { OUTCOMES, say } from "../generated/words";
import { type Outcome, type StepResult, verdict } from "../verify/verify";
import { language } from "./texts";

const MARKS: Readonly<Record<Outcome, string>> = {
  holds: "M2.5 8.5l3.5 3.5 7.5-8",
  fails: "M3.5 3.5l9 9m0-9l-9 9",
  cannot: "M13.5 8a5.5 5.5 0 1 1-11 0 5.5 5.5 0 0 1 11 0",
  nothing: "M4 8h8",
};

export function Steps({ steps }: { readonly steps: readonly StepResult[] }) {
  const worst = worstOf(steps);
  return (
    <>
      <p class={`verdict ${worst}`}>
        <Mark outcome={worst} /> <strong>{say(verdict(steps), language)}</strong>
      </p>
      <ol class="steps">
        {steps.map((step) => (
          <li key={step.number} class={`step ${step.outcome}`}>
            <span class="outcome">
              <Mark outcome={step.outcome} />
              {say(OUTCOMES[step.outcome], language)}
            </span>
            <span class="what">{say(step.title, language)}</span>
            <span class="detail">{say(step.detail, language)}</span>
          </li>
        ))}
      </ol>
    </>
  );
}

function Mark({ outcome }: { readonly outcome: Outcome }) {
  return (
    <svg class="glyph" width="14" height="14" viewBox="0 0 16 16" aria-hidden="true">
      <path d={MARKS[outcome]} />
    </svg>
  );
}

function worstOf(steps: readonly StepResult[]): Outcome {
  const outcomes = steps.map((step) => step.outcome);
  return outcomes.includes("fails") ? "fails" : outcomes.includes("cannot") ? "cannot" : "holds";
}
