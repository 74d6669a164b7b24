/** Participants' pages: signing in, the inbox, a task's review and what is done about it. */

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";

import { closeSession, ownSession, type Session } from "../api/signIn";
import type { TallyError } from "../base/errors";
import { asProblem } from "../base/problems";
import { useConnection } from "../desk/connection";
import { InboxPage } from "../desk/inboxPage";
import { Act, Problem } from "../desk/parts";
import { ReviewPage } from "../desk/reviewPage";
import { t } from "../desk/said";
import { SignInPage } from "../desk/signInPage";
import { forget, type Surroundings, surroundingsOf } from "../desk/surroundings";

type Entered = { readonly session: Session | undefined } | { readonly error: TallyError };

function Desk({ surroundings }: { surroundings: Surroundings }) {
  const connection = useConnection();
  const [entered, setEntered] = useState<Entered>();
  const look = async (): Promise<void> => {
    try {
      setEntered({ session: await ownSession(surroundings.api) });
    } catch (error) {
      setEntered({ error: asProblem(error) });
    }
  };
  useEffect(() => void look(), []);
  if (entered === undefined) return <p role="status">{t("loading")}</p>;
  if ("error" in entered) {
    return (
      <>
        <h1>{t("inbox_title")}</h1>
        <Problem error={entered.error}>
          <Act label={t("again")} act={look} />
        </Problem>
      </>
    );
  }
  const { session } = entered;
  if (session === undefined) {
    return (
      <SignInPage
        surroundings={surroundings}
        connection={connection}
        entered={(opened) => setEntered({ session: opened })}
      />
    );
  }
  const leave = async (): Promise<void> => {
    await closeSession(surroundings.api);
    connection.leave();
    setEntered({ session: undefined });
  };
  const over = (): void => setEntered({ session: undefined });
  return (
    <>
      <div class="bar">
        <span>{t("signed_in", { party: session.party })}</span>
        <Act label={t("sign_out")} act={leave} kind="plain" />
      </div>
      {surroundings.task === "" ? (
        <InboxPage surroundings={surroundings} session={session} over={over} />
      ) : (
        <ReviewPage surroundings={surroundings} session={session} connection={connection} over={over} />
      )}
    </>
  );
}

function Changed({ error, root }: { error: TallyError; root: string }) {
  const follow = async (): Promise<void> => {
    forget(root);
    location.reload();
  };
  return (
    <>
      <h1>{t("inbox_title")}</h1>
      <Problem error={error}>
        {error.code === "deployment.changed" ? <Act label={t("deployment_follow")} act={follow} kind="grave" /> : null}
      </Problem>
    </>
  );
}

const place = document.getElementById("desk");
if (place !== null) {
  place.replaceChildren();
  try {
    render(<Desk surroundings={surroundingsOf(place)} />, place);
  } catch (error) {
    render(<Changed error={asProblem(error)} root={place.dataset["root"] ?? ""} />, place);
  }
}
