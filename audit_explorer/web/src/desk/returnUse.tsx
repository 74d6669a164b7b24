/** Giving a use back: a task ended without a result, and the owner states that its node had sent no input. */

import { useState } from "preact/hooks";
import { domainOf } from "../api/review";
import type { Session } from "../api/signIn";
import type { Hex } from "../base/bytes";
import { told } from "../base/problems";
import { NoInputSent } from "../generated/records";
import { digestOf, typedData } from "../protocol/typed";
import { alone, type Done } from "./acts";
import { type Connection, signerOf, WalletState } from "./connection";
import { Act } from "./parts";
import { WalletFields } from "./records";
import { t } from "./said";
import { returnUse } from "./sending";
import type { Surroundings } from "./surroundings";
import type { TaskView } from "./task";

export function ReturnUse(props: {
  view: TaskView;
  authorization: Hex;
  surroundings: Surroundings;
  session: Session;
  connection: Connection;
  acted: (done: Done) => void;
}) {
  const { view, authorization, surroundings, session, connection } = props;
  const { deployment, network } = surroundings;
  const [stated, setStated] = useState(false);
  const registered = session.wallet as Hex;
  const signer = signerOf(connection, registered, network);
  const message = { task: view.task, authorization };
  const domain = domainOf(deployment, "Consents");
  const give = async (): Promise<void> => {
    if (signer === undefined) throw told("wallet.locked");
    props.acted(await alone(authorization, () => returnUse(view.task, authorization, deployment, signer)));
  };
  return (
    <details>
      <summary>{t("return_open")}</summary>
      <p>{t("return_about")}</p>
      <label class="opt">
        <input type="checkbox" checked={stated} onChange={() => setStated(!stated)} />
        <span>{t("return_stated")}</span>
      </label>
      <WalletState connection={connection} registered={registered} network={network} />
      <WalletFields
        document={typedData(NoInputSent, message, domain)}
        digest={digestOf(NoInputSent, message, domain)}
      />
      <p class="quiet-line">{t("return_twice")}</p>
      <div class="acts">
        <Act label={t("return_act")} act={give} disabled={signer === undefined || !stated} />
      </div>
    </details>
  );
}
