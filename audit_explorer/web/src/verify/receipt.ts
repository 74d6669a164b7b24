/** Verification of an answer's receipt in five numbered steps (`protocol/verify_receipt.py`), in the same words. */

import { type Hex, sha256Hex, utf8 } from "../base/bytes";
import { TallyError } from "../base/errors";
import { dumps, loads } from "../base/json";
import { AnswerProof, type AnswerReceipt, LIMITS, SessionTerms } from "../generated/records";
import { RECEIPT_STEPS, type Said } from "../generated/words";
import {
  type Checkpoint,
  type Origin,
  openCheckpoint,
  originText,
  parseCheckpoint,
  signedBy,
} from "../protocol/checkpoint";
import { openEnvelope, parseEnvelope } from "../protocol/dsse";
import { leafHash, verifyInclusion } from "../protocol/merkle";
import { timeSaid } from "../protocol/sentences";
import { readBatch, readReceipt, receiptOf, requireHeld, signerOf } from "../protocol/sessions";
import { Answer, fails, missing, type Shown, same, show } from "./answers";
import type { Outcome, StepResult } from "./verify";

/** A root that the chain holds for a log's size; `time` is that of the block that anchored it, where it is one that was asked for. */
export interface AnchoredHead {
  readonly root: Hex;
  readonly time: bigint | undefined;
}

/** What somebody knows of the registry and the anchors by a way of its own; `source` says by which. */
export interface Facts {
  readonly source: Said;
  readonly nodeKeys: (party: string) => readonly Uint8Array[];
  readonly anchored: (origin: Origin, size: bigint, after: bigint, until: bigint) => Promise<AnchoredHead | undefined>;
}

/** Check a receipt (its envelope) and the proof that its holder gave out; never throws for what they hold. */
export async function verifyAnswer(
  envelope: Uint8Array,
  proof: Uint8Array,
  facts: Facts,
): Promise<readonly StepResult[]> {
  const check = new Check(envelope, proof, facts);
  const steps = [check.signed, check.agreed, check.batched, check.logged, check.anchored];
  const done: StepResult[] = [];
  for (const [at, title] of RECEIPT_STEPS.entries()) {
    const step = steps[at];
    const stopped = step === undefined || done.some((item) => item.outcome === "fails");
    const [outcome, detail]: readonly [Outcome, Said] = stopped
      ? ["cannot", { en: "A step before it does not hold.", zh: "之前的步骤不成立。" }]
      : await answered(() => step.call(check));
    done.push({ number: at + 1, title, outcome, detail });
  }
  return done;
}

/** The steps, each of which takes what the ones before it established. */
class Check {
  private receipt: AnswerReceipt | undefined;
  private shown: AnswerProof | undefined;
  private head: Checkpoint | undefined;

  constructor(
    private readonly envelope: Uint8Array,
    private readonly proof: Uint8Array,
    private readonly facts: Facts,
  ) {}

  /** Step 1: by a key that is the party's own. */
  async signed(): Promise<Said> {
    const { party } = readReceipt(parseEnvelope(this.envelope).payload);
    const it = await receiptOf(this.envelope, this.facts.nodeKeys(party));
    this.receipt = it;
    const [at, source] = [said(it.time), this.facts.source];
    return {
      en: `${it.party} gave ${it.asker} answer ${it.answered} on ${at}; node keys: ${source.en}.`,
      zh: `${it.party}于${at}向${it.asker}给出第${it.answered}次答复；节点密钥：${source.zh}。`,
    };
  }

  /** Step 2: the session is the digest of the terms, so they are the ones that the receipt is signed for. */
  async agreed(): Promise<Said> {
    this.shown = AnswerProof.read(loads(this.proof, AnswerProof.limit), "");
    const [{ terms }, receipt] = [this.shown, this.established()];
    equal("session", "会话", sha256Hex(dumps(SessionTerms.write(terms))), receipt.session);
    equal("holder", "名单持有方", terms.party, receipt.party);
    if (!terms.askers.some((asker) => asker.party === receipt.asker)) {
      throw fails(`${receipt.asker} may not ask.`, `${receipt.asker}不得查询。`);
    }
    if (receipt.time < terms.begins || receipt.time >= terms.ends) {
      const [at, begins, ends] = [said(receipt.time), said(terms.begins), said(terms.ends)];
      throw fails(
        `The answer's time is ${at}, the session's is ${begins} to ${ends}.`,
        `答复时间为${at}，会话期限为${begins}至${ends}。`,
      );
    }
    return {
      en: `session ${receipt.session}: ${terms.service} ${terms.subject}.`,
      zh: `会话${receipt.session}：${terms.service} ${terms.subject}。`,
    };
  }

