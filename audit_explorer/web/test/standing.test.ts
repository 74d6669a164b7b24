/** Standing authorizations as their owners word them, and predictions that are none: what may vary follows from contract and catalogue. */

import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";

import type { Schemas } from "../src/api/client";
import type { Review } from "../src/api/review";
import { fromPlain } from "../src/base/json";
import { type Predicted, sane } from "../src/desk/cost";
import {
  newWish,
  unsaid,
  variableFilters,
  variables,
  type Wish,
  widened,
  withAbsent,
  withFilter,
  withParameter,
  withUntil,
} from "../src/desk/standing";
import type { TaskView } from "../src/desk/task";
import { TaskContract } from "../src/generated/records";
import { TEMPLATES } from "../src/generated/templates";
import { ZERO32 } from "../src/protocol/contract";
import { offer } from "../src/protocol/offers";

const DEPLOYMENT = {
  chainId: 1n,
  deploymentId: `0x${"ab".repeat(32)}`,
  contracts: { Consents: `0x${"10".repeat(20)}`, Tasks: `0x${"11".repeat(20)}` },
} as const;
const plain = TaskContract.read(fromPlain(TEMPLATES.statistics), "");
const [clinic = "", hospital = ""] = plain.inputs.map((item) => item.dataSet);
const contract = {
  ...plain,
  inputs: plain.inputs.map((item) => ({
    ...item,
    filters: [
      { column: "days", operator: "ge", value: "18" },
      { column: "ward", operator: "eq", value: "surgery" },
      { column: "days", operator: "lt", value: "2026-01-01" },
    ] as const,
  })),
};
const spec = (name: string, kind: Schemas["ParameterSpec"]["kind"], choices: readonly string[] = []) => ({
  about: { en: "text", zh: "文本" },
  choices,
  default: 4,
  high: "9",
  kind,
  low: "1",
  name,
});
const known = (...parameters: readonly ReturnType<typeof spec>[]) =>
  new Map([["stats.groupby@1.0.0", { parameters, outputs: [] }]]) as unknown as TaskView["programs"];
const view = { contract, task: `0x${"5a".repeat(32)}`, programs: known() } as unknown as TaskView;
const narrow = {
  asked: offer(contract, view.task, clinic, { inputRoot: ZERO32, programsDigest: ZERO32, notBefore: 5n }),
} as unknown as Review;
const good: Wish = { ...newWish(1_800_000_000), uses: "5", days: "2" };
const of = (change: Partial<Wish>): Review => widened(narrow, { ...good, ...change }, "clinic", view, DEPLOYMENT);
const code = (wanted: string) => (error: unknown) => (error as { code?: string }).code === wanted;

test("nothing is wished for at first, and no two wishes are the same", () => {
  const [one, other] = [newWish(1), newWish(1)];
  ok(unsaid(one));
  ok(one.nonce !== other.nonce && one.nonce < 2n ** 256n);
  deepEqual(one.ranges, { parameters: [], filters: [], versions: [], absent: [], counterparts: 0, until: [] });
  equal(one.successors, false);
});

test("a wish is what it says: for any task, so often, so long, and the same each time it is derived", () => {
  const found = of({ perDay: "3", successors: true });
  const { message, ask } = found.asked;
  deepEqual(
    [message.task, message.maxUses, message.notAfter, message.approvedSuccessors, ask.tasksPerDay],
    [ZERO32, 5, 1_800_172_800n, true, 3],
  );
  equal(of({ perDay: "3", successors: true }).digest, found.digest);
  ok(of({ nonce: good.nonce ^ 1n, perDay: "3", successors: true }).digest !== found.digest);
});

test("bounds are the command line's", () => {
  for (const change of [
    ...["0", "4294967296", "01", "1.0", "-1", "1e2", " 1", "１"].map((uses) => ({ uses })),
    ...["0", "3651", "9999999999"].map((days) => ({ days })),
    ...["", "0", "10001"].map((perDay) => ({ perDay })),
  ]) {
    throws(() => of(change), code("standing.bounds"), JSON.stringify(change));
  }
  of({ uses: "4294967295", days: "3650", perDay: "10000" });
});

