/** What TypeScript makes of a question about records: the same questions are put to Python, and the answers compared. */

import type { Schemas } from "../src/api/client";
import { type Review, review } from "../src/api/review";
import { fromBase64, fromHex, type Hex, toBase64, toHex } from "../src/base/bytes";
import { TallyError } from "../src/base/errors";
import { dumps, isObject, type Json, type JsonObject, parse, toPlain } from "../src/base/json";
import type { RecordType } from "../src/base/record";
import * as records from "../src/generated/records";
import { accessHeader, resourceOf } from "../src/protocol/access";
import { askDigest, readAsk } from "../src/protocol/ask";
import { readBundle } from "../src/protocol/bundle";
import { returnUseCall, reviewCall, useOfCall } from "../src/protocol/calls";
import { parseHeader, verifyDescent, verifyReceipt, word } from "../src/protocol/chain";
import { type Origin, openCheckpoint, parseCheckpoint, verifyCosignature } from "../src/protocol/checkpoint";
import { consentTable, type Supports } from "../src/protocol/consentTable";
import { contractDigest, participants, readContract, taskIdOf } from "../src/protocol/contract";
import { openEnvelope } from "../src/protocol/dsse";
import { verifyEd25519 } from "../src/protocol/ed25519";
import { leafHash, rootOf, verifyConsistency, verifyInclusion } from "../src/protocol/merkle";
import { checkOffer, offer, optedIn, standing } from "../src/protocol/offers";
import { accountOf, challengeOf, ownersOf } from "../src/protocol/passkeyAccount";
import type { Passkey } from "../src/protocol/passkeys";
import { verifyFinality } from "../src/protocol/qbft";
import { decodeRlp, encodeRlp } from "../src/protocol/rlp";
import { authorizationSentence } from "../src/protocol/sentences";
import { parseStatement } from "../src/protocol/statements";
import { lookup, storageRoot } from "../src/protocol/trie";
import { readPath, readTrust } from "../src/protocol/trust";
import { type Domain, digestOf, typedData } from "../src/protocol/typed";
import { verifyAnswer } from "../src/verify/receipt";
import { verdict, verify } from "../src/verify/verify";

/** The answer to one question: `{"ok": …}`, or `{"refused": code}`. */
export async function answer(question: JsonObject): Promise<Json> {
  const name = textOf(question, "op");
  const found = OPERATIONS[name];
  if (found === undefined) throw new Error(`no operation ${name}`);
  try {
    return new Map([["ok", await found(question)]]);
  } catch (error) {
    if (error instanceof TallyError) return new Map([["refused", error.code]]);
    throw error;
  }
}

