/** What the coordinator predicts of a contract: time and traffic, protection, what becomes known. */

import { SUPPORTS, say } from "../generated/words";
import type { Examined } from "./proposing";
import { language, said, t } from "./said";

export function Prediction({ examined: { answer, contract } }: { examined: Examined }) {
  const { estimate } = answer;
  const rows = [
    [t("cost_seconds"), t("cost_about_seconds", { count: counted(estimate.seconds) })],
    [t("cost_bytes"), sized(estimate.bytes)],
    [t("cost_memory"), sized(estimate.memory)],
    [t("cost_rounds"), estimate.rounds === null ? t("cost_unknown") : counted(estimate.rounds)],
    [t("cost_failure"), estimate.failure ?? t("cost_unknown")],
    [t("level_asked"), String(contract.protectionLevel)],
    [t("level_reached"), String(answer.level)],
    [
      t("level_collusion"),
      t("level_collusion_said", { count: answer.collusion_threshold, of: contract.committee.length }),
    ],
  ] as const;
  return (
    <>
      <h3>{t("cost_title")}</h3>
      <p class="quiet-line">{t("cost_whose")}</p>
      <dl class="pairs">
        {rows.map(([label, value]) => (
          <>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
      {estimate.beyond.length === 0 ? null : (
        <p class="told open">{t("cost_beyond", { names: estimate.beyond.join(", ") })}</p>
      )}
      {estimate.unplanned === "" ? null : (
        <p class="quiet-line">
          {t("cost_unplanned")} <code>{estimate.unplanned}</code>
        </p>
      )}
      <h3>{t("leaving_title")}</h3>
      <ul>
        {contract.outputs.map(({ source, users }) => (
          <li key={source}>
            <strong>{source}</strong> {t("leaving_to", { users: users.join(", ") })}
            <br />
            <span class="quiet-line">{aboutOf(answer, source)}</span>
          </li>
        ))}
      </ul>
      <h3>{t("leaks_title")}</h3>
      {answer.disclosures.length === 0 ? (
        <p>{t("leaks_none")}</p>
      ) : (
        <ul>
          {answer.disclosures.map((each) => (
            <li key={each.en}>{said(each)}</li>
          ))}
        </ul>
      )}
    </>
  );
}

function aboutOf(answer: Examined["answer"], source: string): string {
  const found = answer.supports.find((each) => each.output === source)?.about;
  return found === undefined ? say(SUPPORTS["per-person"], language) : said(found);
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
