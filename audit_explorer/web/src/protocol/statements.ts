/** What a party node states about a task: in-toto statements (`protocol/statements.py`). */

import type { Hex } from "../base/bytes";
import { TallyError, wrong } from "../base/errors";
import { dumps, equalBytes, isObject, type Json, loads } from "../base/json";
import type { RecordType } from "../base/record";
import {
  type InputCommitmentStatement,
  LIMITS,
  type OutputCommitmentStatement,
  type ReleaseStatement,
  STATEMENT_TYPE,
  STATEMENTS,
} from "../generated/records";

/** What every statement says. */
export interface Statement {
  readonly task: Hex;
  readonly contract: Hex;
  readonly run: Hex | null;
  readonly party: string;
  readonly time: number;
}

/** A statement as read: its predicate type says which of the generated records it is. */
export interface Stated {
  readonly predicateType: keyof typeof STATEMENTS;
  readonly statement: Statement;
}

/** Read a statement strictly from its canonical bytes; unknown predicate types and fields are refused. */
export function parseStatement(data: Uint8Array): Stated {
  const document = loads(data, LIMITS.envelope);
  const found = read(document);
  if (!equalBytes(dumps(written(found)), dumps(document))) {
    throw new TallyError(
      "statement.subject",
      "The statement's subjects do not follow from its predicate.",
      "Name exactly the subjects that the predicate type prescribes.",
    );
  }
  return found;
}

function read(document: Json): Stated {
  if (!isObject(document)) {
    throw new TallyError("json.not_object", "statement is not a JSON object.", "Send an object.");
  }
  const take = (name: string): Json => {
    const found = document.get(name);
    if (found === undefined) {
      const field = `statement.${name}`;
      throw new TallyError("json.missing_field", `statement lacks the field '${name}'.`, "Add it.", field);
    }
    return found;
  };
  if (take("_type") !== STATEMENT_TYPE) throw wrong("statement._type", STATEMENT_TYPE);
  take("subject"); // compared whole with what the predicate prescribes
  const uri = take("predicateType");
  if (typeof uri !== "string" || !isKnown(uri)) {
    const what = `'${String(uri)}' is no predicate type of ours.`;
    throw new TallyError("statement.unknown_type", what, "Update the software.");
  }
  const { kind, runKnown } = STATEMENTS[uri];
  const statement = typeOf(uri).read(take("predicate"), kind);
  if (document.size > 4) {
    throw new TallyError("json.unknown_field", "statement has unknown fields.", "Remove them.");
  }
  if (runKnown && statement.run === null) throw wrong(`${kind}.run`, "a run id");
  return { predicateType: uri, statement };
}

function isKnown(uri: string): uri is keyof typeof STATEMENTS {
  return Object.hasOwn(STATEMENTS, uri);
}

function typeOf(uri: keyof typeof STATEMENTS): RecordType<Statement> {
  return STATEMENTS[uri].type as unknown as RecordType<Statement>;
}

function written({ predicateType, statement }: Stated): Json {
  const subjects = [["task-contract", statement.contract] as const, ...subjectsOf(predicateType, statement)];
  return new Map<string, Json>([
    ["_type", STATEMENT_TYPE],
    [
      "subject",
      subjects.map(
        ([name, hash]) =>
          new Map<string, Json>([
            ["name", name],
            ["digest", new Map([["sha256", hash.slice(2)]])],
          ]),
      ),
    ],
    ["predicateType", predicateType],
    ["predicate", typeOf(predicateType).write(statement)],
  ]);
}

/** Names and SHA-256 of what a statement is about, beside the task contract. */
function subjectsOf(uri: keyof typeof STATEMENTS, statement: Statement): readonly (readonly [string, Hex])[] {
  switch (STATEMENTS[uri].kind) {
    case "input-commitment": {
      const found = statement as InputCommitmentStatement;
      return [[`input/${found.dataSet.slice(2)}`, found.inputRoot]];
    }
    case "output-commitment":
      return (statement as OutputCommitmentStatement).outputs.map(
        (output) => [`output/${output.name.slice(2)}`, output.commitment] as const,
      );
    case "release":
      return (statement as ReleaseStatement).outputs.map(
        (output) => [`sealed/${output.name.slice(2)}`, output.sealed] as const,
      );
    default:
      return [];
  }
}
