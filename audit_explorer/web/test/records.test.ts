/** Every question of the golden file has Python's answer. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { isList, isObject, type JsonObject, parse, toPlain } from "../src/base/json";
import { answer } from "./answers";
import { FOLDER } from "./vectors";

const FILE = join(FOLDER, "records.json");
const file = parse(readFileSync(FILE));
const vectors = isObject(file) ? file.get("vectors") : undefined;

test("answers are Python's", async () => {
  assert.ok(isList(vectors) && vectors.length > 200);
  for (const vector of vectors) {
    assert.ok(isObject(vector));
    const question = vector.get("question") as JsonObject;
    assert.deepEqual(
      toPlain(await answer(question)),
      toPlain(vector.get("answer") ?? null),
      JSON.stringify(toPlain(question)),
    );
  }
});
