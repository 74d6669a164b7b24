/** One task: what is asked of whom, in words first; what each may do about it. */

import { useEffect, useState } from "preact/hooks";

import type { Session } from "../api/signIn";
import type { TallyError } from "../base/errors";
import { asProblem } from "../base/problems";
import { ENDED, REASONS, say, TASK_STATES } from "../generated/words";
import { type Done, passes } from "./acts";
import type { Connection } from "./connection";
import { Consent } from "./consent";
import { TaskCosts } from "./costs";
import { Workflow } from "./drawing";
import { Judgement } from "./judgement";
import { Looks } from "./looks";
import { Act, Problem } from "./parts";
import { Receipt } from "./receipt";
import { language, momentSaid, now, shortened, t } from "./said";
import type { Surroundings } from "./surroundings";
import { readTask, type TaskView } from "./task";
import { Withdrawal } from "./withdrawal";

/** Milliseconds between two looks: short while something that was done here is on its way to the chain. */
const SOON = 2_000;
const EVERY = 15_000;

export function ReviewPage(props: {
  surroundings: Surroundings;
  session: Session;
  connection: Connection;
  over: () => void;
}) {
  const { surroundings, session, connection } = props;
  const [view, setView] = useState<TaskView>();
  const [error, setError] = useState<TallyError>();
  const [done, setDone] = useState<readonly Done[]>([]);
  const load = async (): Promise<void> => {
    try {
      setView(await readTask(surroundings.api, surroundings.task, surroundings.deployment));
      setError(undefined);
    } catch (failure) {
      const problem = asProblem(failure);
      if (problem.code === "access.session_over") props.over();
      // what was derived stays away when an answer contradicts it; a coordinator that is away contradicts nothing
      if (!passes(problem)) setView(undefined);
      setError(problem);
    }
  };
  const moving =
    view !== undefined &&
    !ENDED.includes(view.status.state) &&
    (done.length > 0 || view.requests.some((request) => request.status === "received"));
  useEffect(() => {
    void load();
    const timer = setInterval(() => (document.hidden ? undefined : void load()), moving ? SOON : EVERY);
    return () => clearInterval(timer);
  }, [moving]);
  useEffect(() => {
    const what = view === undefined ? t("review_title") : t("review_of", { proposer: view.contract.proposer });
    document.title = `${what} · Tallystick`;
  }, [view]);
  return (
    <>
      <h1>{view === undefined ? t("review_title") : t("review_of", { proposer: view.contract.proposer })}</h1>
      {error === undefined ? null : (
        <Problem error={error}>
          <Act label={t("again")} act={load} />
        </Problem>
      )}
      {view === undefined ? (
        error === undefined ? (
          <p role="status">{t("loading")}</p>
        ) : null
      ) : (
        <Shown
          view={view}
          surroundings={surroundings}
          session={session}
          connection={connection}
          acted={(one) => {
            setDone([...done, one]);
            void load();
          }}
          stale={() => void load()}
        />
      )}
      {done.map((one) => (
        <Receipt key={one.digest ?? one.transaction} done={one} session={session} surroundings={surroundings} />
      ))}
    </>
  );
}

function Shown(props: {
  view: TaskView;
  surroundings: Surroundings;
  session: Session;
  connection: Connection;
  acted: (done: Done) => void;
  stale: () => void;
}) {
  const { view, session } = props;
  const mine = view.requests.filter((request) => request.owner === session.party);
  const { state } = view.status;
  const look = state === "completed" ? "good" : ENDED.includes(state) ? "bad" : "pending";
  return (
    <>
      <section class={`summary ${look}`}>
        <p class="verdict" role="status">
          <span class={`badge ${look}`}>{say(TASK_STATES[state].word, language)}</span>{" "}
          {say(TASK_STATES[state].about, language)}
        </p>
        {view.status.reasons.map((reason) => (
          <p key={`${reason.code} ${reason.party}`}>
            {reason.party === "" ? "" : `${reason.party}: `}
            {reasonSaid(reason.code) ?? <span lang="en">{`${reason.what} ${reason.fix}`}</span>}{" "}
            <code class="quiet-line">{reason.code}</code>
          </p>
        ))}
        <p>
          {t("review_until", { moment: momentSaid(view.contract.deadline, now()) })} ·{" "}
          <code title={view.status.id}>{shortened(view.status.id)}</code>
        </p>
      </section>
      <section>
        <h2>{t("graph_title")}</h2>
        <Workflow contract={view.contract} party={session.party} />
      </section>
      {mine.length === 0 && !view.contract.committee.includes(session.party) ? null : (
        <TaskCosts view={view} party={session.party} api={props.surroundings.api} />
      )}
      {mine.map((request) => (
        <Consent {...props} key={request.data_set} request={request} />
      ))}
      <Judgement {...props} />
      <Withdrawal {...props} />
      <Looks view={view} api={props.surroundings.api} />
      {mine.length === 0 && view.contract.reviewer !== session.party && view.contract.proposer !== session.party ? (
        <p class="empty">{t("review_not_asked")}</p>
      ) : null}
    </>
  );
}

function reasonSaid(code: string): string | undefined {
  if (code === "authorization.missing") return t("reason_unanswered");
  if (code === "task.withdrawing") return t("reason_withdrawing");
  return Object.hasOwn(REASONS, code) ? say(REASONS[code as keyof typeof REASONS].words, language) : undefined;
}
