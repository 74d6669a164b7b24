/** What is left of an act: who did what when, and the hashes by which anybody can look it up. */

import { useState } from "preact/hooks";
import type { Session } from "../api/signIn";
import { timeSaid } from "../protocol/sentences";
import type { Done } from "./acts";
import { now, t } from "./said";
import type { Surroundings } from "./surroundings";

const TITLES = {
  approved: "receipt_approved",
  proposed: "receipt_proposed",
  rejected: "receipt_rejected",
  returned: "receipt_returned",
  signed: "receipt_signed",
  standing: "receipt_standing",
  refused: "receipt_refused",
  revoked: "receipt_revoked",
  withdrawn: "receipt_withdrawn",
} as const;

export function Receipt({ done, session, surroundings }: { done: Done; session: Session; surroundings: Surroundings }) {
  const [time] = useState(now);
  const { deployment, task } = surroundings;
  return (
    <section class="summary good receipt" role="status">
      <h2>{t(TITLES[done.act])}</h2>
      <dl class="pairs">
        <dt>{t("receipt_who")}</dt>
        <dd>
          {session.party} <code class="full">{session.wallet}</code>
        </dd>
        <dt>{t("receipt_when")}</dt>
        <dd>{timeSaid(BigInt(time))}</dd>
        {task === "" ? null : (
          <>
            <dt>{t("hash_task")}</dt>
            <dd>
              <code class="full">{task}</code>
            </dd>
          </>
        )}
        <dt>{t("receipt_id")}</dt>
        <dd>
          <code class="full">{done.id}</code>
        </dd>
        {(
          [
            [t("receipt_digest"), done.digest],
            [t("receipt_signature"), done.signature],
            [t("receipt_transaction"), done.transaction],
          ] as const
        ).map(([label, value]) =>
          value === undefined ? null : (
            <>
              <dt>{label}</dt>
              <dd>
                <code class="full">{value}</code>
              </dd>
            </>
          ),
        )}
        <dt>{t("hash_chain")}</dt>
        <dd>
          {String(deployment.chainId)} <code class="full">{deployment.deploymentId}</code>
        </dd>
      </dl>
      <div class="acts">
        <button type="button" class="plain" onClick={() => print()}>
          {t("receipt_print")}
        </button>
      </div>
    </section>
  );
}
