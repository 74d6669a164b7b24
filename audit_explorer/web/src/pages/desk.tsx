/** Participants' pages: signing in, the inbox, a task's review and what is done about it. */

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";

import { closeSession, ownSession, type Session } from "../api/signIn";
import type { TallyError } from "../base/errors";
import { asProblem } from "../base/problems";
import { type Connection, useConnection } from "../desk/connection";
import { InboxPage } from "../desk/inboxPage";
import { JoinPage } from "../desk/joinPage";
import { MinePage } from "../desk/minePage";
import { Act, Problem } from "../desk/parts";
import { passkeyWallets } from "../desk/passkeysKept";
import { ProposePage } from "../desk/proposePage";
import { ReviewPage } from "../desk/reviewPage";
import { language, t } from "../desk/said";
import { SignInPage } from "../desk/signInPage";
import { forget, type Surroundings, surroundingsOf } from "../desk/surroundings";

type Entered = { readonly session: Session | undefined } | { readonly error: TallyError };

function Desk({ surroundings }: { surroundings: Surroundings }) {
  const [own] = useState(() => passkeyWallets(surroundings.root, surroundings.joining));
  const connection = useConnection(own);
  const [entered, setEntered] = useState<Entered>();
  const look = async (): Promise<void> => {
    try {
      setEntered({ session: await ownSession(surroundings.api) });
    } catch (error) {
      setEntered({ error: asProblem(error) });
    }
  };
  useEffect(() => void look(), []);
  if (surroundings.page === "join" && surroundings.joining !== undefined) {
    return <JoinPage surroundings={surroundings} joining={surroundings.joining} />;
  }
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
      <Rooms surroundings={surroundings} />
      <Room surroundings={surroundings} session={session} connection={connection} over={over} />
    </>
  );
}

function Room(props: { surroundings: Surroundings; session: Session; connection: Connection; over: () => void }) {
  switch (props.surroundings.page) {
    case "inbox":
    case "join": // asked for where these pages offer no passkeys
      return <InboxPage {...props} />;
    case "mine":
      return <MinePage {...props} />;
    case "propose":
      return <ProposePage {...props} />;
    case "task":
      return <ReviewPage {...props} />;
  }
}

/** The way between participants' pages. */
function Rooms({ surroundings: { root, page } }: { surroundings: Surroundings }) {
  const rooms = [
    ["inbox", "", t("inbox_title")],
    ["propose", "/propose", t("propose_title")],
    ["mine", "/mine", t("mine_title")],
  ] as const;
  return (
    <nav class="ways" aria-label={t("rooms")}>
      {rooms.map(([name, path, label]) => (
        <a key={name} href={`${root}/${language}/desk${path}`} aria-current={page === name ? "page" : undefined}>
          {label}
        </a>
      ))}
    </nav>
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