  /** Step 3: its leaf is where its number says, so no other receipt has that number in the log. */
  async batched(): Promise<Said> {
    const [receipt, shown] = [this.established(), this.given()];
    const { envelope } = shown.batch;
    const key = signerOf(envelope, this.facts.nodeKeys(receipt.party));
    const batch = readBatch(await openEnvelope(envelope, key));
    requireHeld(batch, receipt, shown.path);
    return {
      en: `batch ${batch.number} has answers ${batch.first} to ${batch.last}, root ${batch.root}.`,
      zh: `第${batch.number}批含第${batch.first}至${batch.last}次答复，根${batch.root}。`,
    };
  }

  /** Step 4: inclusion under a checkpoint that one of the party's keys signed. */
  async logged(): Promise<Said> {
    const shown = this.given();
    const note = parseCheckpoint(utf8(shown.checkpoint));
    const { origin, size, root } = note.checkpoint;
    equal("log", "日志", origin.party, this.established().party);
    const key = this.facts.nodeKeys(origin.party).find((each) => signedBy(note, each));
    if (key === undefined) {
      throw fails("No key of the party signed the checkpoint.", "该检查点没有该方任何密钥的签名。");
    }
    await openCheckpoint(utf8(shown.checkpoint), origin, key);
    const { batch } = shown;
    verifyInclusion(leafHash(batch.envelope), BigInt(batch.index), size, batch.proof, root);
    this.head = note.checkpoint;
    const log = originText(origin);
    return {
      en: `entry ${batch.index} of ${size} in ${log}.`,
      zh: `${log}的${size}条目中的第${batch.index}条。`,
    };
  }

  /** Step 5: the chain has that root, in a block of a time within the delay. */
  async anchored(): Promise<Said> {
    const head = this.head;
    if (head === undefined) throw missing("The log's head was not established.", "未能确定日志的检查点。");
    const [receipt, { delay }] = [this.established(), this.given().terms];
    // a block's time and a node's clock may differ by as much as two nodes' clocks
    const skew = LIMITS.clockSkew;
    const [after, until] = [BigInt(receipt.time - skew), BigInt(receipt.time + delay + skew)];
    const found = await this.facts.anchored(head.origin, head.size, after, until);
    if (found === undefined) {
      const log = originText(head.origin);
      throw fails(`Nothing is anchored of ${log} at size ${head.size}.`, `链上没有${log}在大小${head.size}处的存证。`);
    }
    equal("anchored root", "链上根", found.root, head.root);
    if (found.time === undefined || found.time < after || found.time > until) {
      throw fails(
        `It was not anchored from ${timeSaid(after)} to ${timeSaid(until)}: ${delay} s, and ${skew} s for clocks.`,
        `其未在${timeSaid(after)}至${timeSaid(until)}（${delay}秒，时钟差异另计${skew}秒）之间上链存证。`,
      );
    }
    const [at, source] = [timeSaid(found.time), this.facts.source];
    return {
      en: `${source.en}: anchored on ${at}, within ${delay} s.`,
      zh: `${source.zh}：于${at}上链存证，未超过${delay}秒。`,
    };
  }

  private established(): AnswerReceipt {
    if (this.receipt === undefined) {
      throw missing("The receipt's signature was not established.", "未能确定回执的签名。");
    }
    return this.receipt;
  }

  private given(): AnswerProof {
    if (this.shown === undefined) throw missing("The proof was not read.", "未能读取证明。");
    return this.shown;
  }
}

async function answered(step: () => Promise<Said>): Promise<readonly [Outcome, Said]> {
  try {
    return ["holds", await step()];
  } catch (error) {
    if (error instanceof Answer) return [error.outcome, error.words];
    if (!(error instanceof TallyError)) throw error;
    const words = `${error.what} [${error.code}]`;
    return [error.code === "browser.ed25519" ? "cannot" : "fails", { en: words, zh: words }];
  }
}

function said(seconds: number): string {
  return timeSaid(BigInt(seconds));
}

function equal(en: string, zh: string, found: Shown, expected: Shown): void {
  if (!same(found, expected)) {
    throw fails(`${en}: ${show(found)}, expected ${show(expected)}.`, `${zh}：${show(found)}，应为${show(expected)}。`);
  }
}
