/**
 * The plain sentences owners read before they sign, in English and 中文 (`protocol/sentences.py`).
 *
 * Built from what is signed and nothing else; equal to Python's, letter by letter, on the golden vectors. What users wrote stands
 * in quotation marks of its own, which it cannot close.
 */

import { TallyError } from "../base/errors";
import { sortedSet } from "../base/text";
import type { Ask, Authorization, Input, KeptModel, Ranges, RowFilter, Span, Step, Words } from "../generated/records";
import { inputOf, ZERO32 } from "./contract";

/** The inside form of each quotation mark: of Unicode's categories Pi and Pf. */
const INSIDE: readonly (readonly [RegExp, string])[] = [
  [/\p{Pi}/gu, "‘"],
  [/\p{Pf}/gu, "’"],
];
/** The signs of row filters. */
export const SIGNS: Readonly<Record<RowFilter["operator"], string>> = {
  eq: "=",
  ne: "≠",
  lt: "<",
  le: "≤",
  gt: ">",
  ge: "≥",
};
const SPANS = [
  [86_400, "day", "天"],
  [3_600, "hour", "小时"],
  [60, "minute", "分钟"],
  [1, "second", "秒"],
] as const;
/** The last second of the year 9999. */
export const LAST_SECOND = 253_402_300_799n;

/** How many compute parties must collude to see inputs: one more than the threshold (honest majority). */
export function collusionThreshold(committee: number): number {
  if (committee < 3) {
    throw new TallyError(
      "mpc.no_honest_majority",
      `${committee} compute parties: below three the threshold is 0 and nothing is secret.`,
      "Name at least three compute parties with distinct operators.",
    );
  }
  return Math.floor((committee - 1) / 2) + 1;
}

/** What `owner` allows by signing the message, whose `policy` is the digest of the ask. */
export function authorizationSentence(message: Authorization, ask: Ask, owner: string): Words {
  return { english: english(message, ask, owner), chinese: chinese(message, ask, owner) };
}

function english(m: Authorization, ask: Ask, owner: string): string {
  const asked = ask.contract;
  const own = inputOf(asked, ask.dataSet);
  const others = asked.inputs.filter((item) => item.dataSet !== ask.dataSet).map(englishInput);
  const together = others.length > 0 ? ` together with ${others.join(", ")}` : "";
  const steps = asked.steps.map((step) => `${stepSaid(step)} from ${listed(sourcesSaid(step))}`).join("; ");
  const scope = m.task !== ZERO32 ? `in this one task (${m.task})` : "in any task that asks the same";
  const uses = m.maxUses === 1 ? "once" : `at most ${m.maxUses} times`;
  const assessment =
    m.impactAssessment !== ZERO32 ? ` Impact assessment: ${m.impactAssessment}.` : " No impact assessment is named.";
  const results = asked.outputs.map((output) => `${output.source} for ${listed(output.users)}`).join("; ");
  return [
    `${owner} allows ${m.proposer} to have data set ${m.dataSet}, version ${m.dataVersion}, columns`,
    ` ${own.columns.join(", ")}${englishRows(own) || ", all rows"}, computed on${together} by ${m.programs.join(", ")}`,
    ` with ${m.engine}, ${scope}, ${uses}, from`,
    ` ${timeSaid(m.notBefore)} to ${timeSaid(m.notAfter)}, started by ${listed(starters(m, ask))}.`,
    ` Purpose: ${quoted(m.purpose)}. Legal basis: ${quoted(m.legalBasis)}.${assessment}`,
    ` Steps: ${steps}. Results: ${results}; nobody else can read them. Compute parties are ${listed(m.computeParties)}:`,
    ` it would take ${collusionThreshold(m.computeParties.length)} of them together to see the data.`,
    ` Protection level at least ${m.minProtectionLevel} of 5; groups of at least ${asked.minimumGroup}.`,
    englishMore(m, ask),
    " You can take this back at any time for every task that has not started.",
  ].join("");
}

