/** Signing in: a wallet, its registered account, the right chain, one signature that agrees to nothing. */

import { useState } from "preact/hooks";

import { askMessage, openSession, type Session } from "../api/signIn";
import { TallyError } from "../base/errors";
import { asProblem, told } from "../base/problems";
import { accountOf, type Connection, signerOf, WalletState } from "./connection";
import { Act } from "./parts";
import { language, t } from "./said";
import type { Surroundings } from "./surroundings";

export function SignInPage(props: {
  surroundings: Surroundings;
  connection: Connection;
  entered: (session: Session) => void;
}) {
  const { surroundings, connection } = props;
  const [several, setSeveral] = useState(false);
  const [party, setParty] = useState("");
  const account = accountOf(connection, undefined);
  const signer = account === undefined ? undefined : signerOf(connection, account, surroundings.network);
  const enter = async (): Promise<void> => {
    if (signer === undefined) throw told("wallet.locked");
    const { api, network, root } = surroundings;
    const named = several && party.trim() !== "" ? party.trim() : null;
    try {
      const url = `${location.origin}${root}`;
      const message = await askMessage(api, signer.account, named, url, network.chainId);
      const signature = await signer.wallet.signText(message.text, signer.account);
      props.entered(await openSession(api, message, signature));
    } catch (error) {
      if (error instanceof TallyError && error.code === "sign_in.which_party") setSeveral(true);
      throw asProblem(error);
    }
  };
  return (
    <>
      <h1>{t("sign_title")}</h1>
      <p class="lead">{t("sign_intro")}</p>
      <section aria-label={t("sign_title")}>
        <WalletState connection={connection} network={surroundings.network} />
        {several ? (
          <p>
            <label>
              {t("sign_party")} <input type="text" value={party} onInput={(e) => setParty(e.currentTarget.value)} />
            </label>
          </p>
        ) : null}
        {signer === undefined ? null : (
          <div class="acts">
            <Act label={t("sign_enter")} act={enter} />
          </div>
        )}
      </section>
      <p class="quiet-line">{t("sign_no_consent")}</p>
      {surroundings.joining === undefined ? null : (
        <p>
          <a href={`${surroundings.root}/${language}/desk/join`}>{t("join_link")}</a>
        </p>
      )}
    </>
  );
}
