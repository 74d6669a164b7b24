/** Proposing a task: a form over the catalogue, what preflight says beside it, and the proposer's signature. */

import { useEffect, useState } from "preact/hooks";

import type { Session } from "../api/signIn";
import type { Hex } from "../base/bytes";
import type { TallyError } from "../base/errors";
import { asProblem, told } from "../base/problems";
import { alone, type Done } from "./acts";
import { Beginning } from "./beginning";
import { type Catalogue, readCatalogue, withNamed } from "./catalogue";
import { type Connection, signerOf, WalletState } from "./connection";
import { DataForm, OutputsForm } from "./dataForm";
import { type Draft, fileOf, finished } from "./draft";
import { Workflow } from "./drawing";
import { type Fault, faultsOf, ofPreflight, placed, placesOf } from "./faults";
import { Faults, Said } from "./fields";
import { KeepsForm } from "./keepsForm";
import { keepDraft, keptDraft } from "./kept";
import { Act, Problem } from "./parts";
import { Prediction } from "./prediction";
import { Proposed } from "./proposed";
import { type Examined, examine, propose } from "./proposing";
import { WalletFields } from "./records";
import { language, now, shortened, t } from "./said";
import { saveFile } from "./saving";
import { StepsForm } from "./stepsForm";
import type { Surroundings } from "./surroundings";
import { PartiesForm, TermsForm } from "./termsForm";

interface Props {
  readonly surroundings: Surroundings;
  readonly session: Session;
  readonly connection: Connection;
  readonly over: () => void;
}

export function ProposePage(props: Props) {
  const { surroundings, session } = props;
  const [catalogue, setCatalogue] = useState<Catalogue>();
  const [error, setError] = useState<TallyError>();
  const [draft, setDraft] = useState<Draft | undefined>(() => keptDraft(session.party));
  const [done, setDone] = useState<Done>();
  const load = async (): Promise<void> => {
    try {
      const found = await readCatalogue(surroundings.api);
      setCatalogue(await named(found));
      setError(undefined);
    } catch (failure) {
      const problem = asProblem(failure);
      if (problem.code === "access.session_over") props.over();
      setError(problem);
    }
  };
  /** The catalogue with what a kept draft names: a data set that its reader may no longer see stays as the draft has it. */
  const named = async (found: Catalogue): Promise<Catalogue> => {
    try {
      return await withNamed(surroundings.api, found, draft?.contract.inputs.map((item) => item.dataSet) ?? []);
    } catch (failure) {
      if (asProblem(failure).code !== "data_set.unknown") throw failure;
      return found;
    }
  };
  useEffect(() => void load(), []);
  useEffect(() => {
    document.title = `${t("propose_title")} · Tallystick`;
  }, []);
  const write = (next: Draft | undefined): void => {
    keepDraft(next);
    setDraft(next);
  };
  if (done !== undefined) return <Proposed done={done} session={session} surroundings={surroundings} />;
  return (
    <>
      <h1>{t("propose_title")}</h1>
      <p class="lead">{t("propose_about")}</p>
      {error === undefined ? null : (
        <Problem error={error}>
          <Act label={t("again")} act={load} />
        </Problem>
      )}
      {catalogue === undefined ? (
        error === undefined ? (
          <p role="status">{t("loading")}</p>
        ) : null
      ) : draft === undefined ? (
        <Beginning catalogue={catalogue} party={session.party} begin={write} />
      ) : (
        <Form
          {...props}
          catalogue={catalogue}
          find={async (name) => setCatalogue(await withNamed(surroundings.api, catalogue, [name]))}
          draft={draft}
          write={write}
          proposed={(one) => {
            keepDraft(undefined);
            setDone(one);
          }}
        />
      )}
    </>
  );
}

function Form(
  props: Props & {
    catalogue: Catalogue;
    find: (name: string) => Promise<void>;
    draft: Draft;
    write: (draft: Draft | undefined) => void;
    proposed: (done: Done) => void;
  },
) {
  const { surroundings, session, catalogue, draft, write } = props;
  const [examined, setExamined] = useState<Examined>();
  const [tried, setTried] = useState(false);
  /** Why what was shown counts no more. */
  const [stale, setStale] = useState<TallyError>();
  const change = (next: Draft): void => {
    setExamined(undefined);
    write(next);
  };
  const own = faultsOf(draft, catalogue, now(), language);
  const foreign = session.party !== draft.contract.proposer;
  const shown: readonly Fault[] =
    own.length > 0 ? (tried ? own : []) : ofPreflight(examined?.answer.problems ?? [], language);
  const places = placesOf(draft, catalogue);
  const check = async (): Promise<void> => {
    setTried(true);
    setStale(undefined);
    if (own.length > 0) throw told("propose.unfinished");
    setExamined(await examine(surroundings.api, finished(draft), catalogue, surroundings.deployment));
  };
  const parts = { draft, catalogue, change };
  return (
    <Faults.Provider value={placed(shown, places)}>
      <div class="acts">
        <button type="button" class="plain" onClick={() => write(undefined)}>
          {t("propose_anew")}
        </button>
        <button type="button" class="plain" onClick={() => saved(draft)}>
          {t("propose_export")}
        </button>
      </div>
      <StepsForm {...parts} />
      <DataForm {...parts} find={props.find} />
      <OutputsForm {...parts} />
      <KeepsForm {...parts} />
      {draft.contract.steps.length === 0 ? null : (
        <section>
          <h2>{t("graph_title")}</h2>
          <Workflow contract={draft.contract} party={session.party} />
        </section>
      )}
      <PartiesForm {...parts} />
      <TermsForm {...parts} />
      <section class={`summary ${examined === undefined || shown.length > 0 ? "pending" : "good"}`}>
        <h2>{t("propose_check")}</h2>
        <p>{t("propose_check_about")}</p>
        {foreign ? <p class="told bad">{t("propose_foreign", { proposer: draft.contract.proposer })}</p> : null}
        {stale === undefined ? null : <Problem error={stale} />}
        <Summary faults={shown} places={places} draft={draft} />
        <div class="acts">
          <Act label={t("propose_check_act")} act={check} kind={examined === undefined ? "main" : "plain"} />
        </div>
        {examined === undefined ? null : <Prediction examined={examined} />}
        {examined === undefined ? null : <Undeclared notices={ofPreflight(examined.answer.notices, language)} />}
        {examined === undefined || shown.length > 0 || foreign ? null : (
          <Signing
            {...props}
            examined={examined}
            stale={(reason) => {
              setExamined(undefined);
              setStale(reason);
            }}
          />
        )}
      </section>
    </Faults.Provider>
  );
}

