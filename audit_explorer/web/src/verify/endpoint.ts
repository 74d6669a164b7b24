/**
 * What a live chain says beside a bundle and its trust root, from an endpoint that the reader chose (`cli/live.py`).
 *
 * The endpoint learns numbers of blocks and addresses of contracts, nothing of the bundle. What it says of state is proven by
 * hashes; its word alone counts for the hash of the bundle's head where the trust root names no block, and for a wallet's code.
 */

import { fromHex, type Hex, toHex, utf8 } from "../base/bytes";
import { TallyError } from "../base/errors";
import { isList, isObject, type Json, type JsonObject, parse } from "../base/json";
import { CONTRACTS } from "../generated/evidence";
import type { Descent, Window } from "../generated/records";
import { type Block, HISTORY, historySlot, parseHeader, verifyDescent, WINDOW } from "../protocol/chain";
import { hashedHeader, isQbft } from "../protocol/header";
import { decodeRlp, encodeRlp, listOf } from "../protocol/rlp";
import { keccak } from "../protocol/trie";
import type { Trust } from "../protocol/trust";

/** A header's fields in order, as an endpoint names them; those behind `nonce` came with later forks. */
const FIXED = [
  "parentHash",
  "sha3Uncles",
  "miner",
  "stateRoot",
  "transactionsRoot",
  "receiptsRoot",
  "logsBloom",
] as const;
const COUNTED = ["difficulty", "number", "gasLimit", "gasUsed", "timestamp"] as const;
const CLOSING = ["extraData", "mixHash", "nonce"] as const;
const LATER = [
  "baseFeePerGas",
  "withdrawalsRoot",
  "blobGasUsed",
  "excessBlobGas",
  "parentBeaconBlockRoot",
  "requestsHash",
] as const;
const QUANTITIES: ReadonlySet<string> = new Set([...COUNTED, "baseFeePerGas", "blobGasUsed", "excessBlobGas"]);
const PATIENCE = 20_000;

/** One JSON-RPC endpoint over HTTP. */
export class Endpoint {
  constructor(readonly url: string) {}

  /** Hash of a block as the endpoint has it; undefined where it has no such block. */
  async blockHash(number: bigint): Promise<Hex | undefined> {
    const found = await this.block(number);
    return found === undefined ? undefined : hexOf(found.get("hash"));
  }

  /** Whether an address holds code. */
  async holdsCode(address: string): Promise<boolean> {
    return (await this.code(address)).length > 0;
  }

  /** Refuses (`chain.wrong_chain`) where the endpoint serves another chain, or other code, than the trust root names. */
  async compare(trust: Trust): Promise<void> {
    const chain = BigInt(hexOf(await this.call("eth_chainId", [])));
    if (chain !== trust.chainId) throw otherChain("chain id", String(chain), String(trust.chainId));
    const genesis = (await this.blockHash(0n)) ?? "none";
    if (genesis !== trust.genesisHash) throw otherChain("genesis block", genesis, trust.genesisHash);
    for (const name of CONTRACTS) {
      const found = toHex(keccak(await this.code(trust.contracts[name])));
      const due = trust.runtimeCodeHashes[name];
      if (found !== due) throw otherChain(`code of ${name}`, found, due);
    }
  }

  /** From block `top` down to the header `bottom`, in hops of at most 8,191 blocks. */
  async path(top: bigint, bottom: Uint8Array): Promise<Descent> {
    const end = parseHeader(bottom).number;
    const head = await this.header(top);
    const windows: Window[] = [];
    for (let base = parseHeader(head); base.number > end; ) {
      let number = end;
      if (base.number - end > WINDOW) number = base.number - WINDOW;
      const header = number === end ? bottom : await this.header(number);
      windows.push(await this.window(base, number, header));
      base = parseHeader(header);
    }
    const found = { head, windows };
    verifyDescent(found);
    return found;
  }

  private async window(base: Block, number: bigint, header: Uint8Array): Promise<Window> {
    const slot = historySlot(number);
    const found = objectOf(await this.call("eth_getProof", [toHex(HISTORY), [slot], quantity(base.number)]));
    const [first, ...more] = listIn(found.get("storageProof"));
    if (more.length > 0) throw nonsense("one storage proof");
    const storage = nodesOf(objectOf(first).get("proof"));
    return { account: nodesOf(found.get("accountProof")), blocks: [{ header, storage }] };
  }

