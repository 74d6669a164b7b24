/** The ask: everything that one data set's owner agrees to; its SHA-256 is what the wallet signs (`protocol/ask.py`). */

import { type Hex, sha256Hex } from "../base/bytes";
import { documentBytes, readDocument } from "../base/record";
import { Ask, type Ranges, type TaskContract } from "../generated/records";
import { inputOf } from "./contract";
import { NO_NONCE } from "./special";

export const NOTHING_VARIES: Ranges = {
  parameters: [],
  filters: [],
  versions: [],
  absent: [],
  counterparts: 0,
  until: [],
};

/** An ask from its canonical bytes. */
export function readAsk(data: Uint8Array): Ask {
  return readDocument(Ask, data);
}

/** Canonical bytes. */
export function askBytes(ask: Ask): Uint8Array {
  return documentBytes(Ask, ask);
}

/** SHA-256 of the canonical bytes: `policy` of the authorization. */
export function askDigest(ask: Ask): Hex {
  return sha256Hex(askBytes(ask));
}

/** What one task asks of one data set: no range, nothing left out. */
export function askOf(contract: TaskContract, dataSet: string): Ask {
  return {
    dataSet: inputOf(contract, dataSet).dataSet,
    contract: { ...contract, nonce: NO_NONCE, deadline: 0n },
    tasksPerDay: 1,
    ranges: NOTHING_VARIES,
    perPerson: [],
  };
}
