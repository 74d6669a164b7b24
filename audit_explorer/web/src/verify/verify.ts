/**
 * Verification of an evidence bundle in ten numbered steps, in a browser alone (`protocol/verify.py`).
 *
 * Each step answers holds, fails (with both values), cannot be checked here (with what is missing) or nothing to check. It never
 * guesses: a step whose premises failed is not checked.
 */

import type { Hex } from "../base/bytes";
import { TallyError } from "../base/errors";
import type { Descent } from "../generated/records";
import { type Said, STEPS as TITLES } from "../generated/words";
import { type Bundle, readBundle } from "../protocol/bundle";
import type { Trust } from "../protocol/trust";
import { Answer } from "./answers";
import { Ledger } from "./ledger";
import { STEPS, type Step } from "./steps";
import { type IsContract, Story } from "./story";

export type Outcome = "holds" | "nothing" | "fails" | "cannot";

/** One step's answer; `detail` carries the values compared, or what is missing. */
export interface StepResult {
  readonly number: number;
  readonly title: Said;
  readonly outcome: Outcome;
  readonly detail: Said;
}

/** All ten answers and, where the chain could be read, how the task ended. */
export interface Report {
  readonly task: Hex | undefined;
  readonly state: string;
  readonly steps: readonly StepResult[];
}

/** What a regulator gives beside the bundle: a trust root, and where its head is later than the bundle's, the path between. */
export interface Given {
  readonly trust?: Trust | undefined;
  readonly path?: Descent | undefined;
  readonly isContract?: IsContract | undefined;
}

type Found = readonly [Outcome, Said];

/** Check a bundle's bytes against a trust root; never throws for what the bundle or the path holds. */
export async function verify(data: Uint8Array, given: Given): Promise<Report> {
  let material: Bundle;
  try {
    material = readBundle(data);
  } catch (error) {
    const found = failed(error);
    return report(undefined, "unknown", [found], "The bundle itself is not whole.", "证据包本身不完整。");
  }
  const names = 7 + material.authorizations.length + material.logs.length;
  const whole: Found = ["holds", { en: `${names} files, canonical form.`, zh: `${names}个文件，规范形式。` }];
  if (given.trust === undefined) {
    return report(
      material.task,
      "unknown",
      [whole],
      "No trust root was given: pass --trust trust.json, obtained by a way of your own.",
      "未提供信任根：请用 --trust 指定自行取得的 trust.json。",
    );
  }
  let story: Story;
  try {
    const ledger = await Ledger.read(material, given.trust, given.path);
    story = Story.read(material, ledger, given.trust, given.isContract);
  } catch (error) {
    if (error instanceof Answer) {
      return report(material.task, "unknown", [whole], error.words.en, error.words.zh);
    }
    const found = [whole, failed(error)];
    const rest = ["The task or the chain's facts could not be established.", "无法确认任务或链上事实。"] as const;
    return report(material.task, "unknown", found, ...rest);
  }
  const { binding } = story.ledger;
  if ("lacking" in binding) {
    return report(material.task, story.state, [whole], binding.lacking.en, binding.lacking.zh);
  }
  const found: Found[] = [whole];
  for (const step of STEPS) found.push(await answered(step, story));
  return report(material.task, story.state, found, "", "");
}

/** What the steps come to, in one line. */
export function verdict(steps: readonly StepResult[]): Said {
  const at = (outcome: Outcome): readonly number[] =>
    steps.filter((step) => step.outcome === outcome).map((step) => step.number);
  const [wrong, open, none] = [at("fails").join(", "), at("cannot").join(", "), at("nothing").length];
  if (wrong) return { en: `FALSE: step ${wrong} fails.`, zh: `不成立：第 ${wrong} 步不成立。` };
  if (open) {
    return {
      en: `NOT PROVEN: step ${open} cannot be checked with what is here.`,
      zh: `尚未证实：第 ${open} 步在此无法核查。`,
    };
  }
  const aside = none > 0 ? [`, ${none} with nothing to check`, `，其中 ${none} 步无项目`] : ["", ""];
  const count = steps.length;
  return { en: `PROVEN: all ${count} steps${aside[0]}.`, zh: `已证实：全部 ${count} 步${aside[1]}。` };
}

async function answered(step: Step, story: Story): Promise<Found> {
  try {
    return ["holds", await step(story)];
  } catch (error) {
    return error instanceof Answer ? [error.outcome, error.words] : failed(error);
  }
}

/** Refusals that say nothing about the bundle: what the browser cannot do, and an endpoint that does not answer. */
const NO_VERDICT: ReadonlySet<string> = new Set([
  "browser.ed25519",
  "chain.unreachable",
  "chain.refused",
  "chain.nonsense",
]);

/** A refusal, in its words and with its code. */
function failed(error: unknown): Found {
  if (!(error instanceof TallyError)) throw error;
  const said = `${error.what} [${error.code}]`;
  return [NO_VERDICT.has(error.code) ? "cannot" : "fails", { en: said, zh: said }];
}

/** The steps' answers, the rest of them with what keeps these from being checked. */
function report(task: Hex | undefined, state: string, found: readonly Found[], en: string, zh: string): Report {
  const steps = TITLES.map((title, at): StepResult => {
    const [outcome, detail] = found[at] ?? (["cannot", { en, zh }] as const);
    return { number: at + 1, title, outcome, detail };
  });
  return { task, state, steps };
}
