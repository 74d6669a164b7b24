/** What a task takes and how far it protects, as the coordinator predicts it: a page cannot check that, only show it as what it is. */

import { useEffect, useState } from "preact/hooks";

import type { TaskApi } from "../api/client";
import type { TallyError } from "../base/errors";
import { asProblem } from "../base/problems";
import type { TaskContract } from "../generated/records";
import { collusionThreshold } from "../protocol/sentences";
import { costOf, type Predicted } from "./cost";
import { Act, Pairs, Problem } from "./parts";
import { language, t } from "./said";
import type { TaskView } from "./task";

/** What the reader's node takes for a task, read once when it is first shown. */
export function TaskCosts({ view, party, api }: { view: TaskView; party: string; api: TaskApi }) {
  const [found, setFound] = useState<Predicted>();
  const [error, setError] = useState<TallyError>();
  const look = async (): Promise<void> => {
    try {
      setFound(await costOf(api, view.status.id));
      setError(undefined);
    } catch (failure) {
      setFound(undefined);
      setError(asProblem(failure));
    }
  };
  useEffect(() => void look(), [view.status.id]);
  const computes = view.contract.committee.includes(party);
  return (
    <section data-costs={found === undefined ? "" : "read"}>
      <h2>{t("cost_yours")}</h2>
      {error === undefined ? null : (
        <Problem error={error}>
          <Act label={t("again")} act={look} kind="plain" />
        </Problem>
      )}
      {found === undefined ? null : (
        <>
          <p>{computes ? t("cost_yours_computes") : t("cost_yours_sends")}</p>
          <Costs predicted={found} contract={view.contract} />
        </>
      )}
    </section>
  );
}

/** The prediction: time and traffic, with what is extrapolated; protection in words. */
export function Costs({ predicted, contract }: { predicted: Predicted; contract: TaskContract }) {
  const { estimate, level } = predicted;
  const { length } = contract.committee;
  return (
    <>
      <p class="quiet-line">{t("cost_whose")}</p>
      <Pairs
        rows={[
          [t("cost_seconds"), t("cost_about_seconds", { count: counted(estimate.seconds) })],
          [t("cost_bytes"), sized(estimate.bytes)],
          [t("cost_memory"), sized(estimate.memory)],
          [t("cost_rounds"), estimate.rounds === null ? t("cost_unknown") : counted(estimate.rounds)],
          [t("cost_failure"), estimate.failure ?? t("cost_unknown")],
          [t("level_asked"), levelSaid(contract.protectionLevel)],
          [t("level_reached"), levelSaid(level)],
          [t("level_collusion"), t("level_collusion_said", { count: collusionThreshold(length), of: length })],
        ]}
      />
      {estimate.beyond.length === 0 ? null : (
        <p class="told open">{t("cost_beyond", { names: estimate.beyond.join(", ") })}</p>
      )}
      {estimate.unplanned === "" ? null : (
        <p class="quiet-line">
          {t("cost_unplanned")} <code>{estimate.unplanned}</code>
        </p>
      )}
    </>
  );
}

/** What a protection level promises, on the project's own scale. */
function levelSaid(level: number): string {
  const levels = [t("level_unknown"), t("level_1"), t("level_2"), t("level_3"), t("level_4"), t("level_5")];
  return levels[level] ?? t("level_unknown");
}

function sized(bytes: number | null): string {
  if (bytes === null) return t("cost_unknown");
  const [unit, size] = (
    [
      ["gigabyte", 1e9],
      ["megabyte", 1e6],
      ["kilobyte", 1e3],
    ] as const
  ).find(([, least]) => bytes >= least) ?? ["byte", 1];
  return new Intl.NumberFormat(language === "zh" ? "zh-Hans" : "en", {
    style: "unit",
    unit,
    maximumSignificantDigits: 3,
  }).format(bytes / size);
}

function counted(number: number): string {
  return new Intl.NumberFormat(language === "zh" ? "zh-Hans" : "en").format(number);
}
