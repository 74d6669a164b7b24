/** Drafts: what nobody should make up is drawn once, names follow, kinds decide, and a file is what is signed. */

import { deepEqual, equal, match, notEqual, ok, throws } from "node:assert/strict";
import { test } from "node:test";

import type { Schemas } from "../src/api/client";
import { utf8 } from "../src/base/bytes";
import { fromPlain, parse } from "../src/base/json";
import type { Catalogue } from "../src/desk/catalogue";
import {
  begun,
  changed,
  emptyDraft,
  fileOf,
  finished,
  imported,
  lacking,
  newStep,
  sourcesFor,
  withoutStep,
  withStep,
} from "../src/desk/draft";
import { allows, checked, faultsOf, placed } from "../src/desk/faults";
import { TaskContract } from "../src/generated/records";
import { TEMPLATES } from "../src/generated/templates";
import { contractDigest } from "../src/protocol/contract";

const NOW = 1_800_000_000;
const words = { en: "text", zh: "文本" };
const port = (name: string, kind: string, least = 1, most = 1): Schemas["Port"] => ({
  about: words,
  identified: false,
  kind,
  least,
  levels: "",
  most,
  name,
  support: "aggregate",
  values: "any",
});
const spec = (
  name: string,
  kind: Schemas["ParameterSpec"]["kind"],
  low: string,
  high: string,
  value: string | number,
) => ({
  about: words,
  choices: [],
  default: value,
  high,
  kind,
  low,
  name,
});
const program = (
  name: string,
  inputs: readonly Schemas["Port"][],
  outputs: readonly Schemas["Port"][],
  level = 4,
): Schemas["ProgramDescriptor"] => ({
  code_digest: `0x${"07".repeat(32)}`,
  committee: "three",
  disclosures: [],
  format: "tallystick/program/v6",
  inputs,
  max_parties: 3,
  measured: [],
  min_parties: 3,
  outputs,
  pairs: [],
  parameters: [spec("limit", "decimal", "1", "20000", "10.5"), spec("rounds", "integer", "1", "9", 3)],
  program: name,
  protection_level: level,
  seconds: "1",
  security_model: 1,
  title: words,
});
const dataSet = (name: string, owner: string, ...columns: readonly string[]): Schemas["DataSetView"] => ({
  columns: [["id", "identifier"], ...columns.map((each) => [each, "integer"])].map(([column = "", kind = ""]) => ({
    about: words,
    high: "",
    kind,
    levels: [],
    low: "",
    name: column,
    nullable: false,
    scale: 0,
  })) as Schemas["DataSetView"]["columns"],
  data_level: 3,
  data_set: name,
  id: `ds_${name}`,
  input_root: null,
  law: null,
  owner,
  rows: 100,
  schema_hash: `0x${"00".repeat(32)}`,
  sensitive: [],
  status: "registered",
  title: words,
  version: 2,
});
const party = (name: string, ...roles: Schemas["PartyView"]["roles"]): Schemas["PartyView"] => ({
  contact: null,
  id: `party_${name}`,
  name,
  node_key: null,
  node_signer: null,
  operator: null,
  party_id: `0x${"00".repeat(32)}`,
  roles,
  seal_key: null,
  status: "active",
  title: words,
  wallet: null,
});

const [EAST, WEST] = [`east-${"1".repeat(32)}`, `west-${"2".repeat(32)}`];
const stack = program("table.stack@1.0.0", [port("tables", "table", 1, 9)], [port("stacked", "stacked")]);
const groups = program(
  "stats.groupby@1.2.0",
  [port("tables", "stacked"), port("by", "stacked-label")],
  [port("count", "shares"), port("shown", "shares"), port("mean", "shares")],
  3,
);
const catalogue: Catalogue = {
  programs: new Map([stack, groups].map((each) => [each.program, each])),
  dataSets: new Map(
    [dataSet(EAST, "east", "ward", "cost"), dataSet(WEST, "west", "ward", "cost")].map((each) => [each.data_set, each]),
  ),
  parties: new Map(
    [party("east", "result-user"), party("watch", "regulator"), party("plan", "scheduler")].map((each) => [
      each.name,
      each,
    ]),
  ),
  engines: ["tallystick.engine@2.0.0", "tallystick.engine@1.0.0"],
};
const template = (name: keyof typeof TEMPLATES): TaskContract => TaskContract.read(fromPlain(TEMPLATES[name]), "");

