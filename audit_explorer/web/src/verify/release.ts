/** Step 9 of the verification: results left the nodes after completion and review, as committed, and were attested (`protocol/verify_release.py`). */

import type { ReleaseStatement } from "../generated/records";
import { type Said, TASK_STATE_NUMBERS } from "../generated/words";
import { outputName } from "../protocol/commitments";
import { resultUsers } from "../protocol/contract";
import { onChain } from "../protocol/trie";
import { bare, fails, missing, same, show } from "./answers";
import type { Found } from "./ledger";
import type { Story } from "./story";

type Released = ReadonlyMap<string, readonly ReleaseStatement[]>;

/** The chain's completion (and review) stands in every release; commitments match; results are attested. */
export function release(story: Story): Said {
  const released: Released = new Map([...story.logs.keys()].map((p) => [p, story.statements(p, "release")]));
  const { completed, contract } = story;
  if (completed === undefined) return notCompleted(story, released);
  let reviewed: bigint | null = null;
  if (contract.reviewer) {
    const review = story.ledger.one("OutputReviewed", { task: story.task });
    if (review === undefined) return unreviewed(story, released);
    if (!review.event.approved) {
      return closed(released, {
        en: `${contract.reviewer} rejected the output`,
        zh: `${contract.reviewer}未批准结果`,
      });
    }
    reviewed = review.block;
  }
  for (const party of story.committers) {
    const own = released.get(party) ?? [];
    const users = new Set(own.map((item) => item.resultUser));
    const absent = resultUsers(contract).filter((user) => !users.has(user));
    if (absent.length > 0) {
      throw missing(
        `${party}'s release to ${absent.join(", ")} is not in the bundle.`,
        `证据包中没有${party}对${absent.join("、")}的释放声明。`,
      );
    }
    for (const item of own) checkRelease(story, party, item, completed, reviewed);
  }
  return attested(story, completed);
}

function notCompleted(story: Story, released: Released): Said {
  if (story.facts.state === TASK_STATE_NUMBERS.completed) {
    throw missing(
      "The task completed, and its TaskCompleted event is not in the bundle.",
      "任务已完成，而证据包中没有TaskCompleted事件。",
    );
  }
  const culprits = whoReleased(released);
  if (culprits.length > 0) {
    throw fails(
      `${culprits.join(", ")} released although the task never completed.`,
      `任务未完成，${culprits.join("、")}却释放了结果。`,
    );
  }
  return { en: "The task did not complete, and nothing was released.", zh: "任务未完成，未释放任何结果。" };
}

function checkRelease(
  story: Story,
  party: string,
  item: ReleaseStatement,
  completed: Found<"TaskCompleted">,
  reviewed: bigint | null,
): void {
  const committed = new Map(
    story
      .statements(party, "output-commitment")
      .flatMap((said) => said.outputs.map((output) => [output.name, output.commitment] as const)),
  );
  if (item.completed !== completed.block || item.completedHash !== completed.blockHash) {
    throw fails(
      `${party} released on block ${item.completed} ${bare(item.completedHash)}, completion is ` +
        `${completed.block} ${bare(completed.blockHash)}.`,
      `${party}依据区块${item.completed}释放，任务完成于区块${completed.block}。`,
    );
  }
  if (item.reviewed !== reviewed) {
    throw fails(
      `${party} released on the review of block ${show(item.reviewed)}, the chain's is of block ${show(reviewed)}.`,
      `${party}依据区块${show(item.reviewed)}的复核释放，链上的复核在区块${show(reviewed)}。`,
    );
  }
  for (const output of item.outputs) {
    const due = committed.get(output.name);
    if (due === undefined) {
      throw missing(
        `${party}'s commitment to what it released (${bare(output.commitment)}) is not in the bundle.`,
        `证据包中没有${party}对所释放内容（${bare(output.commitment)}）的承诺。`,
      );
    }
    if (due !== output.commitment) {
      throw fails(
        `${party} released a share that it had not committed to (${bare(output.commitment)}).`,
        `${party}释放了未承诺的份额（${bare(output.commitment)}）。`,
      );
    }
  }
  const entitled = story.contract.outputs.filter((output) => output.users.includes(item.resultUser));
  const [sent, due] = [item.outputs.map((output) => output.name), entitled.map((each) => outputName(each.source))];
  if (!same([...new Set(sent)].sort(), [...new Set(due)].sort())) {
    throw fails(
      `${party} released other outputs to ${item.resultUser} than the contract names.`,
      `${party}向${item.resultUser}释放的输出与合约不符。`,
    );
  }
}

/** Nobody said a word in time: as rejected, once the chain says that the time is over. */
function unreviewed(story: Story, released: Released): Said {
  if (story.ledger.one("ReviewExpired", { task: story.task }) === undefined) {
    throw missing("The reviewer's word is not in the bundle.", "证据包中没有复核方的意见。");
  }
  const { reviewer } = story.contract;
  return closed(released, { en: `${reviewer} did not review in time`, zh: `${reviewer}未按期复核` });
}

/** Nobody may have released what was not approved. */
function closed(released: Released, said: Said): Said {
  const culprits = whoReleased(released);
  if (culprits.length > 0) {
    throw fails(
      `${culprits.join(", ")} released although ${said.en}.`,
      `${said.zh}，${culprits.join("、")}却释放了结果。`,
    );
  }
  return { en: `${said.en}, and nothing was released.`, zh: `${said.zh}，未释放任何内容。` };
}

function whoReleased(released: Released): readonly string[] {
  return [...released]
    .filter(([, found]) => found.length > 0)
    .map(([party]) => party)
    .sort();
}

function attested(story: Story, completed: Found<"TaskCompleted">): Said {
  const hashes = resultUsers(story.contract).map((user) => {
    const found = story.ledger.one("ResultAttested", { task: story.task, resultUser: onChain(user) });
    if (found === undefined) throw missing(`${user} has not attested its result.`, `${user}尚未确认其结果。`);
    const { runId, resultHash, keyPeriod } = found.event;
    if (runId !== completed.event.runId) {
      throw fails(
        `${user} attested run ${bare(runId)}, completed is ${bare(completed.event.runId)}.`,
        `${user}确认的运行为${bare(runId)}，完成的为${bare(completed.event.runId)}。`,
      );
    }
    const by =
      keyPeriod > 0n ? { en: `node key ${keyPeriod}`, zh: `第${keyPeriod}期节点密钥` } : { en: "wallet", zh: "钱包" };
    return { en: `${user} ${resultHash} (${by.en})`, zh: `${user} ${resultHash}（${by.zh}）` };
  });
  return {
    en:
      `Released after block ${completed.block}; attested result hash: ${hashes.map((said) => said.en).join("; ")}. A lone attestation ` +
      "is its user's claim; who holds the result file can recompute the hash.",
    zh: `在区块${completed.block}之后释放；已确认的结果哈希：${hashes.map((said) => said.zh).join("；")}。单独的确认仅为使用方之声明，持有结果文件者可重算哈希。`,
  };
}
