/**
 * What an owner is asked, laid out: who, what, why, for whom, until when, and what leaves (`protocol/consent_table.py`).
 *
 * The same facts as the sentence, which stays what people agree to, in its order and words.
 */

import type { Hex } from "../base/bytes";
import type { Ask, Authorization, Words } from "../generated/records";
import { SUPPORTS } from "../generated/words";
import { inputOf, ZERO32 } from "./contract";
import * as say from "./sentences";

/** One line of the table: what it is about ("" where it goes on about the same), and what is asked. */
export interface Line {
  readonly about: Words;
  readonly said: Words;
}

/** What outputs' numbers are about, by source: the descriptor's words (`protocol/support.py`). */
export type Supports = ReadonlyMap<string, keyof typeof SUPPORTS>;

/** The lines of what `owner` is asked; what no entry of `supports` says counts as about single people. */
export function consentTable(m: Authorization, ask: Ask, owner: string, supports: Supports): readonly Line[] {
  const asked = ask.contract;
  const own = inputOf(asked, ask.dataSet);
  const others = asked.inputs.filter((item) => item.dataSet !== ask.dataSet);
  const starters = say.starters(m, ask);
  const rows = words(
    say.englishRows(own).replace(/^, /, "") || "all rows",
    say.chineseRows(own).replace(/^，/, "") || "全部行",
  );
  return [
    line(
      "Who asks",
      "请求方",
      `${m.proposer}; started by ${say.listed(starters)}`,
      `${m.proposer}；由 ${starters.join("、")} 启动`,
    ),
    line("Whose data", "数据方", owner, owner),
    line("What", "数据", `${m.dataSet}, version ${m.dataVersion}`, `${m.dataSet} 第 ${m.dataVersion} 版`),
    line("", "", `columns ${own.columns.join(", ")}`, `列 ${own.columns.join("、")}`),
    { about: words("", ""), said: rows },
    ...many(
      "Together with",
      "一起计算",
      others.map((item) => words(say.englishInput(item), say.chineseInput(item))),
    ),
    line("Why", "目的", say.quoted(m.purpose), say.quoted(m.purpose)),
    line("Legal basis", "合法性基础", say.quoted(m.legalBasis), say.quoted(m.legalBasis)),
    { about: words("Impact assessment", "影响评估"), said: hashSaid(m.impactAssessment) },
    ...many(
      "What leaves",
      "释放内容",
      asked.outputs.map((output) => leaves(output.source, output.users, supports)),
    ),
    line("", "", "nobody else can read them", "其他任何一方均不能读取"),
    ...many(
      "What stays",
      "保留内容",
      asked.keeps.map((keep) => {
        const until = say.timeSaid(keep.until);
        return words(
          `${keep.source}, as shares at the compute parties until ${until}; only ${say.listed(keep.users)} may have it used`,
          `${keep.source}，以份额形式保留在各计算方，至 ${until}；仅 ${keep.users.join("、")} 可提出使用`,
        );
      }),
    ),
    { about: words("For", "范围"), said: scope(m) },
    ...standing(m, ask),
    line("From", "自", say.timeSaid(m.notBefore), say.timeSaid(m.notBefore)),
    line("Until", "至", say.timeSaid(m.notAfter), say.timeSaid(m.notAfter)),
    ...many(
      "How",
      "计算",
      asked.steps.map((step) => {
        const sources = say.sourcesSaid(step);
        return words(
          `${say.stepSaid(step)} from ${say.listed(sources)}`,
          `${say.stepSaid(step)}，取自 ${sources.join("、")}`,
        );
      }),
    ),
    ...many(
      "",
      "",
      asked.models.map((item) => words(`with ${say.modelSaid(item)}`, `使用 ${say.modelSaid(item)}`)),
    ),
    line(
      "Programs",
      "程序",
      `${m.programs.join(", ")}; engine ${m.engine}`,
      `${m.programs.join("、")}；引擎 ${m.engine}`,
    ),
    ...(m.approvedSuccessors
      ? [
          line(
            "",
            "",
            "newer releases that certifiers approved as successors may run in their place",
            "经认证方批准的后续版本可代替上述程序与引擎运行",
          ),
        ]
      : []),
    ...protection(m, ask),
  ];
}

