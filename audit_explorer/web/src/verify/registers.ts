/** What the contracts hold at a bundle's head: words of storage, proven, and read as what they mean (`protocol/registers.py`). */

import { getAddress } from "viem";

import { fromHex, type Hex, joined, toHex } from "../base/bytes";
import { TallyError } from "../base/errors";
import { sortedSet } from "../base/text";
import { COMMITTEES, CONTRACTS, FIELDS, PERIOD_SLOTS, PLACES, RELEASE_KINDS } from "../generated/evidence";
import type { Register } from "../generated/records";
import { word } from "../protocol/chain";
import { ZERO32 } from "../protocol/contract";
import { keccak, storageRoot } from "../protocol/trie";
import type { Trust } from "../protocol/trust";
import { missing } from "./answers";

/** What is registered of a data set's version. */
export interface DataSetFacts {
  readonly owner: Hex;
  readonly schemaHash: Hex;
  readonly inputRoot: Hex;
  readonly rows: bigint;
}

/** What is published of a program or an engine; the last three are a program's. */
export interface ReleaseFacts {
  readonly codeDigest: Hex;
  readonly isEngine: boolean;
  readonly committee: (typeof COMMITTEES)[number];
  readonly protectionLevel: number;
  readonly securityModel: number;
}

/** Whose authorization was submitted, and the wallet (checksummed) whose signature the contract checked then. */
export interface AuthorizationFacts {
  readonly owner: Hex;
  readonly wallet: string;
}

/** A task's own record: its state at the head (a number), whether it had started, and how many commitments it took. */
export interface TaskFacts {
  readonly state: number;
  readonly started: boolean;
  readonly commitments: number;
}

type Place = (typeof PLACES)[keyof typeof PLACES];

/** Each method answers "cannot be checked" for what is not proven. */
export class Registers {
  private constructor(private readonly words: ReadonlyMap<string, Hex>) {}

  /** Check every proof; the first that does not hold is refused (`chain.*`). */
  static read(registers: readonly (readonly [string, Register])[], stateRoot: Uint8Array, trust: Trust): Registers {
    const given = new Map(registers);
    const known: readonly string[] = CONTRACTS;
    const [unknown] = sortedSet([...given.keys()].filter((name) => !known.includes(name)));
    if (unknown !== undefined) {
      const what = `${unknown} is none of the trusted contracts.`;
      throw new TallyError("bundle.register", what, "Fetch the bundle again.");
    }
    const words = new Map<string, Hex>();
    for (const contract of CONTRACTS) {
      const proof = given.get(contract);
      if (proof === undefined) {
        throw missing(`The account of ${contract} is not in the bundle.`, `证据包中没有${contract}的账户。`);
      }
      const address = fromHex(trust.contracts[contract]);
      const root = storageRoot(stateRoot, address, proof.account, fromHex(trust.runtimeCodeHashes[contract]));
      for (const { slot, nodes } of proof.words) words.set(`${contract} ${slot}`, word(root, fromHex(slot), nodes));
    }
    return new Registers(words);
  }

  /** A party's node key of a period, counted from 1; undefined when there is no such period or no node. */
  nodeKey(party: Hex, period: bigint): Hex | undefined {
    if (period < 1n) return undefined;
    const begin = BigInt(toHex(keccak(fromHex(slotHex(mapped(party, PLACES._keyHistory[1]))))));
    const start = begin + BigInt(PERIOD_SLOTS) * (period - 1n);
    const key = this.field(PLACES._keyHistory, start, FIELDS.KeyPeriod.nodeKey);
    return key === ZERO32 ? undefined : key;
  }

  /** A registered version; undefined when there is none. */
  dataSet(dataSet: Hex, version: number): DataSetFacts | undefined {
    const [place, fields] = [PLACES._versions, FIELDS.DataSetVersion];
    const at = mapped(slotHex(BigInt(version)), mapped(dataSet, place[1]));
    if (this.number(place, at, fields.status) === 0n) return undefined;
    return {
      owner: this.field(place, at, fields.owner),
      schemaHash: this.field(place, at, fields.schemaHash),
      inputRoot: this.field(place, at, fields.inputRoot),
      rows: this.number(place, at, fields.rows),
    };
  }

