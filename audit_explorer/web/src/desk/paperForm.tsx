/** What a node has to have signed by a wallet that lies elsewhere: a file from the node, read, signed, and given back. */

import { useState } from "preact/hooks";

import { type Deployment, domainOf } from "../api/review";
import type { Session } from "../api/signIn";
import { fromHex, type Hex } from "../base/bytes";
import type { TallyError } from "../base/errors";
import { asProblem, told } from "../base/problems";
import { documentBytes, readDocument } from "../base/record";
import {
  type DataSetRegistration,
  DataSetRegistration as RegistrationType,
  SignedRegistration,
} from "../generated/records";
import { FileField } from "../pages/files";
import { digestOf, typedData } from "../protocol/typed";
import { type Connection, signerOf, WalletState } from "./connection";
import { Act, Problem } from "./parts";
import { WalletFields } from "./records";
import { t } from "./said";
import { saveFile } from "./saving";
import type { Surroundings } from "./surroundings";

export function PaperForm(props: {
  surroundings: Surroundings;
  session: Session;
  connection: Connection;
  joining: Deployment;
}) {
  const { surroundings, session, connection, joining } = props;
  const [message, setMessage] = useState<DataSetRegistration>();
  const [failure, setFailure] = useState<TallyError>();
  const [done, setDone] = useState(false);
  const load = (data: Uint8Array): void => {
    setDone(false);
    setMessage(undefined);
    try {
      setFailure(undefined);
      setMessage(readPaper(data, session.party));
    } catch (error) {
      setFailure(asProblem(error));
    }
  };
  return (
    <section>
      <h2>{t("paper_title")}</h2>
      <p>{t("paper_about")}</p>
      <FileField label={t("paper_file")} accept=".json" taken={load} failed={() => setFailure(told("desk.failed"))} />
      {failure === undefined ? null : <Problem error={failure} />}
      {message === undefined ? null : (
        <Paper {...{ message, surroundings, session, connection, joining, done, setDone }} />
      )}
    </section>
  );
}

function Paper(props: {
  message: DataSetRegistration;
  surroundings: Surroundings;
  session: Session;
  connection: Connection;
  joining: Deployment;
  done: boolean;
  setDone: (done: boolean) => void;
}) {
  const { message, surroundings, session, connection, joining, done } = props;
  const registered = session.wallet as Hex;
  const signer = signerOf(connection, registered, surroundings.network);
  const domain = domainOf(joining, "DataSets");
  const digest = digestOf(RegistrationType, message, domain);
  const document = typedData(RegistrationType, message, domain);
  const sign = async (): Promise<void> => {
    if (signer === undefined) throw told("wallet.locked");
    const signature = await signer.wallet.signTyped(document, digest, signer.account);
    saveFile(
      `signed-${message.dataSet}.json`,
      documentBytes(SignedRegistration, { message, signature: fromHex(signature) }),
    );
    props.setDone(true);
  };
  const { dataSet: data_set, version, rows, dataLevel: level, legalBasis: basis } = message;
  return (
    <>
      <p class="sentence">{t("paper_registers", { data_set, version, rows: String(rows), level, basis })}</p>
      <WalletFields document={document} digest={digest} />
      <WalletState connection={connection} registered={registered} network={surroundings.network} />
      {done ? <p role="status">{t("paper_done")}</p> : null}
      {signer === undefined ? null : <Act label={t("paper_sign")} act={sign} />}
    </>
  );
}

function paperIn(data: Uint8Array): SignedRegistration {
  try {
    return readDocument(SignedRegistration, data);
  } catch {
    throw told("paper.none");
  }
}

/** What a node's file asks for; refused where it is another party's, or signed already. */
function readPaper(data: Uint8Array, party: string): DataSetRegistration {
  const { message, signature } = paperIn(data);
  if (message.owner !== party) throw told("paper.other_party");
  if (signature.length > 0) throw told("paper.signed");
  return message;
}