function statistics() {
  let draft = begun(template("statistics"), "east", catalogue, NOW);
  const [first, second] = draft.contract.steps;
  ok(first !== undefined && second !== undefined);
  draft = withStep(draft, catalogue, 0, { ...first, inputs: [["tables", [WEST, EAST]]] });
  draft = withStep(draft, catalogue, 1, { ...second, inputs: [...second.inputs, ["by", ["stack.stacked.ward"]]] });
  return changed(draft, catalogue, {
    committee: ["west", "east", "hub"],
    purpose: "Cost by ward",
    legalBasis: "Statute",
  });
}

test("a beginning without data is one contract once data, parties and words are there", () => {
  const begin = begun(template("statistics"), "east", catalogue, NOW);
  equal(begin.contract.steps[1]?.program, "stats.groupby@1.2.0", "the catalogue's version of the program");
  deepEqual(begin.contract.inputs, []);
  notEqual(faultsOf(begin, catalogue, NOW, "en").length, 0);
  const draft = statistics();
  deepEqual(faultsOf(draft, catalogue, NOW, "en"), []);
  const contract = checked(finished(draft));
  deepEqual(
    contract.inputs.map((item) => [item.dataSet, item.version, item.columns]),
    [
      [EAST, 2, ["cost", "ward"]],
      [WEST, 2, ["cost", "ward"]],
    ],
  );
  deepEqual(contract.committee, ["east", "hub", "west"]);
  equal(contract.protectionLevel, 3, "the weakest program's");
  equal(contract.engine, "tallystick.engine@2.0.0");
  deepEqual([contract.auditors, contract.scheduler], [["watch"], "plan"]);
  match(contract.purpose, /^Cost by ward \[ref [0-9a-f]{32}\]$/);
  ok(
    contract.steps.every((step) => step.parameters.length >= 2),
    "no default goes unsaid",
  );
});

test("a draft is one task however often it is finished, and another draft is another", () => {
  const draft = statistics();
  equal(contractDigest(finished(draft)), contractDigest(finished(draft)));
  notEqual(contractDigest(finished(draft)), contractDigest(finished(statistics())));
});

test("the file is what is signed, and taking it back changes nothing", () => {
  const contract = finished(statistics());
  const read = TaskContract.read(parse(utf8(fileOf(contract))), "");
  equal(contractDigest(read), contractDigest(contract));
  equal(contractDigest(finished(imported(read))), contractDigest(contract));
});

test("names follow a step that is renamed, and what read a removed one reads it no more", () => {
  const draft = statistics();
  const [first] = draft.contract.steps;
  ok(first !== undefined);
  const renamed = withStep(draft, catalogue, 0, { ...first, id: "rows" });
  deepEqual(new Map(renamed.contract.steps[1]?.inputs).get("by"), ["rows.stacked.ward"]);
  const without = withoutStep(renamed, catalogue, 0);
  deepEqual(
    without.contract.steps.map((step) => step.inputs.flatMap(([, from]) => from)),
    [[]],
  );
  deepEqual(without.contract.inputs, [], "nobody is asked for data that nothing reads");
});

test("a port offers what its kinds take, and nothing of a later step", () => {
  const draft = statistics();
  const offered = (at: number, name: string): readonly string[] => {
    const found = [stack, groups][at]?.inputs.find((each) => each.name === name);
    ok(found !== undefined);
    return sourcesFor(draft, catalogue, at, found);
  };
  deepEqual(offered(0, "tables"), [EAST, WEST]);
  deepEqual(offered(1, "tables"), ["stack.stacked"]);
  deepEqual(offered(1, "by"), ["stack.stacked.cost", "stack.stacked.ward"]);
});