  /** A published program or engine; undefined when it is not published. */
  release(release: Hex): ReleaseFacts | undefined {
    const [place, fields] = [PLACES._releases, FIELDS.Release];
    const at = mapped(release, place[1]);
    if (this.number(place, at, fields.status) === 0n) return undefined;
    const kind = Number(this.number(place, at, fields.committee));
    const committee = COMMITTEES[kind];
    if (committee === undefined) {
      throw missing(
        `This verifier knows no kind ${kind} of committee: use a newer one.`,
        `本验证器不认识计算委员会类型${kind}：请使用更新的版本。`,
      );
    }
    return {
      codeDigest: this.field(place, at, fields.codeDigest),
      isEngine: this.number(place, at, fields.kind) === BigInt(RELEASE_KINDS.engine),
      committee,
      protectionLevel: Number(this.number(place, at, fields.protectionLevel)),
      securityModel: Number(this.number(place, at, fields.securityModel)),
    };
  }

  /** How many certifiers approved that `newer` stands in for `older`. */
  successorApprovals(older: Hex, newer: Hex): bigint {
    const place = PLACES._successorApprovals;
    return BigInt(this.word(place, mapped(newer, mapped(older, place[1]))));
  }

  /** A submitted authorization; undefined when nobody submitted it. */
  authorization(digest: Hex): AuthorizationFacts | undefined {
    const [place, fields] = [PLACES._records, FIELDS.AuthorizationRecord];
    const at = mapped(digest, place[1]);
    if (this.number(place, at, fields.status) === 0n) return undefined;
    const wallet = getAddress(this.field(place, at, fields.wallet));
    return { owner: this.field(place, at, fields.owner), wallet };
  }

  /** The root anchored for a size of a party's log; zero when that size was never anchored. */
  anchoredRoot(party: Hex, epoch: bigint, size: bigint): Hex {
    const place = PLACES._logs;
    const roots = mapped(slotHex(epoch), mapped(party, place[1])) + BigInt(FIELDS.Log.roots[0]);
    return this.word(place, mapped(slotHex(size), roots) + BigInt(FIELDS.AnchoredRoot.root[0]));
  }

  /** How a task stood at the head; also one that nobody proposed. */
  task(task: Hex): TaskFacts {
    const [place, fields] = [PLACES._tasks, FIELDS.Task];
    const at = mapped(task, place[1]);
    return {
      state: Number(this.number(place, at, fields.state)),
      started: this.number(place, at, fields.startedAt) !== 0n,
      commitments: Number(this.number(place, at, fields.commitments)),
    };
  }

  /** How many blocks of uses a task reserved after its start. */
  reserves(task: Hex): number {
    return Number(this.number(PLACES._tasks, mapped(task, PLACES._tasks[1]), FIELDS.Task.reserves));
  }

  private number(place: Place, start: bigint, field: readonly [number, number, number]): bigint {
    return BigInt(this.field(place, start, field));
  }

  private field(place: Place, start: bigint, [slot, offset, size]: readonly [number, number, number]): Hex {
    const data = fromHex(this.word(place, start + BigInt(slot)));
    return toHex(data.slice(32 - offset - size, 32 - offset));
  }

  private word([contract]: Place, slot: bigint): Hex {
    const found = this.words.get(`${contract} ${slotHex(slot)}`);
    if (found === undefined) {
      throw missing(
        `Storage slot ${slotHex(slot)} of ${contract} is not in the bundle.`,
        `证据包中没有${contract}的存储槽${slotHex(slot)}。`,
      );
    }
    return found;
  }
}

/** Where a mapping at `slot` keeps the value of a key of 32 bytes (Solidity's "Layout of State Variables in Storage"). */
function mapped(key: Hex, slot: bigint | number): bigint {
  return BigInt(toHex(keccak(joined(fromHex(key), fromHex(slotHex(BigInt(slot)))))));
}

function slotHex(slot: bigint): Hex {
  return `0x${slot.toString(16).padStart(64, "0")}`;
}