function englishMore(m: Authorization, ask: Ask): string {
  const asked = ask.contract;
  const found: string[] = [];
  if (m.approvedSuccessors) {
    found.push(" Newer releases that certifiers approved as successors may run in the place of these.");
  }
  if (ask.perPerson.length > 0) {
    found.push(
      ` ${listed(ask.perPerson)}: numbers about single people, row by row or as the smallest, largest or a value in between, which you let go.`,
    );
  }
  if (m.task === ZERO32) {
    found.push(` At most ${ask.tasksPerDay} tasks a day.`);
    found.push(` What may vary: ${englishRanges(ask.ranges).join("; ") || "nothing"}.`);
  }
  for (const keep of asked.keeps) {
    found.push(
      ` ${keep.source} stays as shares at the compute parties until ${timeSaid(keep.until)}; only ${listed(keep.users)} may` +
        " have it used.",
    );
  }
  if (asked.models.length > 0) found.push(` It is computed with ${listed(asked.models.map(modelSaid))}.`);
  if (m.epsilonMicros) found.push(` Differential privacy budget: ${budgetSaid(m.epsilonMicros)}.`);
  if (asked.automatedDecision) found.push(" The result is used for automated decisions.");
  if (asked.reviewer) {
    const within = englishSpan(asked.reviewWithin);
    found.push(` ${asked.reviewer} reviews the output before release, within ${within} of the task's deadline.`);
  }
  if (asked.auditors.length > 0) found.push(` Audited by ${listed(asked.auditors)}.`);
  return found.join("");
}

/** What may vary, in English. */
export function englishRanges(ranges: Ranges): readonly string[] {
  const found = ranges.parameters.map(([key, allowed]) => `${key} ${englishValues(allowed)}`);
  for (const item of ranges.filters) {
    found.push(`row filter ${item.place + 1} of ${item.dataSet} ${englishValues(item.span)}`);
  }
  for (const name of ranges.versions) found.push(`the version of ${name}`);
  if (ranges.absent.length > 0) {
    found.push(`${listed(ranges.absent)} may be left out while ${ranges.counterparts} other data sets take part`);
  }
  for (const [source, until] of ranges.until) found.push(`${source} may be kept until ${timeSaid(until)}`);
  return found;
}

function englishValues(allowed: Span | readonly string[]): string {
  return isSpan(allowed) ? `from ${allowed.low} to ${allowed.high}` : `one of ${allowed.join(", ")}`;
}

function chinese(m: Authorization, ask: Ask, owner: string): string {
  const asked = ask.contract;
  const own = inputOf(asked, ask.dataSet);
  const others = asked.inputs.filter((item) => item.dataSet !== ask.dataSet).map(chineseInput);
  const together = others.length > 0 ? `与 ${others.join("、")} 一起` : "";
  const steps = asked.steps.map((step) => `${stepSaid(step)}，取自 ${sourcesSaid(step).join("、")}`).join("；");
  const scope = m.task !== ZERO32 ? `仅用于本任务（${m.task}）` : "用于请求内容相同的任何任务";
  const assessment =
    m.impactAssessment !== ZERO32 ? `个人信息保护影响评估：${m.impactAssessment}。` : "未写明个人信息保护影响评估。";
  const results = asked.outputs.map((output) => `${output.source} 归 ${output.users.join("、")}`).join("；");
  return [
    `${owner} 授权 ${m.proposer} 对数据集 ${m.dataSet} 第 ${m.dataVersion} 版`,
    `的列 ${own.columns.join("、")}${chineseRows(own) || "，全部行"}，`,
    `${together}用程序 ${m.programs.join("、")}（引擎 ${m.engine}）进行计算，${scope}，使用次数至多 ${m.maxUses} 次，`,
    `有效期 ${timeSaid(m.notBefore)} 至 ${timeSaid(m.notAfter)}，`,
    `由 ${starters(m, ask).join("、")} 启动。`,
    `处理目的：${quoted(m.purpose)}。合法性基础：${quoted(m.legalBasis)}。${assessment}`,
    `步骤：${steps}。结果：${results}；其他任何一方均不能读取。计算方为 ${m.computeParties.join("、")}：`,
    `须有其中 ${collusionThreshold(m.computeParties.length)} 方合谋才能看到数据。`,
    `保护等级不低于 ${m.minProtectionLevel}（共 5 级）；最小分组 ${asked.minimumGroup}。`,
    chineseMore(m, ask),
    "对尚未启动的任务，您可随时撤回本授权。",
  ].join("");
}

