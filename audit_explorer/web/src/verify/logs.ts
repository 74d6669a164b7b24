/**
 * Steps 4 and 5 of the verification: whose statements they are, that each is in its log, and that none was left out
 * (`protocol/verify_logs.py`).
 *
 * What a party stated about a task is whole when its last entry is a list of it and everything that this lists is there. Only
 * then does the absence of a statement mean anything.
 */

import { fromHex, type Hex, utf8 } from "../base/bytes";
import { TallyError } from "../base/errors";
import type { TaskEndStatement } from "../generated/records";
import type { Said } from "../generated/words";
import { openCheckpoint } from "../protocol/checkpoint";
import { verifyEnvelope } from "../protocol/dsse";
import { leafHash, verifyConsistency, verifyInclusion } from "../protocol/merkle";
import { onChain } from "../protocol/trie";
import { bare, fails, missing, nothing, show } from "./answers";
import type { Found } from "./ledger";
import type { Entry, Story } from "./story";

/** Step 4: the key counts that was registered when the log size holding the entry came on chain. */
export async function envelopes(story: Story): Promise<Said> {
  let count = 0;
  for (const party of partiesWithLogs(story)) {
    const anchored = story.anchored(party);
    const committed = story.commitments.get(party);
    for (const entry of story.entriesOf(party)) {
      const before = committed !== undefined && BigInt(entry.index) < committed.event.logSize;
      await checkEnvelope(story, party, entry, (before ? committed : anchored).event.keyPeriod);
      count += 1;
    }
  }
  return { en: `${count} envelopes verified.`, zh: `已验证${count}份封装。` };
}

async function checkEnvelope(story: Story, party: string, entry: Entry, period: bigint): Promise<void> {
  const key = story.nodeKey(party, period);
  try {
    await verifyEnvelope(entry.envelope, fromHex(key));
  } catch (error) {
    if (!(error instanceof TallyError) || error.code.startsWith("browser.")) throw error;
    throw fails(
      `Entry ${entry.index} of ${party} is not signed by its node key ${bare(key)}: ${error.message}.`,
      `${party}的第${entry.index}条记录并非由其节点密钥${bare(key)}签名。`,
    );
  }
}

/** Step 5: inclusion of every entry, the signed checkpoint, consistency with earlier roots, and that nothing was left out. */
export async function logs(story: Story): Promise<Said> {
  const parties = partiesWithLogs(story);
  for (const party of parties) await checkLog(story, party);
  for (const party of parties) {
    ownList(story, party);
    requireWhole(story, party);
  }
  return {
    en:
      "All entries are included, each log continues its earlier anchored roots, and each party's statements end with a " +
      "signed list in which none is missing.",
    zh: "全部记录均包含在内，各日志延续其先前上链的根，且各方声明以一份无缺漏的签名清单结束。",
  };
}

async function checkLog(story: Story, party: string): Promise<void> {
  const [log, anchored] = [story.log(party), story.anchored(party)];
  if (anchored.event.root !== log.root) {
    throw fails(
      `${party}'s log root is ${bare(log.root)}, anchored is ${bare(anchored.event.root)}.`,
      `${party}的日志根为${bare(log.root)}，上链的为${bare(anchored.event.root)}。`,
    );
  }
  const { deployment, chainId } = story.trust;
  const origin = { deployment, chainId, party, epoch: BigInt(log.epoch) };
  const key = story.nodeKey(party, anchored.event.keyPeriod);
  const head = await openCheckpoint(utf8(log.checkpoint), origin, fromHex(key));
  if (head.size !== BigInt(log.size) || head.root !== log.root) {
    throw fails(
      `${party}'s checkpoint says size ${head.size}, root ${bare(head.root)}; the log ${log.size}, ${bare(log.root)}.`,
      `${party}的检查点为大小${head.size}、根${bare(head.root)}；日志为${log.size}、${bare(log.root)}。`,
    );
  }
  for (const item of log.entries) {
    verifyInclusion(leafHash(item.envelope), BigInt(item.index), head.size, item.proof, log.root);
  }
  const proven = new Map(log.consistency.map((item) => [`${item.size} ${item.root}`, item.proof]));
  for (const [size, root] of earlierHeads(story, party, anchored)) {
    const proof = proven.get(`${size} ${root}`);
    if (proof === undefined) {
      throw missing(
        `The consistency proof of ${party}'s log from size ${size} is missing.`,
        `缺少${party}日志自大小${size}起的一致性证明。`,
      );
    }
    verifyConsistency(size, root, head.size, log.root, proof);
  }
}

