/** The records behind the words: data, hashes, JSON; and what a wallet shows, in the wallet's order. */

import type { Review } from "../api/review";
import { dumps, fromPlain } from "../base/json";
import { type Input, TaskContract } from "../generated/records";
import { say, WALLET_INTENTS, WALLET_LABELS } from "../generated/words";
import { askDigest } from "../protocol/ask";
import { contractDigest } from "../protocol/contract";
import { SIGNS } from "../protocol/sentences";
import type { TypedDocument } from "../protocol/typed";
import { Long, Tabs } from "./parts";
import { language, spoken, t } from "./said";
import type { TaskView } from "./task";

export function Records({ view, review, own }: { view: TaskView; review: Review; own: Input }) {
  const name = `records-${own.dataSet.slice(-8)}`;
  return (
    <Tabs
      name={name}
      tabs={[
        [t("tab_data"), () => <Data own={own} others={view.contract.inputs.filter((item) => item !== own)} />],
        [t("tab_hashes"), () => <Hashes view={view} review={review} />],
        [t("tab_json"), () => <Json view={view} review={review} />],
      ]}
    />
  );
}

/** What is asked, point by point. */
export function Asked({ review }: { review: Review }) {
  return (
    <table class="asked">
      <tbody>
        {/* lines have no names, and their order is theirs */}
        {review.table.map((line, at) => (
          <tr key={at}>
            {spoken(line.about) === "" ? <td /> : <th scope="row">{spoken(line.about)}</th>}
            <td>{spoken(line.said)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Data({ own, others }: { own: Input; others: readonly Input[] }) {
  return (
    <>
      <Columns item={own} title={t("data_own")} />
      {others.map((item) => (
        <Columns key={item.dataSet} item={item} title={t("data_other", { owner: item.owner })} />
      ))}
    </>
  );
}

function Columns({ item, title }: { item: Input; title: string }) {
  return (
    <>
      <h4>{title}</h4>
      <dl class="pairs">
        <dt>{t("data_set")}</dt>
        <dd>
          <code class="full">{item.dataSet}</code> {t("data_version", { version: item.version })}
        </dd>
        <dt>{t("data_columns")}</dt>
        <dd>{item.columns.join(", ")}</dd>
        <dt>{t("data_rows")}</dt>
        <dd>
          {item.filters.length === 0
            ? t("data_all_rows")
            : item.filters.map((each) => `${each.column} ${SIGNS[each.operator]} ${each.value}`).join("; ")}
        </dd>
      </dl>
    </>
  );
}

function Hashes({ view, review }: { view: TaskView; review: Review }) {
  const { domain } = review.document;
  const rows = [
    [t("hash_task"), view.task],
    [t("hash_contract"), contractDigest(view.contract)],
    [t("hash_ask"), askDigest(review.asked.ask)],
    [t("hash_authorization"), review.digest],
    [t("hash_root"), review.asked.message.inputRoot],
    [t("hash_programs"), review.asked.message.programsDigest],
    [t("hash_consents"), domain["verifyingContract"] ?? ""],
    [t("hash_deployment"), domain["salt"] ?? ""],
  ] as const;
  return (
    <dl class="pairs">
      {rows.map(([label, value]) => (
        <>
          <dt>{label}</dt>
          <dd>
            <Long value={value} />
          </dd>
        </>
      ))}
      <dt>{t("hash_chain")}</dt>
      <dd>{domain["chainId"]}</dd>
    </dl>
  );
}

function Json({ view, review }: { view: TaskView; review: Review }) {
  const contract = new TextDecoder().decode(dumps(TaskContract.write(view.contract)));
  return (
    <>
      <h4>{t("json_contract")}</h4>
      <Text text={JSON.stringify(JSON.parse(contract), null, 1)} />
      <h4>{t("json_typed")}</h4>
      <Text text={JSON.stringify(review.document, null, 1)} />
    </>
  );
}

function Text({ text }: { text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard (WCAG 2.1.1)
    <pre tabIndex={0}>{text}</pre>
  );
}

/** What the wallet will show, field by field and in its order, to be compared before it signs. */
export function WalletFields({ document, digest }: { document: TypedDocument; digest: string }) {
  const fields = document.types[document.primaryType] ?? [];
  const domain = Object.entries(document.domain);
  return (
    <details class="wallet-fields">
      <summary>{t("wallet_compare")}</summary>
      <p>{t("wallet_compare_about", { type: document.primaryType, intent: intentOf(document.primaryType) })}</p>
      <table class="asked">
        <tbody>
          {domain.map(([name, value]) => (
            <Field key={name} name={name} value={value} />
          ))}
          {fields.map(({ name }) => (
            <Field key={name} name={name} label={labelOf(name)} value={shownAs(document.message[name])} />
          ))}
          <Field name={t("receipt_digest")} value={digest} />
        </tbody>
      </table>
    </details>
  );
}

function Field({ name, label, value }: { name: string; label?: string; value: string }) {
  return (
    <tr>
      <th scope="row">
        {name}
        {label === undefined ? null : <span class="quiet-line"> {label}</span>}
      </th>
      <td>
        <code class="full">{value}</code>
      </td>
    </tr>
  );
}

/** What a wallet calls the type, and a member of it, that has our descriptors (ERC-7730, `protocol/clear_signing.py`). */
function intentOf(type: string): string {
  const found = Object.entries(WALLET_INTENTS).find(([name]) => name === type);
  return found === undefined ? type : say(found[1], language);
}

function labelOf(name: string): string {
  const found = Object.entries(WALLET_LABELS).find(([member]) => member === name);
  return found === undefined ? "" : say(found[1], language);
}

function shownAs(value: unknown): string {
  return typeof value === "string" ? value : new TextDecoder().decode(dumps(fromPlain(value)));
}
