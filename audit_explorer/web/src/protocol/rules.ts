/** Rules over several fields of a record: the `require` of each record of `protocol/`, with the same codes. */

import { TallyError } from "../base/errors";
import { compare } from "../base/text";
import type {
  Ask as AskRecord,
  Enrolment as EnrolmentRecord,
  ReceiptBatch as ReceiptBatchRecord,
  SessionTerms as SessionTermsRecord,
  Span as SpanRecord,
  TaskContract as TaskContractRecord,
} from "../generated/records";
import { BATCH_MOST } from "../generated/records";
import { inputOf } from "./contract";

/** Seconds of sessions (`protocol/sessions.py`). */
const CUT = 60;
const LONGEST = 31 * 86_400;
const SHORTEST_DELAY = 300;
const LONGEST_DELAY = 86_400;
const NO_ADDRESS = `0x${"0".repeat(40)}`;
const NO_KEY = `0x${"0".repeat(64)}`;

/** Rules of a contract that need no registry: preflight and the chain refuse the same. */
export function TaskContract(contract: TaskContractRecord): void {
  const names = contract.inputs.map((item) => item.dataSet);
  if (names.some((name, at) => at > 0 && compare(names[at - 1] ?? "", name) >= 0)) {
    refuse("contract.inputs_order", "contract.inputs are not sorted by data set.", "Sort them.");
  }
  if (contract.inputs.length === 0 || contract.steps.length === 0 || contract.outputs.length === 0) {
    refuse("contract.empty", "A contract needs inputs, steps and outputs.", "Add what is missing.");
  }
  if (contract.committee.length < 3) {
    refuse(
      "contract.committee_too_small",
      `${contract.committee.length} compute parties: below three the threshold is 0 and nothing is secret.`,
      "Name at least three compute parties with distinct operators.",
    );
  }
  if ((contract.reviewer !== "") !== (contract.reviewWithin !== 0)) {
    refuse(
      "contract.review_within",
      "A reviewer needs time to decide, and nobody else does.",
      "Give `review_within` in seconds with a reviewer, 0 without.",
    );
  }
  const overlap = contract.auditors.filter((name) => contract.committee.includes(name));
  if (overlap.length > 0) {
    refuse(
      "contract.auditor_computes",
      `${overlap.join(", ")} would audit a task that it computes.`,
      "Name another compute party or another auditor.",
    );
  }
  const kept = new Set(contract.models.map((model) => model.name));
  const seen = stepsOf(contract, names, kept);
  if (kept.size < contract.models.length || [...kept].some((name) => seen.has(name))) {
    refuse("contract.model_twice", "Two models, or a model and a step, share a name.", "Rename one.");
  }
  for (const keep of contract.keeps) {
    if (!seen.has(head(keep.source)) || keep.users.length === 0 || keep.until <= contract.deadline) {
      refuse(
        "contract.keep",
        `The kept model '${keep.source}' comes from no step, is for nobody, or ends before the deadline.`,
        "Name `step.output`, at least one party that may use it, and a later `until`.",
      );
    }
  }
  for (const output of contract.outputs) {
    if (!seen.has(head(output.source)) || output.users.length === 0) {
      refuse(
        "contract.output_unknown",
        `The output '${output.source}' comes from no step or goes to nobody.`,
        "Name `step.output` and at least one result user.",
      );
    }
  }
}

function stepsOf(contract: TaskContractRecord, names: readonly string[], kept: ReadonlySet<string>): Set<string> {
  const seen = new Set<string>();
  for (const step of contract.steps) {
    if (seen.has(step.id)) refuse("contract.step_twice", `Two steps have the id '${step.id}'.`, "Rename one.");
    for (const source of step.inputs.flatMap(([, sources]) => sources)) {
      if (!names.includes(source) && !kept.has(source) && !seen.has(head(source))) {
        refuse(
          "contract.source_unknown",
          `Step '${step.id}' reads '${source}', which is no data set and no earlier step's output.`,
          "Name a data set of the contract, `step.output` of an earlier step, or a model.",
        );
      }
    }
    seen.add(step.id);
  }
  return seen;
}

/** A range that is about nothing is a slip of whoever wrote it: refused, before anybody signs. */
export function Ask(ask: AskRecord): void {
  const { contract, ranges } = ask;
  const own = inputOf(contract, ask.dataSet);
  const held = new Map(contract.inputs.map((item) => [item.dataSet, item]));
  const others = new Set([...held.keys()].filter((name) => name !== ask.dataSet));
  const parameters = new Set(contract.steps.flatMap((step) => step.parameters.map(([name]) => `${step.id}.${name}`)));
  const keeps = new Set(contract.keeps.map((keep) => keep.source));
  const outputs = new Set(contract.outputs.map((output) => output.source));
  const odd = [
    ...ranges.parameters.filter(([key]) => !parameters.has(key)).map(([key]) => `parameters.${key}`),
    ...ranges.filters
      .filter((item) => item.place >= (held.get(item.dataSet)?.filters.length ?? 0))
      .map((item) => `filters.${item.dataSet}.${item.place}`),
    ...ranges.versions.filter((name) => !others.has(name)).map((name) => `versions.${name}`),
    ...ranges.absent.filter((name) => !others.has(name)).map((name) => `absent.${name}`),
    ...ranges.until.filter(([key]) => !keeps.has(key)).map(([key]) => `until.${key}`),
    ...ask.perPerson.filter((name) => !outputs.has(name)).map((name) => `per_person.${name}`),
  ];
  if (ranges.counterparts > others.size || (ranges.absent.length > 0 && ranges.counterparts === 0)) {
    odd.push("counterparts");
  }
  if (odd.length > 0) {
    refuse(
      "ask.range",
      `The ask for ${own.dataSet} has no ${odd.join(", ")} that could vary.`,
      "Name what the ask has; where counterparts may be absent, say how many must take part.",
    );
  }
}

