/**
 * What the chain said, as far as a bundle proves it: a head that trust or seals make real, blocks below it, receipts
 * (`protocol/ledger.py`).
 *
 * Only events of the trusted contracts' addresses count. An event that is not in the bundle proves nothing.
 */

import type { Hex } from "../base/bytes";
import { TallyError } from "../base/errors";
import { CONTRACTS, type Events } from "../generated/evidence";
import type { Descent } from "../generated/records";
import type { Said } from "../generated/words";
import type { Bundle } from "../protocol/bundle";
import { type Block, verifyDescent, verifyReceipt } from "../protocol/chain";
import { decodeEvent, type Event, type EventName } from "../protocol/events";
import { verifyFinality } from "../protocol/qbft";
import type { Trust, TrustedBlock } from "../protocol/trust";
import { bare } from "./answers";
import { Registers } from "./registers";

/** One proven event and where it stands. */
export interface Found<Name extends EventName> {
  readonly event: Events[Name];
  readonly block: bigint;
  readonly blockHash: Hex;
  readonly transaction: number;
}

/** What makes a bundle's head real; or, where nothing does, what would. */
export type Binding = { readonly by: Said } | { readonly lacking: Said };

interface Placed {
  readonly event: Event;
  readonly block: Block;
  readonly transaction: number;
}

/** The proven events, in chain order. */
export class Ledger {
  private constructor(
    private readonly found: readonly Placed[],
    readonly registers: Registers,
    readonly binding: Binding,
    /** Hashes of the proven blocks, by number. */
    readonly hashes: ReadonlyMap<bigint, Hex>,
  ) {}

  /** Check blocks and receipts; the first that does not hold is refused. */
  static async read(material: Bundle, trust: Trust, path: Descent | undefined): Promise<Ledger> {
    const blocks = verifyDescent(material.descent);
    const [head] = blocks as readonly [Block, ...Block[]];
    const sealed = await verifyFinality(material.seals, head, trust.genesisHash);
    const binding = bindingOf(blocks, head, trust.head, path, sealed);
    const registers = Registers.read(material.registers, head.stateRoot, trust);
    const byNumber = new Map(blocks.map((block) => [block.number, block]));
    const contracts = new Map(CONTRACTS.map((name) => [trust.contracts[name], name] as const));
    checkOrder(material);
    const found: Placed[] = [];
    for (const proof of material.receipts) {
      const number = BigInt(proof.block);
      if (number + BigInt(trust.confirmations) > head.number) {
        throw new TallyError(
          "chain.not_final",
          `Block ${number} has fewer than ${trust.confirmations} confirmations at block ${head.number}.`,
          "Fetch the bundle again later.",
        );
      }
      const block = byNumber.get(number);
      if (block === undefined) {
        const what = `Nothing proves block ${number}, whose receipt is here.`;
        throw new TallyError("chain.block_missing", what, "Fetch it again.");
      }
      const receipt = verifyReceipt(block, proof);
      if (!receipt.succeeded) {
        throw new TallyError("chain.reverted", `A transaction of block ${number} failed.`, "Fetch again.");
      }
      for (const log of receipt.logs) {
        const contract = contracts.get(log.address);
        if (contract !== undefined) found.push({ event: decodeEvent(contract, log), block, transaction: proof.index });
      }
    }
    checkUse(material, blocks, head);
    return new Ledger(found, registers, binding, new Map(blocks.map((block) => [block.number, block.hash])));
  }

  /** Events of a kind whose fields have the given values. */
  of<Name extends EventName>(name: Name, fields: Partial<Events[Name]> = {}): readonly Found<Name>[] {
    const wanted = Object.entries(fields);
    return this.found
      .filter(({ event }) => {
        const values = event.fields as unknown as Readonly<Record<string, unknown>>;
        return event.name === name && wanted.every(([field, value]) => values[field] === value);
      })
      .map(({ event, block, transaction }) => ({
        event: event.fields as Events[Name],
        block: block.number,
        blockHash: block.hash,
        transaction,
      }));
  }

  /** The only such event, or undefined; two are a contradiction. */
  one<Name extends EventName>(name: Name, fields: Partial<Events[Name]> = {}): Found<Name> | undefined {
    const found = this.of(name, fields);
    if (found.length > 1) {
      throw new TallyError("chain.event_twice", `${name} occurs ${found.length} times.`, "Report it.");
    }
    return found[0];
  }
}