test("what may vary is what the contract and the catalogue have", () => {
  const described = known(
    spec("groups", "integer"),
    spec("limit", "choice", ["20000", "many words", "a,b", "x；y", "<b>"]),
  );
  deepEqual(
    variables(contract, described).map(({ key, words }) => [key, words]),
    [
      ["wards.groups", undefined],
      ["wards.limit", ["20000"]],
    ],
  );
  deepEqual(variables(contract, known(spec("groups", "recipe"))), [], "a recipe is agreed to as a whole");
  deepEqual(variables(contract, new Map()), [], "what nobody described stays");
  deepEqual(variables(contract, known(spec("groups", "boolean")))[0]?.words, ["false", "true"]);
  deepEqual(
    variableFilters(contract).map(({ item, place }) => [item.dataSet, place]),
    [
      [clinic, 0],
      [clinic, 2],
      [hospital, 0],
      [hospital, 2],
    ],
  );
});

test("ranges are put, changed and taken out; what is no range is refused before anybody signs", () => {
  const { ranges } = good;
  const span = { low: "2", high: "8" };
  const both = withParameter(withParameter(ranges, "wards.limit", ["1"]), "wards.groups", span);
  deepEqual(of({ ranges: both }).asked.ask.ranges.parameters, [
    ["wards.groups", span],
    ["wards.limit", ["1"]],
  ]);
  deepEqual(withParameter(both, "wards.limit", undefined).parameters, [["wards.groups", span]]);
  const filtered = withFilter(withFilter(withFilter(ranges, hospital, 0, span), clinic, 2, span), clinic, 0, span);
  deepEqual(
    filtered.filters.map(({ dataSet, place }) => [dataSet, place]),
    [
      [clinic, 0],
      [clinic, 2],
      [hospital, 0],
    ],
  );
  equal(withFilter(filtered, clinic, 2, undefined).filters.length, 2);
  deepEqual(withUntil(withUntil(ranges, "wards.x", 5n), "wards.x", undefined).until, []);
  for (const wrong of [
    { low: "8", high: "2" },
    { low: "", high: "2" },
    { low: "2", high: "2026-01-01" },
  ]) {
    throws(() => of({ ranges: withParameter(ranges, "wards.groups", wrong) }), code("ask.span"));
  }
  throws(() => of({ ranges: withParameter(ranges, "wards.groups", []) }), code("ask.any_of"));
  throws(() => of({ ranges: withParameter(ranges, "wards.other", span) }), code("ask.range"));
  throws(() => of({ ranges: { ...ranges, versions: [clinic] } }), code("ask.range"));
});

test("where data sets may be left out, others must take part", () => {
  const left = withAbsent(good.ranges, [hospital]);
  equal(left.counterparts, 1);
  equal(withAbsent(left, []).counterparts, 0);
  equal(of({ ranges: left }).asked.ask.ranges.counterparts, 1);
  throws(() => of({ ranges: { ...left, counterparts: 0 } }), code("ask.range"));
  throws(() => of({ ranges: { ...left, counterparts: 2 } }), code("ask.range"));
});

test("a prediction has numbers and names, also of what is beyond what was measured", () => {
  const estimate = {
    seconds: 12,
    bytes: 5,
    memory: null,
    rounds: null,
    failure: "1.6e-9",
    beyond: ["wards.groups", "fit_2.rows"],
    unplanned: "",
  };
  const of = (change: Partial<typeof estimate>, level = 4): Predicted => ({
    estimate: { ...estimate, ...change },
    level,
  });
  ok(sane(of({})));
  ok(sane(of({ unplanned: "plan.not_asked", beyond: [] }, 0)));
  const wrong: readonly Predicted[] = [
    of({ seconds: -1 }),
    of({ seconds: 0.5 }),
    of({ bytes: "9" as never }),
    of({ failure: "<b>" }),
    of({ beyond: ["wards.groups, and nothing else"] }),
    of({ beyond: ["<b>.x"] }),
    of({ unplanned: "<b>" }),
    of({}, 6),
    of({}, -1),
  ];
  for (const each of wrong) ok(!sane(each), JSON.stringify(each));
});