/** Somebody else asks, and the times of a session can be kept. */
export function SessionTerms(terms: SessionTermsRecord, where: string): void {
  if (terms.askers.length === 0 || terms.askers.some((asker) => asker.party === terms.party)) {
    refuse("session.askers", `${where} names nobody who may ask, or the holder itself.`, "Name other parties.");
  }
  if (terms.purpose.trim() === "" || terms.legalBasis.trim() === "") {
    const fix = "Say what ids are looked up for, and why that is lawful.";
    refuse("session.purpose", `${where} says nothing of purpose or legal basis.`, fix);
  }
  if (terms.askers.some((asker) => asker.perMinute > asker.uses)) {
    const fix = "Raise `uses`, or lower `per_minute`.";
    refuse("session.uses", `${where} allows more in a minute than in all.`, fix);
  }
  const lasts = terms.ends - terms.begins;
  if (lasts <= 0 || lasts > LONGEST || terms.idle < CUT || terms.idle > lasts) {
    refuse(
      "session.time",
      `${where} lasts no time or too long, or its idle time does not fit into it.`,
      `Take at most ${LONGEST} s in all, and from ${CUT} s to all of it without a question.`,
    );
  }
  if (terms.delay < SHORTEST_DELAY || terms.delay > LONGEST_DELAY) {
    refuse(
      "session.delay",
      `${where} promises receipts on chain within ${terms.delay} s.`,
      `Promise them within ${SHORTEST_DELAY} to ${LONGEST_DELAY} s.`,
    );
  }
}

/** The first batch begins at 1 and follows none; every other one follows one. */
export function ReceiptBatch(batch: ReceiptBatchRecord, where: string): void {
  const begins = new Set([batch.number === 1, batch.first === 1, batch.previous === null]);
  const count = batch.last - batch.first + 1;
  if (begins.size > 1 || count < 1 || count > BATCH_MOST) {
    refuse(
      "session.batch",
      `${where} is no batch of receipts: its numbers contradict each other.`,
      "Ask the holder's node for the batch that it logged.",
    );
  }
}

/** Ends of two kinds, or the wrong way round, are refused. */
export function Span(span: SpanRecord, where: string): void {
  if (!holds(span, span.low) || !holds(span, span.high)) {
    refuse(
      "ask.span",
      `${where} from '${span.low}' to '${span.high}' is no range.`,
      "Give two numbers, or two dates YYYY-MM-DD, the smaller one first.",
      where,
    );
  }
}

/** Whether a value lies inside a span; one of another kind does not. */
export function holds(span: SpanRecord, value: string): boolean {
  const all = [span.low, value, span.high];
  if (all.every((end) => NUMBER.test(end))) {
    const [low, mine, high] = all.map(scaled) as [bigint, bigint, bigint];
    return low <= mine && mine <= high;
  }
  return all.every((end) => DATE.test(end)) && span.low <= value && value <= span.high;
}

const NUMBER = /^-?[0-9]{1,15}(?:\.[0-9]{1,15})?$/;
const DATE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;

/** A decimal of at most 15 places, times 10^15: exact. */
function scaled(text: string): bigint {
  const [whole = "", places = ""] = text.replace("-", "").split(".");
  const size = BigInt(whole + places.padEnd(15, "0"));
  return text.startsWith("-") ? -size : size;
}

/** What the registry would refuse: half a node, a role without its keys, one key for wallet and node. */
export function Enrolment(enrolment: EnrolmentRecord): void {
  const hasNode = enrolment.nodeSigner !== NO_ADDRESS;
  if (hasNode !== (enrolment.nodeKey !== NO_KEY)) {
    refuse(
      "enrolment.half_a_node",
      "A node has a node signer and a node key; only one of them is given.",
      "Give both, or neither for a party without a node.",
    );
  }
  if (enrolment.roles.length === 0) {
    refuse("enrolment.no_role", "The application asks for no role.", "Name the roles.");
  }
  if (!hasNode && enrolment.roles.some((role) => role === "data-provider" || role === "compute-provider")) {
    refuse(
      "enrolment.no_node",
      "Data and compute providers run a node, and this party has none.",
      "Make one (`tally node init`) and apply with it.",
    );
  }
  if (enrolment.roles.includes("result-user") && enrolment.sealKey === NO_KEY) {
    refuse(
      "enrolment.no_seal_key",
      "Results are sealed to a result user's seal key, and none is given.",
      "Apply with a node, which has one.",
    );
  }
  if (enrolment.wallet === NO_ADDRESS || enrolment.wallet === enrolment.nodeSigner) {
    refuse(
      "enrolment.wallet",
      "The wallet is missing, or it is the node signer.",
      "Use a wallet of its own: the node must not be able to consent.",
    );
  }
}

/** The step of `step.output`. */
function head(source: string): string {
  return source.split(".", 1)[0] ?? source;
}

function refuse(code: string, what: string, fix: string, field = ""): never {
  throw new TallyError(code, what, fix, field);
}
