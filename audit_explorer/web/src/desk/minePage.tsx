/** My things: who I am here, what I authorized, my data and who used them, what was kept for whom, keys, my node's word. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Session } from "../api/signIn";
import type { Hex } from "../base/bytes";
import type { TallyError } from "../base/errors";
import { asProblem, told } from "../base/problems";
import { KEY_SCOPES, REFUSALS, ROLES, say, TASK_STATES } from "../generated/words";
import { timeSaid } from "../protocol/sentences";
import { alone, type Done, revoke } from "./acts";
import { type Connection, signerOf, WalletState } from "./connection";
import { type Kept, keptOf, type Mine, readMine, type Used, usesOf } from "./mine";
import { PaperForm } from "./paperForm";
import { Act, Long, Pairs, Problem } from "./parts";
import { Receipt } from "./receipt";
import { language, momentSaid, now, said, shortened, t } from "./said";
import type { Surroundings } from "./surroundings";

interface Props {
  readonly surroundings: Surroundings;
  readonly session: Session;
  readonly connection: Connection;
  readonly over: () => void;
}

export function MinePage(props: Props) {
  const { surroundings, session } = props;
  const [mine, setMine] = useState<Mine>();
  const [error, setError] = useState<TallyError>();
  const [done, setDone] = useState<readonly Done[]>([]);
  const load = async (): Promise<void> => {
    try {
      setMine(await readMine(surroundings.api, session.party));
      setError(undefined);
    } catch (failure) {
      const problem = asProblem(failure);
      if (problem.code === "access.session_over") props.over();
      setError(problem);
    }
  };
  useEffect(() => {
    document.title = `${t("mine_title")} · Tallystick`;
    void load();
  }, []);
  return (
    <>
      <h1>{t("mine_title")}</h1>
      {error === undefined ? null : (
        <Problem error={error}>
          <Act label={t("again")} act={load} />
        </Problem>
      )}
      {done.map((one) => (
        <Receipt key={one.digest} done={one} session={session} surroundings={surroundings} />
      ))}
      {mine === undefined ? (
        error === undefined ? (
          <p role="status">{t("loading")}</p>
        ) : null
      ) : (
        <>
          <Authorizations
            {...props}
            mine={mine}
            acted={(one) => {
              setDone([...done, one]);
              void load();
            }}
          />
          <DataSets {...props} mine={mine} />
          {surroundings.joining === undefined ? null : <PaperForm {...props} joining={surroundings.joining} />}
          <KeptThings {...props} />
          <Profile mine={mine} />
          <Keys mine={mine} />
        </>
      )}
    </>
  );
}

function Authorizations(props: Props & { mine: Mine; acted: (done: Done) => void }) {
  const { mine, surroundings, session, connection } = props;
  const { api, deployment, network, root } = surroundings;
  const registered = session.wallet as Hex;
  const signer = signerOf(connection, registered, network);
  const states = {
    received: t("mine_auth_received"),
    "on-chain": t("mine_auth_on_chain"),
    revoking: t("mine_auth_revoking"),
    revoked: t("mine_auth_revoked"),
    refused: t("mine_auth_refused"),
  };
  const take = async (id: string): Promise<void> => {
    if (signer === undefined) throw told("wallet.locked");
    const digest = `0x${id.slice("auth_".length)}` as Hex;
    props.acted(await alone(id, () => revoke(api, digest, session.party, deployment, signer)));
  };
  return (
    <section>
      <h2>
        {t("mine_auths")} <span class="count">{mine.authorizations.length}</span>
      </h2>
      {mine.authorizations.length === 0 ? <p class="empty">{t("mine_auths_none")}</p> : null}
      <ul class="inbox">
        {mine.authorizations.map((line) => (
          <li key={line.id}>
            <span>
              <strong>{states[line.status]}</strong> · {shortened(line.data_set)} ·{" "}
              {line.task === null ? (
                t("mine_auth_standing")
              ) : (
                <a href={`${root}/${language}/desk/tasks/${line.task}`}>{t("mine_auth_task")}</a>
              )}
            </span>
            <span class="quiet-line">
              {line.uses_left === null ? "" : `${t("mine_auth_uses", { count: line.uses_left })} · `}
              {t("inbox_until", { moment: momentSaid(BigInt(line.not_after), now()) })} ·{" "}
              <code>{shortened(line.id)}</code>
            </span>
            {line.wallet === null || line.current_wallet ? null : (
              <span class="quiet-line">
                {t("mine_auth_wallet")} <code class="full">{line.wallet}</code>
              </span>
            )}
            {line.problem === null ? null : (
              <span class="problem">
                {refusalSaid(line.problem.code) ?? <span lang="en">{`${line.problem.what} ${line.problem.fix}`}</span>}{" "}
                <code>{line.problem.code}</code>
              </span>
            )}
            {line.status === "on-chain" && line.uses_left !== 0 ? (
              <details>
                <summary>{t("revoke_open")}</summary>
                <p>{t("revoke_stops")}</p>
                <WalletState connection={connection} registered={registered} network={network} />
                <div class="acts">
                  <Act label={t("revoke_act")} act={() => take(line.id)} kind="grave" disabled={signer === undefined} />
                </div>
              </details>
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  );
}

function DataSets({ mine, surroundings }: Props & { mine: Mine }) {
  return (
    <section>
      <h2>
        {t("mine_data")} <span class="count">{mine.dataSets.length}</span>
      </h2>
      {mine.dataSets.length === 0 ? <p class="empty">{t("mine_data_none")}</p> : null}
      {mine.dataSets.map((item) => (
        <div class="group" key={item.data_set}>
          <h3>
            {said(item.title)} · <code>{shortened(item.data_set)}</code>
          </h3>
          <Pairs
            rows={[
              [t("hash_name"), <code class="full">{item.data_set}</code>],
              [t("mine_data_version"), String(item.version)],
              [t("data_rows"), String(item.rows)],
              [t("data_columns"), item.columns.map((each) => each.name).join(", ")],
              [t("mine_data_level"), String(item.data_level)],
              [t("mine_data_law"), item.law === null ? t("not_declared") : t("mine_data_law_said")],
              ...(item.input_root === null ? [] : [[t("hash_root"), <Long value={item.input_root} />] as const]),
            ]}
          />
          <Looked
            label={t("mine_data_uses")}
            look={() => usesOf(surroundings.api, item.data_set, surroundings.deployment)}
            none={t("mine_data_unused")}
            line={(used: Used) => <UsedLine used={used} dataSet={item.data_set} root={surroundings.root} />}
          />
        </div>
      ))}
    </section>
  );
}

function UsedLine({ used: { line, contract }, dataSet, root }: { used: Used; dataSet: string; root: string }) {
  const version = contract.inputs.find((item) => item.dataSet === dataSet)?.version ?? 0;
  return (
    <>
      <a href={`${root}/${language}/desk/tasks/${line.id}`}>{contract.purpose}</a>
      <span class="quiet-line">
        {contract.proposer} · {t("data_version", { version })} · {say(TASK_STATES[line.state].word, language)} ·{" "}
        {timeSaid(BigInt(line.submitted_at))}
      </span>
    </>
  );
}

function KeptThings({ surroundings }: Props) {
  return (
    <section>
      <h2>{t("mine_kept")}</h2>
      <p class="lead">{t("mine_kept_about")}</p>
      <Looked
        label={t("mine_kept_look")}
        look={() => keptOf(surroundings.api, surroundings.deployment)}
        none={t("mine_kept_none")}
        line={({ line, keep }: Kept) => (
          <>
            <a href={`${surroundings.root}/${language}/desk/tasks/${line.id}`}>{keep.source}</a>
            <span class="quiet-line">
              {t("mine_kept_for", { users: keep.users.join(", ") })} ·{" "}
              {t("inbox_until", { moment: momentSaid(keep.until, now()) })}
            </span>
          </>
        )}
      />
    </section>
  );
}

/** A list that is read when somebody wants it. */
function Looked<T>(props: {
  label: string;
  look: () => Promise<readonly T[]>;
  none: string;
  line: (item: T) => ComponentChildren;
}) {
  const [found, setFound] = useState<readonly T[]>();
  return (
    <>
      <div class="acts">
        <Act label={props.label} act={async () => setFound(await props.look())} kind="plain" />
      </div>
      {found === undefined ? null : found.length === 0 ? (
        <p class="empty" role="status">
          {props.none}
        </p>
      ) : (
        <ul class="inbox">
          {found.map((item, at) => (
            // what was found is not changed, only found again
            <li key={at}>{props.line(item)}</li>
          ))}
        </ul>
      )}
    </>
  );
}