function chineseMore(m: Authorization, ask: Ask): string {
  const asked = ask.contract;
  const found: string[] = [];
  if (m.approvedSuccessors) found.push("经认证方批准的后续版本可代替上述程序与引擎运行。");
  if (ask.perPerson.length > 0)
    found.push(`${ask.perPerson.join("、")} 是关于单个人的数值（逐行，或最小、最大、分位值），您允许其释放。`);
  if (m.task === ZERO32) {
    found.push(`每日至多 ${ask.tasksPerDay} 个任务。`);
    found.push(`可变动的内容：${chineseRanges(ask.ranges).join("；") || "无"}。`);
  }
  for (const keep of asked.keeps) {
    const users = keep.users.join("、");
    found.push(`${keep.source} 以份额形式保留在各计算方，至 ${timeSaid(keep.until)}；仅 ${users} 可提出使用。`);
  }
  if (asked.models.length > 0) found.push(`计算中使用 ${asked.models.map(modelSaid).join("、")}。`);
  if (m.epsilonMicros) found.push(`差分隐私预算：${budgetSaid(m.epsilonMicros)}。`);
  if (asked.automatedDecision) found.push("结果将用于自动化决策。");
  if (asked.reviewer) {
    found.push(`结果在释放前由 ${asked.reviewer} 复核，期限为任务截止后 ${chineseSpan(asked.reviewWithin)}内。`);
  }
  if (asked.auditors.length > 0) found.push(`监管审计方：${asked.auditors.join("、")}。`);
  return found.join("");
}

/** What may vary, in Chinese. */
export function chineseRanges(ranges: Ranges): readonly string[] {
  const found = ranges.parameters.map(([key, allowed]) => `${key} ${chineseValues(allowed)}`);
  for (const item of ranges.filters) {
    found.push(`${item.dataSet} 的第 ${item.place + 1} 个行筛选值${chineseValues(item.span)}`);
  }
  for (const name of ranges.versions) found.push(`${name} 的版本`);
  if (ranges.absent.length > 0) {
    found.push(`${ranges.absent.join("、")} 可不参与，但至少须有 ${ranges.counterparts} 个其他数据集参与`);
  }
  for (const [source, until] of ranges.until) found.push(`${source} 可保留至 ${timeSaid(until)}`);
  return found;
}

function chineseValues(allowed: Span | readonly string[]): string {
  return isSpan(allowed) ? `从 ${allowed.low} 到 ${allowed.high}` : `可取 ${allowed.join("、")}`;
}

/** Whether what may be is a range, not words. */
export function isSpan(allowed: Span | readonly string[]): allowed is Span {
  return !Array.isArray(allowed);
}

/** Another owner's input in one phrase. */
export function englishInput(item: Input): string {
  const columns = item.columns.join(", ");
  return `${item.dataSet} of ${item.owner} (version ${item.version}, columns ${columns}${englishRows(item)})`;
}

/** Another owner's input in one phrase, in Chinese. */
export function chineseInput(item: Input): string {
  return `${item.owner} 的 ${item.dataSet}（第 ${item.version} 版，列 ${item.columns.join("、")}${chineseRows(item)}）`;
}

/** Who may start the task: proposer and scheduler. */
export function starters(m: Authorization, ask: Ask): readonly string[] {
  return sortedSet([m.proposer, ask.contract.scheduler]);
}

/** Which rows of an input; "" for all. */
export function englishRows(item: Input): string {
  return item.filters.length > 0 ? `, only rows where ${filtersSaid(item, " and ")}` : "";
}

/** Which rows of an input, in Chinese; "" for all. */
export function chineseRows(item: Input): string {
  return item.filters.length > 0 ? `，仅限满足 ${filtersSaid(item, "、")} 的行` : "";
}

