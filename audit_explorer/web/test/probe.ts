/** Answers questions, one JSON object a line, on standard output: how Python's tests ask TypeScript. */

import { createInterface } from "node:readline";

import { utf8 } from "../src/base/bytes";
import { dumps, type JsonObject, parse } from "../src/base/json";
import { answer } from "./answers";

for await (const line of createInterface({ input: process.stdin })) {
  const said = new TextDecoder().decode(dumps(await answer(parse(utf8(line)) as JsonObject)));
  process.stdout.write(`${said}\n`);
}