test("two steps of one program have two names", () => {
  const draft = changed(emptyDraft("east", catalogue, NOW), catalogue, {});
  const once = changed(draft, catalogue, { steps: [newStep(draft, stack)] });
  equal(newStep(once, stack).id, "stack_2");
});

test("a beginning whose programs the catalogue lacks says which", () => {
  deepEqual(lacking(template("statistics"), catalogue), []);
  ok(lacking(template("joint"), catalogue).length > 0);
});

test("attack: a purpose that looks like another, or has no end, is refused here", () => {
  const with_ = (purpose: string) => faultsOf(changed(statistics(), catalogue, { purpose }), catalogue, NOW, "en");
  for (const [purpose, code] of [
    ["Research‮gnitekram", "draft.unprintable"],
    ["Research​", "draft.unprintable"],
    ["Two\nlines", "draft.unprintable"],
    ["Bell\u0007", "draft.unprintable"],
    ["\ud800", "draft.unprintable"],
    ["x".repeat(10_240), "draft.too_long"],
    ["   ", "draft.no_text"],
  ] as const) {
    deepEqual(
      with_(purpose).map((each) => [each.where, each.code]),
      [["purpose", code]],
    );
  }
  deepEqual(with_("<img src=x onerror=alert(1)>"), [], "markup is text, and stays text");
  equal(finished(changed(statistics(), catalogue, { purpose: "很".repeat(961) })).purpose.length, 1000);
});

test("a parameter's range is exact, and kinds are not mixed", () => {
  const [limit, rounds] = stack.parameters;
  ok(limit !== undefined && rounds !== undefined);
  for (const [value, good] of [
    ["1", true],
    ["20000.0000000001", false],
    ["0.9", false],
    ["1e2", false],
    ["", false],
    [5, false],
  ] as const) {
    equal(allows(limit, value), good, String(value));
  }
  for (const [value, good] of [
    [1, true],
    [9, true],
    [10, false],
    ["3", false],
    [2.5, false],
    [true, false],
  ] as const) {
    equal(allows(rounds, value), good, String(value));
  }
  const keys = { ...rounds, kind: "columns", default: "reference", low: "", high: "" } as const;
  for (const [value, named, byDefault] of [
    ["reference, payer", true, true],
    ["", false, true],
    [7, false, false],
  ] as const) {
    equal(allows(keys, value), named, String(value));
    equal(allows({ ...keys, default: "" }, value), byDefault, `${value}, none by default`);
  }
});

test("a fault stands at the narrowest place that has it", () => {
  const fault = (where: string) => ({ where, code: "x", said: where, english: true });
  const found = placed(
    [
      fault("steps[1].inputs.by"),
      fault("steps[10]"),
      fault("inputs[0].columns[2]"),
      fault("committee[1]"),
      fault("elsewhere"),
    ],
    ["steps", "steps[1]", "steps[1].inputs.by", "inputs[0].columns", "committee"],
  );
  deepEqual(
    [...found].map(([place, faults]) => [place, faults.map((each) => each.where)]),
    [
      ["steps[1].inputs.by", ["steps[1].inputs.by"]],
      ["steps", ["steps[10]"]],
      ["inputs[0].columns", ["inputs[0].columns[2]"]],
      ["committee", ["committee[1]"]],
      ["", ["elsewhere"]],
    ],
  );
});

test("what no rule of the form sees the record's own rules see", () => {
  const draft = changed(statistics(), catalogue, { auditors: ["hub"] });
  deepEqual(
    faultsOf(draft, catalogue, NOW, "en").map((each) => each.code),
    ["contract.auditor_computes"],
  );
  throws(() => checked(finished(draft)), /auditor_computes/);
});
