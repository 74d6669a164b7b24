/** Who looked at a task's evidence, as the coordinator counts it: read once when it is first shown, and again when asked. */

import { useEffect, useState } from "preact/hooks";

import { answerOf, type Schemas, type TaskApi } from "../api/client";
import type { TallyError } from "../base/errors";
import { asProblem } from "../base/problems";
import { LOOKS, say } from "../generated/words";
import { Act, Problem } from "./parts";
import { language, momentSaid, now, t } from "./said";
import type { TaskView } from "./task";

export function Looks({ view, api }: { view: TaskView; api: TaskApi }) {
  const [found, setFound] = useState<readonly Schemas["LookView"][]>();
  const [error, setError] = useState<TallyError>();
  const look = async (): Promise<void> => {
    try {
      const path = { task: view.status.id };
      setFound((await answerOf(api.GET("/v1/tasks/{task}/evidence/looks", { params: { path } }))).items);
      setError(undefined);
    } catch (failure) {
      setFound(undefined);
      setError(asProblem(failure));
    }
  };
  useEffect(() => void look(), [view.status.id]);
  return (
    <section data-looks={found === undefined ? "" : "read"}>
      <h2>{t("looks_title")}</h2>
      <p class="quiet-line">{t("looks_whose")}</p>
      {error === undefined ? null : (
        <Problem error={error}>
          <Act label={t("again")} act={look} kind="plain" />
        </Problem>
      )}
      {found?.length === 0 ? <p class="empty">{t("looks_none")}</p> : null}
      <ul class="inbox">
        {(found ?? []).map((line) => (
          <li key={`${line.reader} ${line.what} ${line.last_at}`}>
            <span>
              <strong>{line.reader}</strong> · {say(LOOKS[line.what as keyof typeof LOOKS], language)}
            </span>
            <span class="quiet-line">
              {t("looks_times", { count: line.looks })} · {momentSaid(BigInt(line.last_at), now())}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