  /** A block's header in the form that its hash is of. */
  private async header(number: bigint): Promise<Uint8Array> {
    const block = await this.block(number);
    if (block === undefined) {
      throw new TallyError("chain.block_missing", `The endpoint has no block ${number}.`, "Use another endpoint.");
    }
    const later = LATER.slice(
      0,
      Math.max(
        0,
        countUntil(LATER, (name) => (block.get(name) ?? null) === null),
      ),
    );
    const names = [...FIXED, ...COUNTED, ...CLOSING, ...later];
    const header = encodeRlp(names.map((name) => fieldOf(block, name)));
    if (parseHeader(header).hash !== hexOf(block.get("hash"))) {
      throw new TallyError(
        "chain.header_mismatch",
        `The header of block ${number} does not hash to what the endpoint says.`,
        "Use an endpoint that returns every header field, of a fork up to Osaka.",
      );
    }
    const fields = listOf(decodeRlp(header));
    return isQbft(fields) ? hashedHeader(fields) : header;
  }

  private async block(number: bigint): Promise<JsonObject | undefined> {
    const found = await this.call("eth_getBlockByNumber", [quantity(number), false]);
    return found === null ? undefined : objectOf(found);
  }

  private async code(address: string): Promise<Uint8Array> {
    return fromHex(hexOf(await this.call("eth_getCode", [address, "latest"])));
  }

  private async call(method: string, parameters: readonly unknown[]): Promise<Json> {
    let text: string;
    try {
      const answer = await fetch(this.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: parameters }),
        credentials: "omit",
        referrerPolicy: "no-referrer",
        signal: AbortSignal.timeout(PATIENCE),
      });
      text = await answer.text();
    } catch {
      throw new TallyError(
        "chain.unreachable",
        `No answer from ${this.url} to ${method}.`,
        "Check that the endpoint runs and lets pages of this address ask it (CORS), or use files alone.",
      );
    }
    const found = objectOf(parse(utf8(text)));
    if (found.has("error")) {
      const said = objectOf(found.get("error")).get("message");
      throw new TallyError(
        "chain.refused",
        `The endpoint refused ${method}: ${String(said)}.`,
        "Use an endpoint with historical state, or the path file.",
      );
    }
    return found.get("result") ?? null;
  }
}

function countUntil<T>(items: readonly T[], ends: (item: T) => boolean): number {
  const place = items.findIndex(ends);
  return place < 0 ? items.length : place;
}

function fieldOf(block: JsonObject, name: string): Uint8Array {
  if (!block.has(name)) {
    throw new TallyError("chain.header_incomplete", `The endpoint's blocks have no ${name}.`, "Use another endpoint.");
  }
  const digits = hexOf(block.get(name));
  if (!QUANTITIES.has(name)) return fromHex(digits);
  const number = BigInt(digits).toString(16);
  return number === "0" ? new Uint8Array() : fromHex(`0x${number.length % 2 ? "0" : ""}${number}`);
}

function quantity(number: bigint): Hex {
  return `0x${number.toString(16)}`;
}

function hexOf(value: Json | undefined): Hex {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]*$/.test(value)) throw nonsense("0x and hex digits");
  return value.toLowerCase() as Hex;
}

function nodesOf(value: Json | undefined): readonly Uint8Array[] {
  return listIn(value).map((node) => fromHex(hexOf(node)));
}

function listIn(value: Json | undefined): readonly Json[] {
  if (!isList(value)) throw nonsense("a list");
  return value;
}

function objectOf(value: Json | undefined): JsonObject {
  if (!isObject(value)) throw nonsense("an object");
  return value;
}

function nonsense(wanted: string): TallyError {
  const what = `The endpoint sent something else where ${wanted} belongs.`;
  return new TallyError("chain.nonsense", what, "Check that the address is an Ethereum JSON-RPC endpoint.");
}

function otherChain(what: string, found: string, due: string): TallyError {
  return new TallyError(
    "chain.wrong_chain",
    `The endpoint's ${what} is ${found}, the trust root's ${due}.`,
    "Use an endpoint of the chain that the trust root is of.",
  );
}
