/** From an invitation to an application, with a passkey alone: passkeys, the account that they own, the signed application. */

import { useState } from "preact/hooks";
import { getAddress } from "viem";

import { answerOf, type Schemas } from "../api/client";
import type { Deployment } from "../api/review";
import { type Hex, joined, sha256, toHex, utf8 } from "../base/bytes";
import { TallyError } from "../base/errors";
import { type JsonObject, toPlain } from "../base/json";
import { asProblem, isKnown, told } from "../base/problems";
import { MOST_PASSKEYS } from "../generated/passkeys";
import { Application } from "../generated/records";
import { ROLES, say } from "../generated/words";
import { FileField } from "../pages/files";
import { readUnsigned, signedApplication, type Unsigned } from "../protocol/enrolment";
import { accountOf, ownersOf } from "../protocol/passkeyAccount";
import { makePasskey, passkeysWork, signWithPasskey } from "../wallet/passkey";
import { Act, Long, Pairs, Problem } from "./parts";
import { fileOf, type KeptPasskeys, keepPasskeys, keptPasskeys, readFile } from "./passkeysKept";
import { language, spoken, t } from "./said";
import { saveFile } from "./saving";
import type { Surroundings } from "./surroundings";

/** Milliseconds between two looks whether the chain has the account, and how many looks there are: two minutes. */
const BETWEEN = 1_000;
const LOOKS = 120;

interface Invited {
  readonly party: string;
  readonly invitation: string;
}

export function JoinPage({ surroundings, joining }: { surroundings: Surroundings; joining: Deployment }) {
  const [invited, setInvited] = useState(invitedBy);
  const [kept, setKept] = useState<KeptPasskeys | undefined>(() =>
    keptPasskeys(surroundings.root).find((each) => each.party === invited.party),
  );
  const [making, setMaking] = useState(false);
  const account = kept === undefined ? undefined : accountOf(ownersOf(kept.credentials), joining);
  const keep = (found: KeptPasskeys): void => {
    keepPasskeys(surroundings.root, found);
    setKept(found);
    setInvited({ ...invited, party: found.party });
  };
  const make = async (passkeys: KeptPasskeys, address: Hex): Promise<void> => {
    setMaking(true);
    try {
      await makeAccount(surroundings, invited, passkeys, address);
      keep({ ...passkeys, settled: true });
    } finally {
      setMaking(false);
    }
  };
  const taken = (party: string): void => {
    setInvited({ ...invited, party });
    setKept(keptPasskeys(surroundings.root).find((each) => each.party === party));
  };
  return (
    <>
      <h1>{t("join_title")}</h1>
      <p class="lead">{t("join_intro")}</p>
      {passkeysWork() ? null : <Problem error={told("passkey.unable")} />}
      <section aria-label={t("join_title")}>
        <Field label={t("join_party")} value={invited.party} changed={taken} />
        <Field
          label={t("join_invitation")}
          value={invited.invitation}
          changed={(invitation) => setInvited({ ...invited, invitation })}
        />
      </section>
      <Passkeys party={invited.party} kept={kept} keep={keep} />
      {kept === undefined || account === undefined ? null : (
        <>
          <section>
            <h2>{t("join_step_account")}</h2>
            <Pairs
              rows={[
                [
                  t("join_account"),
                  <code class="full" data-account="">
                    {getAddress(account)}
                  </code>,
                ],
              ]}
            />
            <p>{t("join_account_about")}</p>
            {kept.settled ? null : <p>{t("join_make_account_about")}</p>}
            {making ? <p role="status">{t("join_making")}</p> : null}
            {kept.settled && !making ? <p role="status">{t("join_made")}</p> : null}
            {kept.settled ? null : <Act label={t("join_make_account")} act={() => make(kept, account)} />}
          </section>
          <Apply
            surroundings={surroundings}
            joining={joining}
            invited={invited}
            kept={kept}
            account={account}
            applied={() => keep({ ...kept, settled: true })}
          />
        </>
      )}
    </>
  );
}

/** The passkeys that are there, and how further ones are made, until their account is. */
function Passkeys(props: { party: string; kept: KeptPasskeys | undefined; keep: (kept: KeptPasskeys) => void }) {
  const { party, kept } = props;
  const [failure, setFailure] = useState<TallyError>();
  const credentials = kept?.credentials ?? [];
  const make = async (): Promise<void> => {
    if (!/^[a-z0-9-]{1,63}$/.test(party)) throw told("join.party");
    const credential = await makePasskey(party, credentials);
    props.keep({ party, credentials: [...credentials, credential], settled: false });
  };
  const load = (data: Uint8Array): void => {
    try {
      setFailure(undefined);
      props.keep(readFile(data));
    } catch (error) {
      setFailure(asProblem(error));
    }
  };
  return (
    <section>
      <h2>{t("join_passkeys")}</h2>
      <Pairs
        rows={credentials.map(
          ({ x, y }, at) => [t("join_passkey", { number: at + 1 }), <Long value={`${x}${y.slice(2)}`} />] as const,
        )}
      />
      {kept === undefined ? (
        <>
          <Act label={t("join_make")} act={make} />
          <FileField
            label={t("join_load")}
            accept=".json"
            taken={load}
            failed={() => setFailure(told("passkey.file"))}
          />
        </>
      ) : (
        <>
          {!kept.settled && credentials.length < MOST_PASSKEYS ? (
            <>
              <p>{t("join_another_about")}</p>
              <Act label={t("join_another")} act={make} kind="plain" />
            </>
          ) : null}
          <p>{t("join_save_about")}</p>
          <Act
            label={t("join_save")}
            act={async () => saveFile(`passkeys-${kept.party}.json`, fileOf(kept))}
            kind="plain"
          />
        </>
      )}
      {failure === undefined ? null : <Problem error={failure} />}
    </section>
  );
}

