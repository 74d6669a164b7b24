/** How a draft begins: from an example that has been run, from a contract's file, or from nothing. */

import { useRef, useState } from "preact/hooks";

import type { TallyError } from "../base/errors";
import { fromPlain, parse } from "../base/json";
import { asProblem, told } from "../base/problems";
import { TaskContract } from "../generated/records";
import { TEMPLATES } from "../generated/templates";
import type { Catalogue } from "./catalogue";
import { begun, type Draft, emptyDraft, imported, lacking } from "./draft";
import { Problem } from "./parts";
import { now, t } from "./said";

type Template = keyof typeof TEMPLATES;

export function Beginning(props: { catalogue: Catalogue; party: string; begin: (draft: Draft) => void }) {
  const { catalogue, party, begin } = props;
  const chosen = useRef<HTMLInputElement>(null);
  const [error, setError] = useState<TallyError>();
  const titles = {
    scorecard: [t("propose_scorecard"), t("propose_scorecard_about")],
    joint: [t("propose_joint"), t("propose_joint_about")],
    horizontal: [t("propose_horizontal"), t("propose_horizontal_about")],
    statistics: [t("propose_statistics"), t("propose_statistics_about")],
  } as const;
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    try {
      const data = new Uint8Array(await file.arrayBuffer());
      if (data.length > TaskContract.limit) throw told("draft.file_size");
      begin(imported(TaskContract.read(parse(data), "")));
    } catch (failure) {
      setError(asProblem(failure));
    }
    if (chosen.current !== null) chosen.current.value = "";
  };
  return (
    <section>
      <h2>{t("propose_begin")}</h2>
      <ul class="beginnings">
        {(Object.keys(TEMPLATES) as Template[]).map((name) => {
          const template = TaskContract.read(fromPlain(TEMPLATES[name]), "");
          const missing = lacking(template, catalogue);
          return (
            <li key={name}>
              <h3>{titles[name][0]}</h3>
              <p>{titles[name][1]}</p>
              <p class="quiet-line">{template.steps.map((step) => step.program).join(" → ")}</p>
              {missing.length > 0 ? (
                <p class="told open">{t("propose_lacking", { programs: missing.join(", ") })}</p>
              ) : (
                <button type="button" class="plain" onClick={() => begin(begun(template, party, catalogue, now()))}>
                  {t("propose_begin_so", { name: titles[name][0] })}
                </button>
              )}
            </li>
          );
        })}
      </ul>
      <div class="acts">
        <button type="button" class="plain" onClick={() => begin(emptyDraft(party, catalogue, now()))}>
          {t("propose_begin_empty")}
        </button>
        <label class="file">
          {t("propose_import")}{" "}
          <input
            ref={chosen}
            type="file"
            accept=".json,application/json"
            onChange={(event) => void take(event.currentTarget.files?.[0])}
          />
        </label>
      </div>
      {error === undefined ? null : <Problem error={error} />}
    </section>
  );
}
