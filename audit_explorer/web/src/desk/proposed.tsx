/** A proposal that was handed in: its receipt, and how far it is until it stands on chain. */

import { useEffect, useState } from "preact/hooks";

import { answerOf, type Schemas } from "../api/client";
import type { Session } from "../api/signIn";
import type { TallyError } from "../base/errors";
import { asProblem } from "../base/problems";
import { say, TASK_STATES } from "../generated/words";
import type { Done } from "./acts";
import { Problem } from "./parts";
import { Receipt } from "./receipt";
import { language, t } from "./said";
import type { Surroundings } from "./surroundings";

const SOON = 2_000;

export function Proposed({
  done,
  session,
  surroundings,
}: {
  done: Done;
  session: Session;
  surroundings: Surroundings;
}) {
  const [status, setStatus] = useState<Schemas["TaskStatus"]>();
  const [error, setError] = useState<TallyError>();
  const state = status?.state ?? "submitted";
  useEffect(() => {
    if (state !== "submitted") return;
    const look = async (): Promise<void> => {
      try {
        setStatus(await answerOf(surroundings.api.GET("/v1/tasks/{task}", { params: { path: { task: done.id } } })));
        setError(undefined);
      } catch (failure) {
        setError(asProblem(failure));
      }
    };
    void look();
    const timer = setInterval(() => void look(), SOON);
    return () => clearInterval(timer);
  }, [state]);
  const look = state === "failed" ? "bad" : state === "submitted" ? "pending" : "good";
  return (
    <>
      <h1>{t("propose_done")}</h1>
      <section class={`summary ${look}`}>
        <p role="status">
          <span class={`badge ${look}`}>{say(TASK_STATES[state].word, language)}</span>{" "}
          {say(TASK_STATES[state].about, language)}
        </p>
        <p>
          <a href={`${surroundings.root}/${language}/desk/tasks/${done.id}`}>{t("propose_follow")}</a>
        </p>
        {error === undefined ? null : <Problem error={error} />}
      </section>
      <Receipt done={done} session={session} surroundings={surroundings} />
    </>
  );
}
