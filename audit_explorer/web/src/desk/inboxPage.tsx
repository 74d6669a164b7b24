/** The inbox: a sentence and a deadline for each task; what waits comes first, and the page's title counts it. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Session } from "../api/signIn";
import type { TallyError } from "../base/errors";
import { asProblem } from "../base/problems";
import { say, TASK_STATES } from "../generated/words";
import { type Entry, type Inbox, readInbox } from "./inbox";
import { Act, Problem } from "./parts";
import { language, momentSaid, now, shortened, t } from "./said";
import type { Surroundings } from "./surroundings";

/** Milliseconds between two looks while the page is seen. */
const EVERY = 20_000;

export function InboxPage(props: { surroundings: Surroundings; session: Session; over: () => void }) {
  const { surroundings, session } = props;
  const [inbox, setInbox] = useState<Inbox>();
  const [error, setError] = useState<TallyError>();
  const load = async (): Promise<void> => {
    try {
      setInbox(await readInbox(surroundings.api, session.party));
      setError(undefined);
    } catch (failure) {
      const problem = asProblem(failure);
      if (problem.code === "access.session_over") props.over();
      else setError(problem);
    }
  };
  useEffect(() => {
    void load();
    const timer = setInterval(() => (document.hidden ? undefined : void load()), EVERY);
    return () => clearInterval(timer);
  }, [session.party]);
  useEffect(() => {
    const count = inbox?.waiting.length ?? 0;
    document.title = `${count > 0 ? `(${count}) ` : ""}${t("inbox_title")} · Tallystick`;
  }, [inbox]);
  return (
    <>
      <h1>{t("inbox_title")}</h1>
      {error === undefined ? null : (
        <Problem error={error}>
          <Act label={t("again")} act={load} />
        </Problem>
      )}
      {inbox === undefined ? (
        error === undefined ? (
          <p role="status">{t("loading")}</p>
        ) : null
      ) : (
        <>
          <p class="lead" role="status">
            {inbox.waiting.length > 0 ? t("inbox_count", { count: inbox.waiting.length }) : t("inbox_nothing")}
          </p>
          <List
            title={t("inbox_waiting")}
            empty={t("inbox_waiting_none")}
            entries={inbox.waiting}
            root={surroundings.root}
          />
          <List
            title={t("inbox_started")}
            empty={t("inbox_started_none")}
            entries={inbox.started}
            root={surroundings.root}
          />
          <List
            title={t("inbox_under_way")}
            empty={t("inbox_under_way_none")}
            entries={inbox.underWay}
            root={surroundings.root}
          />
          <List title={t("inbox_done")} empty={t("inbox_done_none")} entries={inbox.done} root={surroundings.root} />
          {inbox.more ? <p class="quiet-line">{t("inbox_more")}</p> : null}
        </>
      )}
    </>
  );
}

function List(props: { title: string; empty: string; entries: readonly Entry[]; root: string }) {
  const waiting = props.entries.some((entry) => entry.waits !== "no");
  return (
    <section class={waiting ? "summary pending" : ""}>
      <h2>
        {props.title} <span class="count">{props.entries.length}</span>
      </h2>
      {props.entries.length === 0 ? (
        <p class="empty">{props.empty}</p>
      ) : (
        <ul class="inbox">
          {props.entries.map((entry) => (
            <Line key={entry.line.id} entry={entry} root={props.root} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Line({ entry, root }: { entry: Entry; root: string }): ComponentChildren {
  const { line } = entry;
  return (
    <li>
      <a href={`${root}/${language}/desk/tasks/${line.id}`}>{sentenceOf(entry)}</a>
      <span class="quiet-line">
        {t("inbox_until", { moment: momentSaid(BigInt(line.deadline), now()) })} · <code>{shortened(line.id)}</code>
      </span>
    </li>
  );
}

function sentenceOf(entry: Entry): string {
  const { line } = entry;
  if (entry.waits === "consent") {
    return t("inbox_consent", { proposer: line.proposer, data_sets: entry.dataSets.map(shortened).join(", ") });
  }
  if (entry.waits === "review") return t("inbox_review", { proposer: line.proposer });
  if (entry.waits === "unread") return t("inbox_unread", { proposer: line.proposer });
  return t("inbox_line", { proposer: line.proposer, state: say(TASK_STATES[line.state].about, language) });
}
