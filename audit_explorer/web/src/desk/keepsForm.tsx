/** What stays at the nodes as shares when the task is over: for whose later tasks, and until when. */

import { sortedSet } from "../base/text";
import type { Keep } from "../generated/records";
import type { Catalogue } from "./catalogue";
import { portSaid } from "./dataForm";
import { changed, type Draft, firstKeep, keepable } from "./draft";
import { Field, Moment, Several, Wrong } from "./fields";
import { t } from "./said";

export function KeepsForm(props: { draft: Draft; catalogue: Catalogue; change: (draft: Draft) => void }) {
  const { draft, catalogue, change } = props;
  const { keeps } = draft.contract;
  const put = (next: Keep): void => {
    const others = keeps.filter(({ source }) => source !== next.source);
    change(changed(draft, catalogue, { keeps: next.users.length === 0 ? others : [...others, next] }));
  };
  const sources = sortedSet([...keepable(draft, catalogue), ...keeps.map(({ source }) => source)]);
  return (
    <section id="at-keeps">
      <h2>{t("propose_keeps")}</h2>
      <p class="lead">{t("propose_keeps_about")}</p>
      <Wrong at="keeps" />
      {sources.length === 0 ? <p class="empty">{t("propose_keeps_none")}</p> : null}
      {sources.map((source) => {
        const kept = keeps.find((each) => each.source === source);
        const keep = kept ?? firstKeep(draft.contract, source);
        return (
          <details key={source} class="output">
            <summary>
              <strong>{source}</strong>{" "}
              <span class={kept === undefined ? "quiet-line" : "badge good"}>
                {kept === undefined ? t("propose_keeps_not") : t("mine_kept_for", { users: kept.users.join(", ") })}
              </span>
            </summary>
            <p>{portSaid(draft, catalogue, source)}</p>
            <Several
              label={t("propose_keeps_users", { output: source })}
              at={`keep ${source}`}
              all={[...catalogue.parties.keys()].sort()}
              chosen={keep.users}
              change={(users) => put({ ...keep, users })}
            />
            {kept === undefined ? null : (
              <Field label={t("propose_keeps_until")} about={t("propose_keeps_until_about")} at={`until ${source}`}>
                <Moment value={keep.until} change={(until) => put({ ...keep, until })} />
              </Field>
            )}
          </details>
        );
      })}
    </section>
  );
}