function checkOrder(material: Bundle): void {
  const ordered = material.receipts.every((proof, at) => {
    const before = material.receipts[at - 1];
    return (
      before === undefined || before.block < proof.block || (before.block === proof.block && before.index < proof.index)
    );
  });
  if (!ordered) {
    throw new TallyError("bundle.receipts", "The receipts are out of order or doubled.", "Fetch it again.");
  }
}

/** Every block proves something: a receipt, or, as the last of its window, the blocks of the next. */
function checkUse(material: Bundle, blocks: readonly Block[], head: Block): void {
  const needed = new Set([head.number, ...material.receipts.map((proof) => BigInt(proof.block))]);
  let place = 0;
  for (const window of material.descent.windows.slice(0, -1)) {
    place += window.blocks.length;
    const base = blocks[place];
    if (base !== undefined) needed.add(base.number);
  }
  const unused = blocks.map((block) => block.number).filter((number) => !needed.has(number));
  if (unused.length > 0) {
    const [least] = unused.sort((one, other) => Number(one - other));
    throw new TallyError("bundle.unused_block", `Block ${least} proves nothing here.`, "Fetch the bundle again.");
  }
}

/** What makes the head real. A block below it binds nothing: whoever forges a head can leave what is below. */
function bindingOf(
  blocks: readonly Block[],
  head: Block,
  trusted: TrustedBlock | null,
  path: Descent | undefined,
  sealed: boolean,
): Binding {
  if (trusted !== null) {
    const number = BigInt(trusted.number);
    for (const block of blocks) {
      if (block.number === number && block.hash !== trusted.hash) {
        throw new TallyError(
          "chain.head",
          `Block ${number} is ${bare(block.hash)}, trusted is ${bare(trusted.hash)}.`,
          "Ask your own chain endpoint for the hash of that block.",
        );
      }
    }
    if (number === head.number) {
      return { by: { en: `block ${number}, which the trust root names`, zh: `信任根所载的区块${number}` } };
    }
    if (number > head.number && path !== undefined) {
      const hops = follow(path, trusted, head);
      return {
        by: {
          en: `block ${head.number}, ${hops} hops below block ${number}, which the trust root names`,
          zh: `区块${head.number}，自信任根所载的区块${number}经${hops}跳可达`,
        },
      };
    }
  }
  if (sealed) {
    return {
      by: {
        en: `block ${head.number}, sealed by a quorum of the validators that follow from the trusted genesis`,
        zh: `区块${head.number}，由可信创世块所确定的验证者法定多数签章`,
      },
    };
  }
  return { lacking: lackingOf(head.number, trusted) };
}

/** How many hops lead from the trusted block to `head`. */
function follow(path: Descent, trusted: TrustedBlock, head: Block): number {
  const blocks = verifyDescent(path);
  const [first, last] = [blocks[0], blocks.at(-1)];
  if (
    first === undefined ||
    last === undefined ||
    first.number !== BigInt(trusted.number) ||
    first.hash !== trusted.hash ||
    last.hash !== head.hash
  ) {
    throw new TallyError(
      "chain.path",
      `The path leads from block ${first?.number} to block ${last?.number}, not from the trusted block ${trusted.number} to the bundle's head ${head.number}.`,
      "Get the path for this trust root and this bundle.",
    );
  }
  return blocks.length - 1;
}

function lackingOf(head: bigint, trusted: TrustedBlock | null): Said {
  if (trusted === null) {
    return {
      en:
        `This chain's blocks carry no validators' seals, so the genesis alone binds nothing: add the hash of block ` +
        `${head} or of a later one, as your own chain endpoint tells it, as \`head\` to the trust file.`,
      zh: `该链区块没有验证者签章，仅凭创世块不足为据：请将自有节点给出的区块${head}或其后区块的哈希作为head写入信任文件。`,
    };
  }
  const number = trusted.number;
  if (BigInt(number) > head) {
    return {
      en:
        `The trusted block ${number} is later than the bundle's head, block ${head}, and the path between them ` +
        `is missing: fetch it with \`tally task path TASK path.json --head ${number}\` and pass --path path.json, ` +
        "or pass --rpc with an endpoint that has historical state.",
      zh:
        `可信区块${number}晚于证据包的头区块${head}，缺少两者之间的路径：请用 \`tally task path TASK path.json ` +
        `--head ${number}\` 获取并以 --path path.json 传入，或用 --rpc 指定保留历史状态的节点。`,
    };
  }
  return {
    en:
      `The trusted block ${number} is earlier than the bundle's head, block ${head}, and binds nothing after ` +
      "itself: name a later one as `head` in the trust file.",
    zh: `可信区块${number}早于证据包的头区块${head}，对其后的区块没有约束力：请在信任文件的head中写入更晚的区块。`,
  };
}