function protection(m: Authorization, ask: Ask): readonly Line[] {
  const asked = ask.contract;
  const seats = say.collusionThreshold(m.computeParties.length);
  const found = [
    line(
      "Computed by",
      "计算方",
      `${say.listed(m.computeParties)}; ${seats} of them together could see the data`,
      `${m.computeParties.join("、")}；须有其中 ${seats} 方合谋才能看到数据`,
    ),
    line(
      "Protection",
      "保护",
      `level at least ${m.minProtectionLevel} of 5; no figure about fewer than ${asked.minimumGroup} people beside its readers' own`,
      `等级不低于 ${m.minProtectionLevel}（共 5 级）；除读取方自有的行外，涉及少于 ${asked.minimumGroup} 人的数字不予公开`,
    ),
  ];
  if (m.epsilonMicros) {
    const budget = say.budgetSaid(m.epsilonMicros);
    found.push(line("", "", `differential privacy budget ${budget}`, `差分隐私预算 ${budget}`));
  }
  if (asked.automatedDecision)
    found.push(line("Decisions", "决策", "automated, by the result", "结果将用于自动化决策"));
  if (asked.reviewer) {
    found.push(
      line(
        "Review",
        "复核",
        `${asked.reviewer}, before release, within ${say.englishSpan(asked.reviewWithin)} of the deadline`,
        `释放前由 ${asked.reviewer} 复核，期限为任务截止后 ${say.chineseSpan(asked.reviewWithin)}内`,
      ),
    );
  }
  if (asked.auditors.length > 0) {
    found.push(line("Audit", "监管审计", say.listed(asked.auditors), asked.auditors.join("、")));
  }
  const taken = line(
    "Taken back",
    "撤回",
    "at any time, for every task that has not started",
    "对尚未启动的任务，可随时撤回",
  );
  return [...found, taken];
}

/** One output: who reads it, and what its numbers are about. */
function leaves(source: string, users: readonly string[], supports: Supports): Words {
  const about = SUPPORTS[supports.get(source) ?? "per-person"];
  return words(`${source} → ${say.listed(users)}: ${about.en}`, `${source} → ${users.join("、")}：${about.zh}`);
}

function scope(m: Authorization): Words {
  const uses = m.maxUses === 1 ? "once" : `at most ${m.maxUses} times`;
  return m.task === ZERO32
    ? words(`any task that asks the same, ${uses}`, `请求内容相同的任何任务，至多 ${m.maxUses} 次`)
    : words(`this one task (${m.task}), ${uses}`, `仅本任务（${m.task}），至多 ${m.maxUses} 次`);
}

function standing(m: Authorization, ask: Ask): readonly Line[] {
  if (m.task !== ZERO32) return [];
  return [
    line("", "", `at most ${ask.tasksPerDay} tasks a day`, `每日至多 ${ask.tasksPerDay} 个任务`),
    line(
      "What may vary",
      "可变动的内容",
      say.englishRanges(ask.ranges).join("; ") || "nothing",
      say.chineseRanges(ask.ranges).join("；") || "无",
    ),
  ];
}

function hashSaid(digest: Hex): Words {
  return digest === ZERO32 ? words("none is named", "未写明") : words(digest, digest);
}

/** Several lines about one thing; its name stands at the first. */
function many(english: string, chinese: string, said: readonly Words[]): readonly Line[] {
  return said.map((item, at) => ({ about: at > 0 ? words("", "") : words(english, chinese), said: item }));
}

function line(english: string, chinese: string, saidEnglish: string, saidChinese: string): Line {
  return { about: words(english, chinese), said: words(saidEnglish, saidChinese) };
}

function words(english: string, chinese: string): Words {
  return { english, chinese };
}