/** The task's commitment and the anchor before: both must be prefixes of the anchored log. */
function earlierHeads(story: Story, party: string, anchored: Found<"Anchored">): readonly (readonly [bigint, Hex])[] {
  const heads: (readonly [bigint, Hex])[] = [];
  const committed = story.commitments.get(party)?.event;
  const { epoch, oldSize } = anchored.event;
  if (committed !== undefined) {
    if (committed.epoch !== epoch) {
      throw missing(
        `${party} committed in epoch ${committed.epoch}, and its log here is that of epoch ${epoch}.`,
        `${party}在第${committed.epoch}期日志中承诺，此处为第${epoch}期日志。`,
      );
    }
    heads.push([committed.logSize, committed.logRoot]);
  }
  if (oldSize > 0n) heads.push([oldSize, story.ledger.registers.anchoredRoot(anchored.event.party, epoch, oldSize)]);
  return heads;
}

/** A party's list against what it signed itself: each position once, below the list's own, and all that is here. */
function ownList(story: Story, party: string): void {
  const entries = story.entriesOf(party);
  for (const entry of entries.filter((each) => each.kind === "task-end")) {
    const listed = (entry.stated.statement as TaskEndStatement).entries;
    if (listed.some((position, at) => position >= entry.index || (at > 0 && (listed[at - 1] ?? 0) >= position))) {
      throw fails(
        `${party} lists as its statements about the task ${show(listed)}, in its entry ${entry.index}.`,
        `${party}在第${entry.index}条记录中所列的任务声明为${show(listed)}。`,
      );
    }
    const leftOut = entries.map((other) => other.index).filter((at) => at < entry.index && !listed.includes(at));
    if (leftOut.length > 0) {
      throw fails(
        `${party} leaves its own entries ${numbers(leftOut)} out of its list of statements about the task.`,
        `${party}的任务声明清单遗漏了其自身的第${numbers(leftOut)}条记录。`,
      );
    }
  }
}

/** "Cannot be checked" unless everything is here that a party stated about the task. */
export function requireWhole(story: Story, party: string): void {
  requireLog(story, party);
  const entries = story.entriesOf(party);
  const last = entries.at(-1);
  if (last?.kind !== "task-end") {
    throw missing(
      `${party}'s list of its statements about the task is not in the bundle: its node signs it when its part has ` +
        "ended, or when it is back.",
      `证据包中没有${party}的任务声明清单：其节点在自身部分结束后，或恢复运行后签署。`,
    );
  }
  const here = new Set(entries.map((entry) => entry.index));
  const absent = [...new Set((last.stated.statement as TaskEndStatement).entries)].filter((at) => !here.has(at));
  if (absent.length > 0) {
    throw missing(
      `${party}'s entries ${numbers(absent)}, which it lists as statements about the task, are not in the bundle.`,
      `证据包中没有${party}列为任务声明的第${numbers(absent)}条记录。`,
    );
  }
}

/** "Cannot be checked" unless what is not here was never stated: a log that was lost was followed by another epoch's. */
export function requireAllSaid(story: Story, party: string): void {
  requireWhole(story, party);
  const { epoch } = story.log(party);
  if (epoch) {
    throw missing(
      `${party}'s log is that of epoch ${epoch}: what it stated in an earlier one is not in the bundle.`,
      `${party}的日志属于第${epoch}期：其更早各期的声明不在证据包中。`,
    );
  }
}

/** "Cannot be checked" unless there is a log of a party here. */
export function requireLog(story: Story, party: string): void {
  story.log(party);
}

/** The ids on chain of a party's own data sets. */
export function ownDataSets(story: Story, party: string): readonly Hex[] {
  return story.contract.inputs.filter((item) => item.owner === party).map((item) => onChain(item.dataSet));
}

/** Who must have a log here: all owners and the committee of a task that started, and whoever's node ended one that did not. */
export function partiesWithLogs(story: Story): readonly string[] {
  const absent = story.owing.filter((party) => !story.logs.has(party));
  if (absent.length > 0) {
    throw missing(
      `No log of ${absent.join(", ")} is in the bundle, which shows what they stated and what they did not.`,
      `证据包中没有${absent.join("、")}的日志，无从得知其声明与未声明的内容。`,
    );
  }
  if (story.logs.size === 0) {
    throw nothing("The task did not start: nobody had to state anything.", "任务未曾启动：无需任何声明。");
  }
  return [...story.logs.keys()].sort();
}

function numbers(positions: readonly number[]): string {
  return [...positions].sort((one, other) => one - other).join(", ");
}