/** All faults at once, each with the way to its field. */
function Summary({ faults, places, draft }: { faults: readonly Fault[]; places: readonly string[]; draft: Draft }) {
  if (faults.length === 0) return null;
  const at = placed(faults, places);
  return (
    <div class="told bad" role="alert">
      <p>{t("propose_faults", { count: faults.length })}</p>
      <ul class="wrong">
        {[...at].flatMap(([place, found]) =>
          found.map((each) =>
            place === "" ? (
              <Said key={`${each.code} ${each.said}`} fault={each} />
            ) : (
              <li key={`${place} ${each.code} ${each.said}`}>
                {placeSaid(place, draft)}:{" "}
                <button type="button" class="link" lang={each.english ? "en" : language} onClick={() => goTo(place)}>
                  {each.said}
                </button>{" "}
                <code>{each.code}</code>
              </li>
            ),
          ),
        )}
      </ul>
    </div>
  );
}

/** What the law asks and nobody declared, where that does not refuse: read before the wallet signs. */
function Undeclared({ notices }: { notices: readonly Fault[] }) {
  if (notices.length === 0) return null;
  return (
    <details>
      <summary>{t("propose_undeclared", { count: notices.length })}</summary>
      <ul class="wrong">
        {notices.map((each) => (
          <Said key={`${each.where} ${each.code}`} fault={each} />
        ))}
      </ul>
    </details>
  );
}

function Signing(props: {
  surroundings: Surroundings;
  session: Session;
  connection: Connection;
  catalogue: Catalogue;
  examined: Examined;
  proposed: (done: Done) => void;
  stale: (reason: TallyError) => void;
}) {
  const { surroundings, session, connection, catalogue, examined } = props;
  const { api, deployment, network } = surroundings;
  const registered = session.wallet as Hex;
  const signer = signerOf(connection, registered, network);
  const sign = async (): Promise<void> => {
    if (signer === undefined) throw told("wallet.locked");
    try {
      props.proposed(await alone(examined.task, () => propose(api, examined, catalogue, deployment, signer)));
    } catch (error) {
      const problem = asProblem(error);
      if (["desk.changed", "propose.differs", "propose.problems"].includes(problem.code)) props.stale(problem);
      throw problem;
    }
  };
  return (
    <div class="answer">
      <h3>{t("propose_sign_title")}</h3>
      <p>{t("propose_sign_about", { task: `task_${examined.task.slice(2)}` })}</p>
      <WalletState connection={connection} registered={registered} network={network} />
      <WalletFields document={examined.document} digest={examined.task} />
      <div class="acts">
        <Act label={t("propose_sign")} act={sign} disabled={signer === undefined} />
      </div>
    </div>
  );
}

/** A place of the form as people call it. */
function placeSaid(place: string, draft: Draft): string {
  const [, kind, at, rest = ""] = /^(steps|inputs)\[([0-9]+)\]\.?(.*)$/.exec(place) ?? [];
  if (kind === "inputs") return shortened(draft.contract.inputs[Number(at)]?.dataSet ?? "");
  if (kind === "steps")
    return [draft.contract.steps[Number(at)]?.id ?? "", rest.split(".").at(-1)].filter(Boolean).join(" · ");
  const names: Readonly<Record<string, string>> = {
    steps: t("propose_steps"),
    outputs: t("propose_outputs"),
    keeps: t("propose_keeps"),
    committee: t("propose_committee"),
    scheduler: t("propose_scheduler"),
    auditors: t("propose_auditors"),
    reviewer: t("propose_reviewer"),
    engine: t("propose_engine"),
    purpose: t("propose_purpose"),
    legal_basis: t("propose_basis"),
    impact_assessment: t("propose_assessment"),
    protection_level: t("propose_level"),
    minimum_group: t("propose_group"),
    deadline: t("propose_deadline"),
  };
  return names[place] ?? place;
}

/** Opens what a place is folded into, and goes there. */
function goTo(place: string): void {
  const found = document.getElementById(`at-${place}`);
  for (let each = found?.parentElement ?? null; each !== null; each = each.parentElement) {
    if (each instanceof HTMLDetailsElement) each.open = true;
  }
  found?.scrollIntoView({ block: "center" });
  found?.querySelector<HTMLElement>("input, select, textarea, button")?.focus({ preventScroll: true });
}

/** Hands the contract over as a file: the one that `tally task submit` takes. */
function saved(draft: Draft): void {
  saveFile("task-contract.json", fileOf(finished(draft)));
}
