/** Who computes, looks and reviews; purpose, legal basis and the other terms that owners sign. */

import { sha256Hex } from "../base/bytes";
import type { TaskContract } from "../generated/records";
import { ZERO32 } from "../protocol/contract";
import { type Catalogue, withRole } from "./catalogue";
import { changed, type Draft } from "./draft";
import { Choice, Field, Moment, Several } from "./fields";
import { purposeCode, purposeCodes, purposeSaid, withPurpose } from "./purposes";
import { language, said, t } from "./said";

interface Props {
  readonly draft: Draft;
  readonly catalogue: Catalogue;
  readonly change: (draft: Draft) => void;
}

const LEVELS = ["1", "2", "3", "4", "5"];
const DAY = 86_400;
const DAYS = ["1", "3", "7", "14", "30", "90"];

export function PartiesForm({ draft, catalogue, change }: Props) {
  const { contract } = draft;
  const put = (next: Partial<TaskContract>): void => change(changed(draft, catalogue, next));
  const titled = (name: string): string => partySaid(catalogue, name);
  return (
    <section>
      <h2>{t("propose_parties")}</h2>
      <div class="fields">
        <Several
          label={t("propose_committee")}
          about={t("propose_committee_about")}
          at="committee"
          all={withRole(catalogue, "compute-provider")}
          chosen={contract.committee}
          shown={titled}
          change={(committee) => put({ committee })}
        />
        <Several
          label={t("propose_auditors")}
          about={t("propose_auditors_about")}
          at="auditors"
          all={withRole(catalogue, "regulator")}
          chosen={contract.auditors}
          shown={titled}
          change={(auditors) => put({ auditors })}
        />
        <Field label={t("propose_reviewer")} about={t("propose_reviewer_about")} at="reviewer">
          <Choice
            value={contract.reviewer}
            all={[...catalogue.parties.keys()].sort()}
            none={t("propose_nobody")}
            shown={titled}
            change={(reviewer) =>
              put({ reviewer, reviewWithin: reviewer === "" ? 0 : contract.reviewWithin || 7 * DAY })
            }
          />
        </Field>
        {contract.reviewer === "" ? null : (
          <Field label={t("propose_review_days")} at="review_within">
            <Choice
              value={String(contract.reviewWithin / DAY)}
              all={DAYS}
              change={(days) => put({ reviewWithin: Math.round(Number(days) * DAY) })}
            />
          </Field>
        )}
        <Field label={t("propose_scheduler")} about={t("propose_scheduler_about")} at="scheduler">
          <Choice
            value={contract.scheduler}
            all={withRole(catalogue, "scheduler")}
            shown={titled}
            change={(scheduler) => put({ scheduler })}
          />
        </Field>
        <Field label={t("propose_engine")} about={t("propose_engine_about")} at="engine">
          <Choice value={contract.engine} all={catalogue.engines} change={(engine) => put({ engine })} />
        </Field>
      </div>
    </section>
  );
}

export function TermsForm({ draft, catalogue, change }: Props) {
  const { contract } = draft;
  const put = (next: Partial<TaskContract>): void => change(changed(draft, catalogue, next));
  const assess = async (file: File | undefined): Promise<void> => {
    put({ impactAssessment: file === undefined ? ZERO32 : sha256Hex(new Uint8Array(await file.arrayBuffer())) });
  };
  return (
    <section>
      <h2>{t("propose_terms")}</h2>
      <div class="fields">
        <Field label={t("propose_code")} about={t("propose_code_about")} at="purpose.code" wide>
          <Choice
            value={purposeCode(contract.purpose)}
            all={purposeCodes}
            none={t("not_declared")}
            shown={(code) => purposeSaid(code, language)}
            change={(code) => put({ purpose: withPurpose(contract.purpose, code, language) })}
          />
        </Field>
        <Field label={t("propose_purpose")} about={t("propose_purpose_about")} at="purpose" wide>
          <textarea rows={3} value={contract.purpose} onInput={(e) => put({ purpose: e.currentTarget.value })} />
        </Field>
        <Field label={t("propose_basis")} about={t("propose_basis_about")} at="legal_basis" wide>
          <textarea rows={2} value={contract.legalBasis} onInput={(e) => put({ legalBasis: e.currentTarget.value })} />
        </Field>
        <Field label={t("propose_assessment")} about={t("propose_assessment_about")} at="impact_assessment" wide>
          <input type="file" onChange={(event) => void assess(event.currentTarget.files?.[0])} />
          {contract.impactAssessment === ZERO32 ? null : (
            <span>
              SHA-256 <code class="full">{contract.impactAssessment}</code>
            </span>
          )}
        </Field>
        <Field label={t("propose_level")} about={t("propose_level_about")} at="protection_level">
          <Choice
            value={String(contract.protectionLevel)}
            all={LEVELS}
            change={(level) => put({ protectionLevel: Number(level) })}
          />
        </Field>
        <Field label={t("propose_group")} about={t("propose_group_about")} at="minimum_group">
          <input
            type="number"
            min={0}
            max={1_000_000}
            value={contract.minimumGroup}
            onChange={(event) => put({ minimumGroup: Math.trunc(Number(event.currentTarget.value)) })}
          />
        </Field>
        <Field label={t("propose_deadline")} about={t("propose_deadline_about")} at="deadline">
          <Moment value={contract.deadline} change={(deadline) => put({ deadline })} />
        </Field>
        <div class="field" id="at-automated_decision">
          <label class="tick">
            <input
              type="checkbox"
              checked={contract.automatedDecision}
              onChange={(event) => put({ automatedDecision: event.currentTarget.checked })}
            />
            <span>{t("propose_automated")}</span>
          </label>
        </div>
      </div>
    </section>
  );
}

function partySaid(catalogue: Catalogue, name: string): string {
  const title = catalogue.parties.get(name)?.title;
  return title === null || title === undefined ? name : `${said(title)} · ${name}`;
}
