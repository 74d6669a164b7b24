/** What is asked of one data set, as a sentence, a table and the records behind it; and the owner's answer. */

import { useState } from "preact/hooks";

import type { Review } from "../api/review";
import type { Session } from "../api/signIn";
import type { Hex } from "../base/bytes";
import { TallyError } from "../base/errors";
import { asProblem, told } from "../base/problems";
import { ENDED, REASONS, SUPPORTS, say } from "../generated/words";
import { inputOf, programs, ZERO32 } from "../protocol/contract";
import { alone, type Done, REFUSALS, refuse, revoke, sign, standingOf } from "./acts";
import { type Connection, signerOf, WalletState } from "./connection";
import { supportsOf } from "./disclosed";
import { Act, Problem } from "./parts";
import { Asked, Records, WalletFields } from "./records";
import { ReturnUse } from "./returnUse";
import { language, shortened, spoken, t } from "./said";
import { Standing } from "./standingForm";
import type { Surroundings } from "./surroundings";
import { askedOf, givenBy, type Request, readTask, type TaskView } from "./task";

interface Props {
  readonly view: TaskView;
  readonly request: Request;
  readonly surroundings: Surroundings;
  readonly session: Session;
  readonly connection: Connection;
  readonly acted: (done: Done) => void;
  /** What is shown is not what is so any more: it is read again. */
  readonly stale: () => void;
}

export function Consent(props: Props) {
  const { view, request, session, surroundings } = props;
  const [letGo, setLetGo] = useState<readonly string[]>([]);
  const asked = request.status === "asked";
  const found = derived(() =>
    asked
      ? askedOf(view, request, session.party, surroundings.deployment, letGo)
      : givenBy(view, request, session.party, surroundings.deployment),
  );
  const title = t("consent_of", { data_set: shortened(request.data_set) });
  if (found instanceof TallyError) {
    return (
      <section class="summary bad">
        <h2>{title}</h2>
        <Problem error={found}>
          <p>{t("consent_stopped")}</p>
        </Problem>
      </section>
    );
  }
  const unknown = programs(view.contract).filter((name) => !view.programs.has(name));
  const open = view.status.state === "proposed" || view.status.state === "submitted";
  return (
    <section class={asked ? "summary pending" : ""} data-consent={request.status}>
      <h2>{title}</h2>
      <blockquote class="sentence">{spoken(found.sentence)}</blockquote>
      <Leaving {...props} letGo={letGo} change={setLetGo} asked={asked} />
      <h3>{t("leaks_title")}</h3>
      {view.leaks.length === 0 && unknown.length === 0 ? (
        <p>{t("leaks_none")}</p>
      ) : (
        <ul>
          {view.leaks.map((leak) => (
            <li key={leak.en}>{language === "zh" ? leak.zh : leak.en}</li>
          ))}
        </ul>
      )}
      {unknown.length === 0 ? null : <p class="told open">{t("leaks_unknown", { programs: unknown.join(", ") })}</p>}
      <h3>{t("table_title")}</h3>
      <Asked review={found} />
      <Records view={view} review={found} own={inputOf(view.contract, request.data_set)} />
      {asked && open ? <Answer {...props} shown={found} letGo={letGo} /> : null}
      {asked ? null : <Given {...props} shown={found} />}
    </section>
  );
}

function derived(review: () => Review): Review | TallyError {
  try {
    return review();
  } catch (error) {
    return asProblem(error);
  }
}

/** Each output with who reads it; those about single people stand out and go only where the owner says so. */
function Leaving(props: {
  view: TaskView;
  letGo: readonly string[];
  change: (names: readonly string[]) => void;
  asked: boolean;
}) {
  const { view, letGo, asked } = props;
  const about = supportsOf(view.contract, view.programs);
  return (
    <>
      <h3>{t("leaving_title")}</h3>
      <ul class="leaving">
        {view.contract.outputs.map(({ source, users }) => {
          const personal = view.perPerson.includes(source);
          const turned = letGo.includes(source) ? letGo.filter((each) => each !== source) : [...letGo, source];
          return (
            <li key={source} class={personal ? "personal" : ""}>
              <span class={`badge ${personal ? "bad" : "good"}`}>
                {personal ? t("leaving_personal") : t("leaving_grouped")}
              </span>{" "}
              <strong>{source}</strong> {t("leaving_to", { users: users.join(", ") })}
              <br />
              <span class="quiet-line">{say(SUPPORTS[about.get(source) ?? "per-person"], language)}</span>
              {personal && asked ? (
                <label class="opt">
                  <input type="checkbox" checked={letGo.includes(source)} onChange={() => props.change(turned)} />{" "}
                  {t("leaving_let_go")}
                </label>
              ) : null}
            </li>
          );
        })}
      </ul>
    </>
  );
}

