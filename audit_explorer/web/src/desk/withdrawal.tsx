/** The proposer's part of a task that has not started: taking the proposal back. */

import { useState } from "preact/hooks";

import { domainOf } from "../api/review";
import type { Session } from "../api/signIn";
import type { Hex } from "../base/bytes";
import { told } from "../base/problems";
import { Abort } from "../generated/records";
import { REASONS, say, WITHDRAWALS } from "../generated/words";
import { digestOf, typedData } from "../protocol/typed";
import { alone, type Done, withdraw, withdrawable, withdrawalOf } from "./acts";
import { type Connection, signerOf, WalletState } from "./connection";
import { Act } from "./parts";
import { WalletFields } from "./records";
import { language, t } from "./said";
import type { Surroundings } from "./surroundings";
import { readTask, type TaskView } from "./task";

export function Withdrawal(props: {
  view: TaskView;
  surroundings: Surroundings;
  session: Session;
  connection: Connection;
  acted: (done: Done) => void;
  /** What is shown is not what is so any more: it is read again. */
  stale: () => void;
}) {
  const { view, surroundings, session, connection } = props;
  const { api, deployment, network } = surroundings;
  const [reason, setReason] = useState<(typeof WITHDRAWALS)[number]>(WITHDRAWALS[0]);
  if (!withdrawable(view, session.party)) return null;
  const registered = session.wallet as Hex;
  const signer = signerOf(connection, registered, network);
  const message = withdrawalOf(view.task, session.party, reason);
  const domain = domainOf(deployment, "Tasks");
  const take = async (): Promise<void> => {
    if (signer === undefined) throw told("wallet.locked");
    const again = (): Promise<TaskView> => readTask(api, surroundings.task, deployment);
    try {
      props.acted(await alone(surroundings.task, () => withdraw(api, view, reason, deployment, signer, again)));
    } finally {
      props.stale();
    }
  };
  return (
    <section data-proposal="open">
      <h2>{t("withdraw_title")}</h2>
      <div class="answer">
        <details>
          <summary>{t("withdraw_open")}</summary>
          <p>{t("withdraw_about")}</p>
          <p>
            <label>
              {t("answer_reason")}{" "}
              <select
                value={reason}
                onChange={(event) => setReason(event.currentTarget.value as (typeof WITHDRAWALS)[number])}
              >
                {WITHDRAWALS.map((code) => (
                  <option key={code} value={code}>
                    {say(REASONS[code].words, language)}
                  </option>
                ))}
              </select>
            </label>
          </p>
          <WalletState connection={connection} registered={registered} network={network} />
          <WalletFields document={typedData(Abort, message, domain)} digest={digestOf(Abort, message, domain)} />
          <div class="acts">
            <Act label={t("withdraw_act")} act={take} kind="grave" disabled={signer === undefined} />
          </div>
        </details>
      </div>
    </section>
  );
}
