/** Part of step 6: what the parties say that they computed with, against each other, the contract and the registry (`protocol/verify_backend.py`). */

import { TallyError } from "../base/errors";
import { sortedSet } from "../base/text";
import { BACKENDS, MALICIOUS } from "../generated/evidence";
import { MpcParameters, type RunStatement } from "../generated/records";
import { programs } from "../protocol/contract";
import { bare, fails, missing, type Shown, same, show } from "./answers";
import type { Story } from "./story";

/** A sentence about two values. */
type Told = (left: string, right: string) => readonly [en: string, zh: string];
type Pair = readonly [en: string, zh: string, left: Shown, right: Shown];

/** Every run statement of every party names what is published, and one and the same committee and stack, which serve the task. */
export function computedWith(story: Story): void {
  const stated = [...story.logs.keys()]
    .sort()
    .flatMap((party) => story.statements(party, "run").map((run) => [party, run] as const));
  const [first] = stated;
  if (first === undefined) return;
  const [whose, run] = first;
  for (const [party, other] of stated) {
    asPublished(story, party, other);
    agree(
      [
        ["committee", "计算委员会", run.committee, other.committee],
        ["protocol stack", "协议栈", MpcParameters.write(run.mpc), MpcParameters.write(other.mpc)],
      ],
      (left, right) => [`${whose} states ${left}, ${party} ${right}`, `${whose}声明${left}，${party}声明${right}`],
    );
  }
  if (story.linked) serves(story, run);
}

/** A node states the digests of what it has installed: the contract's engine and programs, as the registry has them. */
function asPublished(story: Story, party: string, run: RunStatement): void {
  const { steps } = story.contract;
  const due = new Map(
    steps.map((step) => [step.id, `${step.program} ${bare(story.program(step.program).codeDigest)}`]),
  );
  const ran = new Map(run.steps.map((step) => [step.id, `${step.program} ${bare(step.code)}`]));
  agree(
    [
      ["engine", "计算引擎", bare(run.engine), bare(story.engine().codeDigest)],
      ["steps", "步骤", run.steps.map((step) => step.id).join(", "), steps.map((step) => step.id).join(", ")],
      ...sortedSet([...due.keys(), ...ran.keys()]).map(
        (step) => [`step ${step}`, `步骤${step}`, ran.get(step) ?? "-", due.get(step) ?? "-"] as const,
      ),
    ],
    (left, right) => [`${party} states ${left}, published is ${right}`, `${party}声明${left}，已发布的为${right}`],
  );
}

function serves(story: Story, run: RunStatement): void {
  const { mpc: used } = run;
  const asked = story.contract.protectionLevel;
  const parties = run.committee.length;
  const facts = BACKENDS.find((known) => known.name === used.backend);
  if (facts === undefined) {
    throw missing(
      `This verifier knows no protocol stack '${used.backend}': use a newer one.`,
      `本验证器不认识协议栈'${used.backend}'：请使用更新的版本。`,
    );
  }
  const promised = programs(story.contract).map((program) => story.program(program));
  const lowest = Math.min(asked, ...promised.map((program) => program.protectionLevel));
  agree(
    [
      ["committee", "计算委员会", run.committee, story.contract.committee],
      ["field", "有限域", String(used.field), facts.field],
      ["security model", "安全模型", used.securityModel, facts.securityModel],
      ["threshold", "门限", used.threshold, thresholdOf(parties)],
      ["statistical parameter", "统计安全参数", used.kappa, facts.kappa],
      ["lowest level of the programs", "程序的最低保护等级", lowest, asked],
    ],
    (left, right) => [`stated or registered ${left}, due ${right}`, `声明或登记为${left}，应为${right}`],
  );
  const model = Math.max(
    asked >= MALICIOUS.fromLevel ? MALICIOUS.model : 1,
    ...promised.map((program) => program.securityModel),
  );
  const refusal = refusalOf(facts, parties, asked, model);
  if (refusal !== undefined) {
    throw fails(
      `The task ran on ${used.backend}, which cannot serve it (${refusal[0]}): ${refusal[1]}`,
      `任务运行于${used.backend}，该协议栈不满足任务要求（${refusal[0]}）。`,
    );
  }
}

/** Why a task cannot run on a stack: code and sentence (`protocol/backends.py`); undefined when it can. */
function refusalOf(
  facts: (typeof BACKENDS)[number],
  parties: number,
  level: number,
  model: number,
): readonly [code: string, what: string] | undefined {
  if (parties < facts.leastParties || parties > facts.mostParties) {
    const span = `${facts.leastParties} to ${facts.mostParties}`;
    return ["backend.committee", `No protocol stack computes among ${parties} parties (${facts.name}: ${span}).`];
  }
  if (facts.securityModel < model) {
    const against = model === MALICIOUS.model ? "parties that deviate" : "parties that follow the protocol";
    return ["backend.security_model", `No protocol stack for ${parties} parties is secure against ${against}.`];
  }
  if (facts.highestLevel < level) {
    const reached = `reaches protection level ${level} (${facts.name}: ${facts.highestLevel})`;
    return ["backend.level", `No protocol stack for ${parties} parties ${reached}.`];
  }
  return undefined;
}

/** The Shamir threshold of a committee: the largest honest majority; one that keeps no secret is refused. */
function thresholdOf(parties: number): number {
  if (parties < 3) {
    throw new TallyError(
      "mpc.no_honest_majority",
      `${parties} compute parties: below three the threshold is 0 and nothing is secret.`,
      "Name at least three compute parties with distinct operators.",
    );
  }
  return Math.floor((parties - 1) / 2);
}

function agree(pairs: readonly Pair[], told: Told): void {
  for (const [en, zh, left, right] of pairs) {
    if (!same(left, right)) {
      const [english, chinese] = told(show(left), show(right));
      throw fails(`${en}: ${english}.`, `${zh}：${chinese}。`);
    }
  }
}