function Answer(props: Props & { shown: Review; letGo: readonly string[] }) {
  const { view, request, surroundings, session, connection, shown, letGo } = props;
  const { api, deployment, task, network } = surroundings;
  const [reason, setReason] = useState<(typeof REFUSALS)[number]>("owner.declined");
  const registered = session.wallet as Hex;
  const signer = signerOf(connection, registered, network);
  const kept = view.perPerson.filter((name) => !letGo.includes(name));
  const disabled = signer === undefined || kept.length > 0;
  const again = async (): Promise<Review> => {
    const fresh = await readTask(api, task, deployment);
    const still = fresh.requests.find((each) => each.owner === session.party && each.data_set === request.data_set);
    if (still?.status !== "asked") throw told("desk.answered");
    return askedOf(fresh, still, session.party, deployment, letGo);
  };
  /** Signs what `of` makes of the review, here and when it is read again. */
  const agree = async (what: Review, of: (read: Review) => Review): Promise<void> => {
    if (signer === undefined) throw told("wallet.locked");
    const anew = async (): Promise<Review> => of(await again());
    try {
      props.acted(await alone(task, () => sign(api, task, session.party, what, signer, anew)));
    } catch (error) {
      const { code } = asProblem(error);
      if (code === "desk.answered" || code === "desk.changed") props.stale();
      throw error;
    }
  };
  const decline = async (): Promise<void> => {
    if (signer === undefined) throw told("wallet.locked");
    props.acted(await alone(task, () => refuse(api, view.task, session.party, reason, deployment, signer)));
  };
  return (
    <div class="answer">
      <h3>{t("answer_title")}</h3>
      <WalletState connection={connection} registered={registered} network={network} />
      <WalletFields document={shown.document} digest={shown.digest} />
      {kept.length > 0 ? <p class="told bad">{t("answer_personal", { outputs: kept.join(", ") })}</p> : null}
      <div class="acts">
        <Act label={t("answer_sign")} act={() => agree(shown, (read) => read)} disabled={disabled} />
      </div>
      <Standing
        view={view}
        narrow={shown}
        party={session.party}
        deployment={deployment}
        disabled={disabled}
        sign={agree}
      />
      <details>
        <summary>{t("answer_refuse_open")}</summary>
        <p>
          <label>
            {t("answer_reason")}{" "}
            <select
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value as (typeof REFUSALS)[number])}
            >
              {REFUSALS.map((code) => (
                <option key={code} value={code}>
                  {say(REASONS[code].words, language)}
                </option>
              ))}
            </select>
          </label>
        </p>
        <p>{t("answer_refuse_final")}</p>
        <div class="acts">
          <Act label={t("answer_refuse")} act={decline} kind="grave" disabled={signer === undefined} />
        </div>
      </details>
    </div>
  );
}

const GIVEN = {
  asked: "given_on_chain",
  received: "given_received",
  "on-chain": "given_on_chain",
  consumed: "given_consumed",
} as const;

function Given(props: Props & { shown: Review }) {
  const { view, request, surroundings, session, connection, shown } = props;
  const { api, deployment, network } = surroundings;
  const registered = session.wallet as Hex;
  const signer = signerOf(connection, registered, network);
  const id = `auth_${shown.digest.slice(2)}`;
  const lasting = shown.asked.message.task === ZERO32;
  const revocable = lasting || (request.status !== "consumed" && !ENDED.includes(view.status.state));
  const take = async (): Promise<void> => {
    if (signer === undefined) throw told("wallet.locked");
    const standing = await standingOf(api, id);
    if (standing?.status === "revoked" || standing?.status === "revoking") throw told("desk.answered");
    props.acted(await alone(id, () => revoke(api, shown.digest, session.party, deployment, signer)));
  };
  return (
    <div class="answer">
      <p class="told good" role="status">
        {t(GIVEN[request.status])} <code class="full">{id}</code>
      </p>
      {lasting ? <p>{t("given_standing")}</p> : null}
      {request.status === "consumed" && ENDED.includes(view.status.state) && view.status.state !== "completed" ? (
        <ReturnUse {...props} authorization={shown.digest} />
      ) : null}
      {revocable ? (
        <details>
          <summary>{t("revoke_open")}</summary>
          <p>{t("revoke_stops")}</p>
          <WalletState connection={connection} registered={registered} network={network} />
          <div class="acts">
            <Act label={t("revoke_act")} act={take} kind="grave" disabled={signer === undefined} />
          </div>
        </details>
      ) : null}
    </div>
  );
}
