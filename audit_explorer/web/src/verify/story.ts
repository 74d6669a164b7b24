/**
 * One task's story as a bundle tells it: the contract, its events on chain, and every party's log entries (`protocol/story.py`).
 *
 * Built once; the steps ask it. Nothing in it is believed but what the ledger proved.
 */

import { type Hex, sha256Hex } from "../base/bytes";
import { TallyError } from "../base/errors";
import { sortedSet } from "../base/text";
import type { LogEvidence, Proposal, SignedAuthorization, TaskContract } from "../generated/records";
import { STATEMENTS } from "../generated/records";
import type { Bundle } from "../protocol/bundle";
import { owners, participants, programs, proposalOf, readContract, taskIdOf } from "../protocol/contract";
import { type Envelope, parseEnvelope } from "../protocol/dsse";
import { parseStatement, type Stated } from "../protocol/statements";
import { onChain } from "../protocol/trie";
import { domainOf, type Trust } from "../protocol/trust";
import { fails, missing } from "./answers";
import type { Found, Ledger } from "./ledger";
import type { DataSetFacts, ReleaseFacts, TaskFacts } from "./registers";
import type { Kind, StatementOf } from "./statements";

/** A log entry whose envelope parses; its signature is step 4's business. */
export interface Entry {
  readonly index: number;
  readonly envelope: Envelope;
  readonly stated: Stated;
  readonly kind: Kind;
  /** SHA-256 of the statement's canonical bytes. */
  readonly digest: Hex;
}

/** Whether an address holds code on a live chain (EIP-1271); offline nobody can say. */
export type IsContract = (address: string) => Promise<boolean>;

/** Everything the steps look at. Entries are in log order per party. */
export class Story {
  private constructor(
    readonly task: Hex,
    readonly contract: TaskContract,
    readonly proposal: Proposal,
    readonly trust: Trust,
    readonly ledger: Ledger,
    readonly material: Bundle,
    readonly authorizations: ReadonlyMap<string, SignedAuthorization>,
    readonly logs: ReadonlyMap<string, LogEvidence>,
    readonly entries: ReadonlyMap<string, readonly Entry[]>,
    readonly commitments: ReadonlyMap<string, Found<"RunCommitted">>,
    readonly proposed: Found<"TaskProposed"> | undefined,
    readonly started: Found<"TaskStarted"> | undefined,
    readonly completed: Found<"TaskCompleted"> | undefined,
    readonly isContract: IsContract | undefined,
  ) {}

  /** Parse contract and envelopes, and pick the task's events. */
  static read(material: Bundle, ledger: Ledger, trust: Trust, isContract: IsContract | undefined): Story {
    const contract = readContract(material.contract);
    const { task } = material;
    const computed = taskIdOf(contract, domainOf(trust, "Tasks"));
    if (task !== computed) {
      throw new TallyError(
        "task.id",
        `The contract's task id is ${computed.slice(2)}, the bundle says ${task.slice(2)}.`,
        "The contract, the task or the trust root is another one.",
      );
    }
    const logs = new Map(material.logs.map((log) => [log.party, log]));
    const parts = new Set([...owners(contract), ...contract.committee]);
    if (material.logs.some((log) => log.task !== task || !parts.has(log.party)) || logs.size !== material.logs.length) {
      const what = "A log in the bundle is another task's or party's, or occurs twice.";
      throw new TallyError("bundle.log", what, "Fetch again.");
    }
    const consents = new Map(material.authorizations.map((item) => [item.message.dataSet, item]));
    const inputs = new Set(contract.inputs.map((item) => item.dataSet));
    if (consents.size !== material.authorizations.length || [...consents.keys()].some((name) => !inputs.has(name))) {
      const what = "A consent in the bundle is about no input of the task, or occurs twice.";
      throw new TallyError("bundle.consent", what, "Fetch again.");
    }
    const byHash = new Map(participants(contract).map((name) => [onChain(name), name]));
    const committed = ledger
      .of("RunCommitted", { task })
      .map((found) => [byHash.get(found.event.party) ?? "?", found] as const);
    return new Story(
      task,
      contract,
      proposalOf(contract),
      trust,
      ledger,
      material,
      consents,
      logs,
      new Map([...logs].map(([party, log]) => [party, entriesOf(log, task)])),
      new Map(committed),
      ledger.one("TaskProposed", { task }),
      ledger.one("TaskStarted", { task }),
      ledger.one("TaskCompleted", { task }),
      isContract,
    );
  }

  /** How the task stands at the bundle's last block. */
  get state(): string {
    const { ledger, task } = this;
    if (this.completed) return "completed";
    if (ledger.of("TaskDisputed", { task }).length > 0) return "disputed";
    const aborted = ledger.one("TaskAborted", { task });
    if (aborted) return aborted.event.kind === 1n ? "refused" : "aborted";
    if (ledger.of("TaskExpired", { task }).length > 0) return "expired";
    return this.started ? "started" : this.proposed ? "proposed" : "unknown";
  }