const OPERATIONS: Readonly<Record<string, (question: JsonObject) => Json | Promise<Json>>> = {
  /** JSON as it was sent, in canonical form. */
  canonical: (question) => base64(dumps(parse(bytes(question, "data")))),

  /** A record read strictly, and written again. */
  record: (question) => {
    const type = typeOf(textOf(question, "type"));
    return base64(dumps(type.write(type.read(parse(bytes(question, "data")), ""))));
  },

  /** What a wallet signs. */
  typed: (question) => {
    const type = typeOf(textOf(question, "type"));
    const message = type.read(parse(bytes(question, "data")), "");
    const domain = domainOf(question);
    const document = typedData(type, message, domain);
    return new Map<string, Json>([
      ["digest", digestOf(type, message, domain)],
      ["message", base64(dumps(type.write(message)))],
      ["types", JSON.stringify(document.types[type.title])],
    ]);
  },

  /** What follows from a contract. */
  contract: (question) => {
    const contract = readContract(bytes(question, "data"));
    return new Map<string, Json>([
      ["digest", contractDigest(contract)],
      ["task", taskIdOf(contract, domainOf(question))],
      ["participants", participants(contract)],
    ]);
  },

  /** The offer for one data set, as a single and as a standing authorization. */
  offer: (question) => {
    const contract = readContract(bytes(question, "data"));
    const task = textOf(question, "task") as Hex;
    const asked = offer(contract, task, textOf(question, "data_set"), {
      inputRoot: textOf(question, "input_root") as Hex,
      programsDigest: textOf(question, "programs_digest") as Hex,
      notBefore: BigInt(textOf(question, "not_before")),
      attempt: Number(textOf(question, "attempt")),
    });
    const single = optedIn(asked, list(question, "per_person"));
    const wide = standing(single, {
      uses: Number(textOf(question, "uses")),
      notAfter: BigInt(textOf(question, "not_after")),
      tasksPerDay: Number(textOf(question, "tasks_per_day")),
      nonce: BigInt(textOf(question, "nonce")),
      ranges: records.Ranges.read(parse(bytes(question, "ranges")), "ranges"),
      approvedSuccessors: question.get("approved_successors") === true,
    });
    const domain = domainOf(question);
    return [asked, single, wide].map(
      (item) =>
        new Map<string, Json>([
          ["digest", digestOf(records.Authorization, item.message, domain)],
          ["ask", askDigest(item.ask)],
        ]),
    );
  },

  /** Whether an offered authorization is what the contract needs. */
  check_offer: (question) => {
    const contract = readContract(bytes(question, "data"));
    const message = records.Authorization.read(parse(bytes(question, "message")), "");
    checkOffer(message, bytes(question, "ask"), contract, textOf(question, "task") as Hex);
    return true;
  },

  /** The sentence and the table of what is asked. */
  consent: (question) => {
    const message = records.Authorization.read(parse(bytes(question, "message")), "");
    const ask = readAsk(bytes(question, "ask"));
    const owner = textOf(question, "owner");
    const sentence = authorizationSentence(message, ask, owner);
    const table = consentTable(message, ask, owner, question.get("supports") as unknown as Supports);
    return [
      sentence.english,
      sentence.chinese,
      ...table.map((line) => [line.about.english, line.about.chinese, line.said.english, line.said.chinese]),
    ];
  },

  /** Root of a log's leaves. */
  root: (question) => rootOf(list(question, "leaves").map((leaf) => leafHash(fromBase64(leaf, "leaf")))),

  inclusion: (question) => {
    const [leaf, root] = [textOf(question, "leaf"), textOf(question, "root")] as [Hex, Hex];
    const [index, size] = [BigInt(textOf(question, "index")), BigInt(textOf(question, "size"))];
    verifyInclusion(leaf, index, size, list(question, "proof") as Hex[], root);
    return true;
  },

  consistency: (question) => {
    const [before, after] = [textOf(question, "old_root"), textOf(question, "new_root")] as [Hex, Hex];
    const [old, size] = [BigInt(textOf(question, "old_size")), BigInt(textOf(question, "new_size"))];
    verifyConsistency(old, before, size, after, list(question, "proof") as Hex[]);
    return true;
  },

  /** The payload of a signed envelope. */
  envelope: async (question) => base64(await openEnvelope(bytes(question, "data"), bytes(question, "key"))),

  /** A statement's type and predicate. */
  statement: (question) => {
    const { predicateType, statement } = parseStatement(bytes(question, "data"));
    const type = records.STATEMENTS[predicateType].type as unknown as RecordType<object>;
    return [predicateType, base64(dumps(type.write(statement)))];
  },

  /** A checkpoint that must be of this log and key; with a witness, the time of its cosignature. */
  checkpoint: async (question) => {
    const origin = originOf(question);
    const data = bytes(question, "data");
    const found = await openCheckpoint(data, origin, bytes(question, "key"));
    const witness = textOf(question, "witness");
    const note = parseCheckpoint(data);
    const time = witness ? await verifyCosignature(note, witness, bytes(question, "witness_key")) : 0n;
    return [String(found.size), found.root, String(time)];
  },

  /** Whether a key signed a message. */
  ed25519: async (question) => {
    await verifyEd25519(bytes(question, "key"), bytes(question, "signature"), bytes(question, "message"));
    return true;
  },

  /** The header of a read token, and the resource of a path. */
  access: (question) => {
    const access = records.Access.read(parse(bytes(question, "data")), "");
    return [accessHeader(access, textOf(question, "signature") as Hex), resourceOf(textOf(question, "path"))];
  },

  /** The calls that a wallet sends to the chain; Python's are its bindings'. */
  calls: (question) => {
    const [task, other] = [textOf(question, "task") as Hex, textOf(question, "other") as Hex];
    const signature = textOf(question, "signature") as Hex;
    return [
      reviewCall(task, true, other),
      reviewCall(task, false, other),
      returnUseCall(task, other, signature),
      useOfCall(task, other),
    ];
  },

  /** The account of passkeys, and what one of them signs for it; Python's are `chain/passkeys.py` and the contract's. */
  passkeys: (question) => {
    const { passkeys, factory, chain_id, salt, digest } = toPlain(question) as unknown as PasskeysQuestion;
    const contracts = { PasskeyAccounts: factory };
    const deployment = { chainId: BigInt(chain_id), deploymentId: salt, contracts };
    const account = accountOf(ownersOf(passkeys), deployment);
    return [account, challengeOf(digest, account, deployment)];
  },

  /** What the page shows of a coordinator's answers about one authorization. */
  review: (question) => {
    const found = reviewed(toPlain(question) as ReviewQuestion);
    return [found.digest, found.sentence.english, found.sentence.chinese];
  },

  /** RLP, decoded and encoded again. */
  rlp: (question) => base64(encodeRlp(decodeRlp(bytes(question, "data")))),

  /** A value of a Merkle-Patricia trie, or null where it has none. */
  trie: (question) => {
    const nodes = list(question, "nodes").map((node) => fromBase64(node, "node"));
    const found = lookup(bytes(question, "root"), bytes(question, "key"), nodes);
    return found === undefined ? null : base64(found);
  },

  /** An account's storage root. */
  account: (question) => {
    const nodes = list(question, "nodes").map((node) => fromBase64(node, "node"));
    const code = textOf(question, "code") ? bytes(question, "code") : undefined;
    return base64(storageRoot(bytes(question, "root"), bytes(question, "address"), nodes, code));
  },

  /** The blocks that a descent proves. */
  descent: (question) =>
    verifyDescent(records.Descent.read(parse(bytes(question, "data")), "")).map((block) => [
      block.hash,
      String(block.number),
      String(block.timestamp),
    ]),

  /** A block's header. */
  header: (question) => {
    const found = parseHeader(bytes(question, "data"));
    return [
      found.hash,
      found.parent,
      String(found.number),
      String(found.timestamp),
      toHex(found.stateRoot),
      toHex(found.receiptsRoot),
    ];
  },

  /** A receipt under a block's header. */
  receipt: (question) => {
    const proof = records.ReceiptProof.read(parse(bytes(question, "data")), "");
    const block = parseHeader(bytes(question, "header"));
    const found = verifyReceipt(block, proof);
    return [
      block.hash,
      found.kind,
      found.succeeded,
      ...found.logs.map((log) => [log.address, [...log.topics], base64(log.data)]),
    ];
  },

  /** A word of a contract's storage. */
  word: (question) => {
    const nodes = list(question, "nodes").map((node) => fromBase64(node, "node"));
    return word(bytes(question, "root"), bytes(question, "slot"), nodes);
  },

  /** A bundle's form, and what it holds. */
  bundle: (question) => {
    const found = readBundle(bytes(question, "data"));
    return [
      found.task,
      contractDigest(readContract(found.contract)),
      ...found.authorizations.map((item) => item.message.dataSet),
      ...found.logs.map((item) => item.party),
      [found.receipts.length, found.seals.length, found.successions.length, found.descent.windows.length],
      found.registers.map(([name]) => name),
    ];
  },

  /** Whether validators sealed the last of some headers. */
  finality: async (question) => {
    const headers = list(question, "headers").map((header) => fromBase64(header, "header"));
    const head = parseHeader(headers.at(-1) ?? new Uint8Array());
    return await verifyFinality(headers, head, textOf(question, "genesis") as Hex);
  },

  /** The ten steps over a bundle: outcomes with their words in both languages, and what they come to. */
  verify: async (question) => {
    const [trust, path] = [textOf(question, "trust"), textOf(question, "path")];
    const found = await verify(bytes(question, "data"), {
      trust: trust ? readTrust(bytes(question, "trust")) : undefined,
      path: path ? readPath(bytes(question, "path")) : undefined,
    });
    const said = verdict(found.steps);
    return [
      found.task ?? null,
      found.state,
      [said.en, said.zh],
      ...found.steps.map((step) => [step.outcome, shortened(step.detail.en), shortened(step.detail.zh)]),
    ];
  },

  /** The five steps over a receipt of a session's answer: outcomes with their words in both languages. */
  answer: async (question) => {
    const [root, time] = [textOf(question, "root"), textOf(question, "time")];
    const keys = list(question, "keys").map((key) => fromBase64(key, "key"));
    const found = await verifyAnswer(bytes(question, "receipt"), bytes(question, "proof"), {
      source: { en: "the question", zh: "问题" },
      nodeKeys: () => keys,
      anchored: async () => (root ? { root: root as Hex, time: time ? BigInt(time) : undefined } : undefined),
    });
    return found.map((step) => [step.outcome, shortened(step.detail.en), shortened(step.detail.zh)]);
  },

  /** An ask from its canonical bytes. */
  ask: (question) => askDigest(readAsk(bytes(question, "data"))),
};