function Profile({ mine: { party, node } }: { mine: Mine }) {
  const hash = (label: string, value: string | null): readonly (readonly [string, ComponentChildren])[] =>
    value === null || /^0x0*$/.test(value) ? [] : [[label, <code class="full">{value}</code>]];
  return (
    <section>
      <h2>{t("mine_profile")}</h2>
      <Pairs
        rows={[
          [t("mine_name"), `${party.title === null ? "" : `${said(party.title)} · `}${party.name}`],
          [
            t("mine_roles"),
            party.roles.map((role) => say(ROLES[role], language)).join(language === "zh" ? "、" : ", "),
          ],
          ...hash(t("mine_wallet"), party.wallet),
          ...hash(t("mine_signer"), party.node_signer),
          ...hash(t("mine_node_key"), party.node_key),
          ...hash(t("mine_seal_key"), party.seal_key),
        ]}
      />
      <h3>{t("mine_node")}</h3>
      {node === undefined ? (
        <p class="empty">{t("mine_node_silent")}</p>
      ) : node === false ? (
        <p class="told bad">{t("mine_node_false")}</p>
      ) : (
        <>
          <p>{t("mine_node_said")}</p>
          <Pairs
            rows={[
              [t("mine_node_address"), <code>{node.address}</code>],
              [t("propose_engine"), <code>{node.engine}</code>],
              [t("mine_node_sequence"), String(node.sequence)],
            ]}
          />
        </>
      )}
    </section>
  );
}

function Keys({ mine: { keys } }: { mine: Mine }) {
  const states = {
    active: t("mine_key_active"),
    expired: t("mine_key_expired"),
    revoked: t("mine_key_revoked"),
    "other-wallet": t("mine_key_other"),
  };
  return (
    <section>
      <h2>
        {t("mine_keys")} <span class="count">{keys.length}</span>
      </h2>
      {keys.length === 0 ? <p class="empty">{t("mine_keys_none")}</p> : null}
      <ul class="inbox">
        {keys.map((key) => (
          <li key={key.id}>
            <span>
              <strong>{states[key.status]}</strong> · {key.label} · <code>{shortened(key.id)}</code>
            </span>
            <span class="quiet-line">
              {key.scopes.map((scope) => say(KEY_SCOPES[scope], language)).join(" ")}{" "}
              {t("inbox_until", { moment: momentSaid(BigInt(key.not_after), now()) })}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function refusalSaid(code: string): string | undefined {
  const name = code.split(".").at(-1) ?? "";
  const found = (REFUSALS as Readonly<Record<string, unknown>>)[name];
  const words = found as { what: { en: string; zh: string }; fix: { en: string; zh: string } } | undefined;
  return words === undefined ? undefined : [words.what, words.fix].map(said).join(language === "zh" ? "" : " ");
}
