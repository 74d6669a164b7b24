/** A party's log for one task: signed head, inclusion of every entry, consistency with earlier roots (step 5 of the verification). */

import { fromHex, type Hex, utf8 } from "../base/bytes";
import { TallyError } from "../base/errors";
import type { LogEvidence } from "../generated/records";
import { type Checkpoint, type Origin, openCheckpoint } from "./checkpoint";
import { openEnvelope } from "./dsse";
import { leafHash, verifyConsistency, verifyInclusion } from "./merkle";
import { parseStatement, type Stated } from "./statements";

/** A log's size and root at an earlier time, as the chain has it. */
export interface Head {
  readonly size: bigint;
  readonly root: Hex;
}

/**
 * Refuses unless `key` signed the log's head under its origin, every entry is in it, and each of `earlier` is a prefix of it.
 *
 * Which key, which origin and which earlier heads is for the caller to take from the chain, never from the log.
 */
export async function verifyLog(log: LogEvidence, origin: Origin, key: Hex, earlier: readonly Head[]): Promise<void> {
  const head: Checkpoint = await openCheckpoint(utf8(log.checkpoint), origin, fromHex(key));
  if (head.size !== BigInt(log.size) || head.root !== log.root) {
    throw new TallyError(
      "log.checkpoint",
      `${log.party}'s checkpoint says size ${head.size}, root ${head.root}; the log ${log.size}, ${log.root}.`,
      "Fetch the bundle again; if it stays so, the log was forked.",
    );
  }
  for (const entry of log.entries) {
    verifyInclusion(leafHash(entry.envelope), BigInt(entry.index), head.size, entry.proof, log.root);
  }
  for (const { size, root } of earlier) {
    const found = log.consistency.find((item) => BigInt(item.size) === size && item.root === root);
    if (found === undefined) {
      throw new TallyError(
        "log.missing",
        `The consistency proof of ${log.party}'s log from size ${size} is missing.`,
        "Ask the coordinator for the whole bundle.",
      );
    }
    verifyConsistency(size, root, head.size, log.root, found.proof);
  }
}

/** The statements of a log's entries, each by the key that counted at its position. */
export async function statementsOf(log: LogEvidence, keyAt: (index: number) => Hex): Promise<readonly Stated[]> {
  return await Promise.all(
    log.entries.map(async (entry) => parseStatement(await openEnvelope(entry.envelope, fromHex(keyAt(entry.index))))),
  );
}