/** Of a refusal its code: sentences about malformed bytes are each reader's own. */
function shortened(said: string): string {
  return /\[[a-z][a-z0-9_.]*\]$/.exec(said)?.[0] ?? said;
}

/** The coordinator's answers about one authorization, and the owner's own deployment file. */
export interface ReviewQuestion {
  readonly status: Schemas["TaskStatus"];
  readonly request: Schemas["AuthorizationRequest"];
  readonly contracts: Readonly<Record<string, Hex>>;
  readonly deployment_id: Hex;
}

/** The review of them. */
export function reviewed(question: ReviewQuestion): Review {
  const deployment = { chainId: 1n, deploymentId: question.deployment_id, contracts: question.contracts };
  return review(question.status, question.request, question.request.owner, deployment);
}

/** The questions' record type of a name. */
export function typeOf(name: string): RecordType<object> {
  const found = (records as unknown as Record<string, RecordType<object> | undefined>)[name];
  if (found === undefined) throw new Error(`no record ${name}`);
  return found;
}

interface PasskeysQuestion {
  readonly passkeys: readonly Passkey[];
  readonly factory: Hex;
  readonly chain_id: string;
  readonly salt: Hex;
  readonly digest: Hex;
}

function originOf(question: JsonObject): Origin {
  const given = question.get("origin") as JsonObject;
  return {
    deployment: textOf(given, "deployment") as Hex,
    chainId: BigInt(textOf(given, "chain_id")),
    party: textOf(given, "party"),
    epoch: BigInt(textOf(given, "epoch")),
  };
}

function domainOf(question: JsonObject): Domain {
  const domain = question.get("domain");
  if (!isObject(domain)) throw new Error("a domain is missing");
  return {
    chainId: BigInt(textOf(domain, "chain_id")),
    verifyingContract: textOf(domain, "contract") as Hex,
    salt: textOf(domain, "salt") as Hex,
  };
}

export function textOf(question: JsonObject, name: string): string {
  const found = question.get(name);
  if (typeof found !== "string") throw new Error(`the question has no text ${name}`);
  return found;
}

export function bytes(question: JsonObject, name: string): Uint8Array {
  const found = textOf(question, name);
  return /^0x([0-9a-fA-F]{2})*$/.test(found) ? fromHex(found as Hex) : fromBase64(found, name); // base64 may begin with 0x, too
}

export function list(question: JsonObject, name: string): readonly string[] {
  return question.get(name) as readonly string[];
}

export function base64(data: Uint8Array): string {
  return toBase64(data);
}