/** Reads the application's file, says what is in it, has the passkey sign it and hands it in. */
function Apply(props: {
  surroundings: Surroundings;
  joining: Deployment;
  invited: Invited;
  kept: KeptPasskeys;
  account: Hex;
  applied: () => void;
}) {
  const { surroundings, joining, invited, kept, account } = props;
  const [unsigned, setUnsigned] = useState<Unsigned>();
  const [failure, setFailure] = useState<TallyError>();
  const [applied, setApplied] = useState(false);
  const load = async (data: Uint8Array): Promise<void> => {
    try {
      setFailure(undefined);
      setUnsigned(undefined);
      setUnsigned(await ownApplication(data, joining, invited.party, account));
    } catch (error) {
      setFailure(asProblem(error));
    }
  };
  const apply = async (found: Unsigned): Promise<void> => {
    const signature = await signWithPasskey(found.digest, account, kept.credentials, joining);
    await send(surroundings, found, signature, invited.invitation);
    setApplied(true);
    props.applied();
  };
  return (
    <section>
      <h2>{t("join_step_apply")}</h2>
      <FileField
        label={t("join_file")}
        accept=".json"
        taken={(data) => void load(data)}
        failed={() => setFailure(told("desk.failed"))}
      />
      {failure === undefined ? null : <Problem error={failure} />}
      {unsigned === undefined ? null : (
        <>
          <Pairs rows={said(unsigned)} />
          {applied ? (
            <p role="status" class="summary good">
              {t("join_applied", { party: unsigned.enrolment.party })}
            </p>
          ) : (
            <>
              <p class="quiet-line">{t("passkey_shows", { host: location.hostname })}</p>
              <Act label={t("join_apply")} act={() => apply(unsigned)} />
            </>
          )}
        </>
      )}
    </section>
  );
}

function Field(props: { label: string; value: string; changed: (value: string) => void }) {
  return (
    <p>
      <label>
        {props.label}{" "}
        <input
          type="text"
          autocomplete="off"
          spellcheck={false}
          value={props.value}
          onInput={(event) => props.changed(event.currentTarget.value.trim())}
        />
      </label>
    </p>
  );
}

/** What an application says, in words. */
function said({ enrolment, fingerprint }: Unsigned) {
  const roles = enrolment.roles.map((role) => say(ROLES[role], language));
  const node =
    Number(enrolment.nodeSigner) === 0 ? t("join_no_node") : <code class="full">{enrolment.nodeSigner}</code>;
  return [
    [t("join_party"), enrolment.party],
    [t("join_title_of"), spoken(enrolment.title)],
    [t("join_operator"), enrolment.operator],
    [t("join_contact"), enrolment.contact],
    [t("join_roles"), roles.join(" · ")],
    [t("join_account"), <code class="full">{getAddress(enrolment.wallet)}</code>],
    [t("join_node"), node],
    [
      t("join_fingerprint"),
      <code class="full" data-fingerprint="">
        {fingerprint}
      </code>,
    ],
  ] as const;
}

/** What the link of an invitation says; it stands after the #, which browsers send to nobody. */
function invitedBy(): Invited {
  const said_ = new URLSearchParams(location.hash.slice(1));
  return { party: said_.get("party") ?? "", invitation: said_.get("invitation") ?? "" };
}

/** An application for these passkeys' account under the invited name; refused where it names anything else. */
async function ownApplication(data: Uint8Array, joining: Deployment, party: string, account: Hex): Promise<Unsigned> {
  const found = await readUnsigned(data, joining).catch((error: unknown) => {
    throw error instanceof TallyError && isKnown(error.code) ? error : told("join.not_application");
  });
  if (found.enrolment.party !== party) throw told("join.other_party");
  if (found.enrolment.wallet !== account) throw told("join.other_wallet");
  return found;
}

/** Asks the coordinator to make the account, until the chain has it. */
async function makeAccount(around: Surroundings, invited: Invited, kept: KeptPasskeys, account: Hex): Promise<void> {
  if (invited.invitation === "") throw told("invitation.not_good");
  const body = { party: invited.party, owners: plainOwners(kept) };
  const params = { header: { invitation: invited.invitation } };
  for (let look = 0; look < LOOKS; look += 1) {
    const answer = await answerOf(around.api.POST("/v1/passkey-accounts", { params, body }));
    if (answer.account !== account) throw told("passkey.other_account");
    if (answer.made) return;
    await new Promise((resolve) => setTimeout(resolve, BETWEEN));
  }
  throw told("passkey.not_made");
}

function plainOwners(kept: KeptPasskeys): Schemas["PasskeyOwners"] {
  const { passkeys, threshold } = ownersOf(kept.credentials.map(({ x, y }) => ({ x, y })));
  return { passkeys, threshold };
}

async function send({ api }: Surroundings, unsigned: Unsigned, signature: Hex, invitation: string): Promise<void> {
  const application = signedApplication(unsigned, signature);
  const body = toPlain(Application.write(application) as JsonObject) as Schemas["Application"];
  const key = toHex(sha256(joined(utf8("/v1/parties"), application.enrolment, application.walletSignature)));
  const header = { "Idempotency-Key": key.slice(2), ...(invitation === "" ? {} : { invitation }) };
  await answerOf(api.POST("/v1/parties", { params: { header }, body }));
}