/** A time in the largest unit that divides it. */
export function englishSpan(seconds: number): string {
  const [size, unit] = unitOf(seconds);
  return `${seconds / size} ${unit}${seconds !== size ? "s" : ""}`;
}

/** A time in the largest unit that divides it, in Chinese. */
export function chineseSpan(seconds: number): string {
  const [size, , unit] = unitOf(seconds);
  return `${seconds / size} ${unit}`;
}

function unitOf(seconds: number): (typeof SPANS)[number] {
  return SPANS.find(([size]) => seconds % size === 0) ?? SPANS[3];
}

/** A step with its program and parameters. */
export function stepSaid(step: Step): string {
  const parameters = step.parameters.map(([name, value]) => {
    const said = typeof value === "string" ? quoted(value) : String(value);
    return `${name}=${said}`;
  });
  return `${step.id} = ${step.program}(${parameters.join(", ")})`;
}

/** Where a step takes its inputs from. */
export function sourcesSaid(step: Step): readonly string[] {
  const found = step.inputs.map(([port, sources]) => `${port}: ${sources.join(" + ")}`);
  return found.length > 0 ? found : ["-"];
}

/** A kept model with the task that left it. */
export function modelSaid(item: KeptModel): string {
  return `${item.name} = ${item.source} (${item.kind}) @ task_${item.task.slice(2)}`;
}

function filtersSaid(item: Input, joint: string): string {
  return item.filters.map((each) => `${each.column} ${SIGNS[each.operator]} ${quoted(each.value)}`).join(joint);
}

/** Users' words between quotation marks that they cannot close themselves. */
export function quoted(text: string): string {
  const inside = INSIDE.reduce((said, [marks, like]) => said.replace(marks, like), text.replaceAll('"', "'"));
  return `“${inside}”`;
}

/** Names as a list: `a, b and c`. */
export function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length === 1 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

/** A moment in UTC, to the second where it has seconds. */
export function timeSaid(seconds: bigint): string {
  if (seconds < 0n || seconds > LAST_SECOND) return `unix time ${seconds}`;
  const said = new Date(Number(seconds) * 1000).toISOString();
  return `${said.slice(0, 10)} ${seconds % 60n === 0n ? said.slice(11, 16) : said.slice(11, 19)} UTC`;
}

/** A privacy budget given in millionths, with six significant digits (C's `%g`, ties to even). */
export function budgetSaid(micros: bigint): string {
  let scaled = Number(micros) / 1_000_000;
  if (scaled === 0) return "0";
  // the number as the exact fraction that a double is
  let halves = 1n;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    halves *= 2n;
  }
  const top = BigInt(scaled);
  let exponent = String(top / halves).length - 1;
  if (top < halves) for (exponent = -1; top * 10n ** BigInt(-exponent) < halves; ) exponent -= 1;
  const shift = 5 - exponent;
  let digits = rounded(
    shift >= 0 ? top * 10n ** BigInt(shift) : top,
    shift >= 0 ? halves : halves * 10n ** BigInt(-shift),
  );
  if (digits === 1_000_000n) {
    digits = 100_000n;
    exponent += 1;
  }
  return placed(String(digits), exponent);
}

function rounded(top: bigint, bottom: bigint): bigint {
  const whole = top / bottom;
  const twice = 2n * (top % bottom);
  return twice > bottom || (twice === bottom && whole % 2n === 1n) ? whole + 1n : whole;
}

/** Six digits with the point where the exponent says, as `%g` places it. */
function placed(digits: string, exponent: number): string {
  if (exponent < -4 || exponent >= 6) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${trimmed(`${digits[0]}.${digits.slice(1)}`)}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  const padded = exponent < 0 ? `${"0".repeat(-exponent)}${digits}` : digits;
  const point = exponent < 0 ? 1 : exponent + 1;
  return trimmed(`${padded.slice(0, point)}.${padded.slice(point)}`);
}

function trimmed(number: string): string {
  return number.replace(/0+$/, "").replace(/\.$/, "");
}