  /** Whether the task ever started; "cannot be checked" where nothing in the bundle says so or otherwise. */
  get began(): boolean {
    const shown = this.started ?? this.completed;
    if (shown || this.commitments.size > 0 || this.ledger.of("TaskDisputed", { task: this.task }).length > 0) {
      return true;
    }
    return this.facts.started;
  }

  /** The task's own record on chain at the head: what did not happen is read from there. */
  get facts(): TaskFacts {
    return this.ledger.registers.task(this.task);
  }

  /** Whose log must be here: of a task that began everyone's who had a part in it, else that of a node that ended it. */
  get owing(): readonly string[] {
    if (this.began) return sortedSet([...owners(this.contract), ...this.contract.committee]);
    const ended = this.ledger.of("TaskAborted", { task: this.task });
    return sortedSet(ended.filter((item) => item.event.keyPeriod !== 0n).map((item) => this.name(item.event.party)));
  }

  /** Whether those who commit compute with each other: where they do not, there are no links between them. */
  get linked(): boolean {
    return this.program(programs(this.contract)[0] ?? "").committee !== "none";
  }

  /** Everyone whose commitment completes the task: the committee, or the owners where there is none. */
  get committers(): readonly string[] {
    return this.linked ? this.contract.committee : owners(this.contract);
  }

  /** A published program. */
  program(name: string): ReleaseFacts {
    return this.release(name, false);
  }

  /** The published engine that the contract names. */
  engine(): ReleaseFacts {
    return this.release(this.contract.engine, true);
  }

  /** The registered version of a data set that the contract names. */
  dataSet(name: string): DataSetFacts {
    const version = this.contract.inputs.find((item) => item.dataSet === name)?.version ?? 0;
    const found = this.ledger.registers.dataSet(onChain(name), version);
    if (found === undefined) {
      throw fails(`The chain has no version ${version} of ${name}.`, `链上没有${name}的版本${version}。`);
    }
    return found;
  }

  /** A party's node key (Ed25519) in the period of its keys that the chain printed with a signature. */
  nodeKey(party: string, period: bigint): Hex {
    const found = this.ledger.registers.nodeKey(onChain(party), period);
    if (found === undefined) {
      throw fails(
        `The chain has no node key of ${party} in its key period ${period}.`,
        `链上没有${party}在第${period}密钥期的节点密钥。`,
      );
    }
    return found;
  }

  /** A participant's name by its id on chain, "?" for anybody else's. */
  name(party: Hex): string {
    return participants(this.contract).find((name) => onChain(name) === party) ?? "?";
  }

  /** A party's entries, none where its log is not here. */
  entriesOf(party: string): readonly Entry[] {
    return this.entries.get(party) ?? [];
  }

  /** A party's statements of one kind, in log order. */
  statements<K extends Kind>(party: string, kind: K): readonly StatementOf[K][] {
    return this.entriesOf(party)
      .filter((entry) => entry.kind === kind)
      .map((entry) => entry.stated.statement as StatementOf[K]);
  }

  /** The event that anchored the log head that the bundle's proofs lead to. */
  anchored(party: string): Found<"Anchored"> {
    const log = this.log(party);
    const found = this.ledger
      .of("Anchored", { party: onChain(party), epoch: BigInt(log.epoch) })
      .find((item) => item.event.size === BigInt(log.size));
    if (found === undefined) {
      throw missing(
        `No anchor of ${party}'s log at size ${log.size} is in the bundle.`,
        `证据包中没有${party}日志在大小${log.size}处的上链记录。`,
      );
    }
    return found;
  }

  /** A party's log, which must be here. */
  log(party: string): LogEvidence {
    const found = this.logs.get(party);
    if (found === undefined) throw missing(`${party}'s log is not in the bundle.`, `证据包中没有${party}的日志。`);
    return found;
  }

  private release(name: string, isEngine: boolean): ReleaseFacts {
    const found = this.ledger.registers.release(onChain(name));
    if (found === undefined || found.isEngine !== isEngine) {
      const [kind, word] = isEngine ? ["engine", "引擎"] : ["program", "程序"];
      throw fails(`The chain has no ${kind} ${name}.`, `链上没有${word}${name}。`);
    }
    return found;
  }
}

function entriesOf(log: LogEvidence, task: Hex): readonly Entry[] {
  let before = -1;
  return log.entries.map((item) => {
    const envelope = parseEnvelope(item.envelope);
    const stated = parseStatement(envelope.payload);
    if (stated.statement.task !== task || stated.statement.party !== log.party || before >= item.index) {
      throw new TallyError(
        "bundle.entry",
        `Entry ${item.index} of ${log.party}'s log is another task's or party's, or out of order.`,
        "Fetch the bundle again.",
      );
    }
    before = item.index;
    const { kind } = STATEMENTS[stated.predicateType];
    return { index: item.index, envelope, stated, kind, digest: sha256Hex(envelope.payload) };
  });
}
