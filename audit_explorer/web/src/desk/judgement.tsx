/** The reviewer's part of a task: what is released to whom if it approves, and its word, which is final. */

import { useState } from "preact/hooks";

import { domainOf } from "../api/review";
import type { Session } from "../api/signIn";
import { type Hex, sha256Hex } from "../base/bytes";
import { told } from "../base/problems";
import { REVIEWS, SUPPORTS, say } from "../generated/words";
import { reviewCall } from "../protocol/calls";
import { ZERO32 } from "../protocol/contract";
import { alone, type Done } from "./acts";
import { type Connection, signerOf, WalletState } from "./connection";
import { supportsOf } from "./disclosed";
import { Field } from "./fields";
import { Act } from "./parts";
import { language, t } from "./said";
import { judge, reviewable } from "./sending";
import type { Surroundings } from "./surroundings";
import { readTask, type TaskView } from "./task";

interface Props {
  readonly view: TaskView;
  readonly surroundings: Surroundings;
  readonly session: Session;
  readonly connection: Connection;
  readonly acted: (done: Done) => void;
  readonly stale: () => void;
}

export function Judgement(props: Props) {
  const { view, session } = props;
  const { contract, status } = view;
  if (contract.reviewer === "") return null;
  const open = reviewable(view);
  const about = supportsOf(contract, view.programs);
  const look = status.review === "approved" ? "good" : open ? "pending" : "";
  return (
    <section class={look === "" ? "" : `summary ${look}`} data-review={status.review}>
      <h2>{t("judge_title")}</h2>
      <p role="status">
        {contract.reviewer}: {say(REVIEWS[status.review], language)}
      </p>
      {contract.reviewer !== session.party ? null : (
        <>
          <p>{t("judge_about")}</p>
          <ul class="leaving">
            {contract.outputs.map(({ source, users }) => (
              <li key={source}>
                <strong>{source}</strong> {t("leaving_to", { users: users.join(", ") })}
                <br />
                <span class="quiet-line">{say(SUPPORTS[about.get(source) ?? "per-person"], language)}</span>
              </li>
            ))}
          </ul>
          {open ? <Word {...props} /> : null}
          {status.state === "completed" ? null : <p class="quiet-line">{t("judge_later")}</p>}
        </>
      )}
    </section>
  );
}

function Word(props: Props) {
  const { view, surroundings, session, connection } = props;
  const { api, task, deployment, network } = surroundings;
  const [statement, setStatement] = useState<Hex>();
  const registered = session.wallet as Hex;
  const signer = signerOf(connection, registered, network);
  const decide = async (approved: boolean): Promise<void> => {
    if (signer === undefined) throw told("wallet.locked");
    const again = (): Promise<TaskView> => readTask(api, task, deployment);
    try {
      props.acted(await alone(task, () => judge(view, approved, statement, deployment, signer, again)));
    } finally {
      props.stale();
    }
  };
  const take = async (file: File | undefined): Promise<void> =>
    setStatement(file === undefined ? undefined : sha256Hex(new Uint8Array(await file.arrayBuffer())));
  return (
    <div class="answer">
      <Field label={t("judge_statement")} about={t("judge_statement_about")} at="statement" wide>
        <input type="file" onChange={(event) => void take(event.currentTarget.files?.[0])} />
        {statement === undefined ? null : <code class="full">{statement}</code>}
      </Field>
      <WalletState connection={connection} registered={registered} network={network} />
      <details class="wallet-fields">
        <summary>{t("wallet_compare")}</summary>
        <p>{t("judge_call")}</p>
        <dl class="pairs">
          <dt>{t("hash_tasks")}</dt>
          <dd>
            <code class="full">{domainOf(deployment, "Tasks").verifyingContract}</code>
          </dd>
          <dt>{t("judge_approve")}</dt>
          <dd>
            <code class="full">{reviewCall(view.task, true, statement ?? ZERO32)}</code>
          </dd>
          <dt>{t("judge_reject")}</dt>
          <dd>
            <code class="full">{reviewCall(view.task, false, statement ?? ZERO32)}</code>
          </dd>
        </dl>
      </details>
      <p>{t("judge_final")}</p>
      <div class="acts">
        <Act label={t("judge_approve")} act={() => decide(true)} disabled={signer === undefined} />
        <Act label={t("judge_reject")} act={() => decide(false)} kind="grave" disabled={signer === undefined} />
      </div>
    </div>
  );
}
