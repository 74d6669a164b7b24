/** What the coordinator predicts of a contract: time and traffic, protection, what leaves and what becomes known. */

import { SUPPORTS, say } from "../generated/words";
import { Costs } from "./costs";
import type { Examined } from "./proposing";
import { language, said, t } from "./said";

export function Prediction({ examined: { answer, contract } }: { examined: Examined }) {
  return (
    <>
      <h3>{t("cost_title")}</h3>
      <Costs predicted={answer} contract={contract} />
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
