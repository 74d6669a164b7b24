/** What follows from a contract's bytes and, where it is given, a deployment file. */

import { readDeployment } from "../api/deployment";
import { domainOf } from "../api/review";
import type { Hex } from "../base/bytes";
import { TallyError } from "../base/errors";
import { equalBytes, parse } from "../base/json";
import { documentBytes } from "../base/record";
import { LIMITS, TaskContract } from "../generated/records";
import { askDigest, askOf } from "../protocol/ask";
import { contractDigest, participants, programs, taskIdOf } from "../protocol/contract";

export interface Derived {
  /** Whether the bytes are the canonical ones. */
  readonly canonical: boolean;
  readonly digest: Hex;
  /** Undefined without a deployment file. */
  readonly task: Hex | undefined;
  readonly programs: readonly string[];
  readonly participants: readonly string[];
  readonly asks: readonly (readonly [string, Hex])[];
}

/** Largest file that is looked at: a contract in canonical form is at most a quarter of it. */
const MOST = 4 * LIMITS.taskContract;

/** Derive everything; what is no contract, or no deployment file, is refused with a code. */
export function derived(contract: Uint8Array, deployment: Uint8Array | undefined): Derived {
  const found = TaskContract.read(parse(bounded(contract)), "");
  const canonical = documentBytes(TaskContract, found);
  bounded(canonical, LIMITS.taskContract);
  return {
    canonical: equalBytes(canonical, contract),
    digest: contractDigest(found),
    task:
      deployment === undefined
        ? undefined
        : taskIdOf(found, domainOf(readDeployment(parse(bounded(deployment)), ["Tasks"]), "Tasks")),
    programs: programs(found),
    participants: participants(found),
    asks: found.inputs.map((item) => [item.dataSet, askDigest(askOf(found, item.dataSet))] as const),
  };
}

function bounded(data: Uint8Array, most: number = MOST): Uint8Array {
  if (data.length > most) {
    throw new TallyError("json.too_large", `${data.length} bytes of JSON, the limit is ${most}.`, "Send less.");
  }
  return data;
}
