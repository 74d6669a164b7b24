/** What the pages ask of a wallet (EIP-1193, EIP-712, EIP-191, EIP-3085, EIP-3326), with its refusals as errors of ours. */

import { hashMessage } from "viem";

import { fromHex, type Hex, toHex, utf8 } from "../base/bytes";
import { TallyError } from "../base/errors";
import { told } from "../base/problems";
import { ownersCall, thresholdCall, VALID, validCall } from "../protocol/calls";
import { accountSignature } from "../protocol/signatures";
import type { TypedDocument } from "../protocol/typed";
import type { Announced } from "./discovery";

/** The chain as a wallet is told of it; `rpc` is "" where the operator names no endpoint. */
export interface Network {
  readonly chainId: bigint;
  readonly name: string;
  readonly rpc: string;
}

/** EIP-1193's and EIP-1474's numbers, and what they mean here. */
const MEANINGS = new Map<number, Parameters<typeof told>[0]>([
  [4001, "wallet.rejected"],
  [4100, "wallet.locked"],
  [4200, "wallet.unable"],
  [4900, "wallet.disconnected"],
  [4901, "wallet.disconnected"],
  [4902, "wallet.unknown_chain"],
  [-32601, "wallet.unable"],
  [-32002, "wallet.busy"],
]);
const MOST_SIGNATURE = 4096;
/** Milliseconds between two looks whether a contract's holders have signed, and how many looks there are: half an hour. */
const BETWEEN = 2_000;
const LOOKS = 900;

/** Who signs for an account with code: how many of how many, where it tells as a Safe does. */
export interface Holders {
  readonly needed?: number;
  readonly all?: number;
}

export class Wallet {
  /** Told when the wait for further holders of a contract begins and when it ends. */
  collecting: (now: boolean) => void = () => undefined;

  constructor(readonly announced: Announced) {}

  /** Its accounts for this page, lower case; with `ask` it asks its holder for leave. None: it is locked, or gave no leave. */
  async accounts(ask: boolean): Promise<readonly Hex[]> {
    const found = await this.call(ask ? "eth_requestAccounts" : "eth_accounts");
    const listed = Array.isArray(found) ? found : [];
    return listed
      .filter((each): each is string => typeof each === "string" && /^0x[0-9a-fA-F]{40}$/.test(each))
      .map((each) => each.toLowerCase() as Hex);
  }

  /** The chain that it is on. */
  async chainId(): Promise<bigint> {
    const found = await this.call("eth_chainId");
    if (typeof found !== "string" || !/^0x[0-9a-fA-F]{1,64}$/.test(found)) throw told("wallet.unable");
    return BigInt(found);
  }

  /** Has it go to a chain, which it is told of where it does not know it. */
  async goTo(network: Network): Promise<void> {
    const chainId = `0x${network.chainId.toString(16)}`;
    try {
      await this.call("wallet_switchEthereumChain", [{ chainId }]);
    } catch (error) {
      if (!(error instanceof TallyError) || error.code === "wallet.rejected") throw error;
      if (network.rpc === "") throw told("wallet.unknown_chain");
      const currency = { name: "Ether", symbol: "ETH", decimals: 18 };
      await this.call("wallet_addEthereumChain", [
        { chainId, chainName: network.name, rpcUrls: [network.rpc], nativeCurrency: currency },
      ]);
    }
    if ((await this.chainId()) !== network.chainId) throw told("wallet.other_chain");
  }

  /** A signature over a text (`personal_sign`, EIP-191). */
  async signText(text: string, account: Hex): Promise<Hex> {
    const sign = async (): Promise<unknown> => this.call("personal_sign", [toHex(utf8(text)), account]);
    const digest = hashMessage(text);
    if (await this.holders(account)) return this.together(account, digest, sign);
    return toHex(signatureOf(await sign()));
  }

  /**
   * A signature over typed data, whose 32 bytes are `digest`: in the chain's form by an account's key, as it is by an account with
   * code, which alone can tell (EIP-1271). Anything else is refused: such a wallet signed something else, or as somebody else.
   */
  async signTyped(document: TypedDocument, digest: Hex, account: Hex): Promise<Hex> {
    const sign = async (): Promise<unknown> => this.call("eth_signTypedData_v4", [account, JSON.stringify(document)]);
    if (await this.holders(account)) return this.together(account, digest, sign);
    const usual = await accountSignature(account, digest, signatureOf(await sign()));
    if (usual === undefined) throw told("wallet.other_signature");
    return usual;
  }

  /** Who signs for an account; undefined where it has no code and its key signs alone, as far as the wallet's endpoint tells. */
  async holders(account: Hex): Promise<Holders | undefined> {
    const code = await this.answered(() => this.call("eth_getCode", [account, "latest"]));
    if (code === undefined || code === "0x") return undefined;
    const needed = countIn(await this.answered(() => this.ask(account, thresholdCall())), 0);
    const all = countIn(await this.answered(() => this.ask(account, ownersCall())), 1);
    return needed === undefined || all === undefined || needed > all ? {} : { needed, all };
  }

  /**
   * What an account with code hands in for a digest: the signature that its wallet gives, or none at all where its holders agree on
   * chain, as a Safe's do, whose wallet then answers "0x" at once. In that case it is waited for until the account says yes by
   * itself (EIP-1271). What they agreed to before is not asked for again, so that nobody loses it by leaving the page.
   */
  private async together(account: Hex, digest: Hex, sign: () => Promise<unknown>): Promise<Hex> {
    if (await this.accepts(account, digest, "0x")) return "0x";
    this.collecting(true);
    try {
      const found = await sign();
      if (found !== "0x") {
        const given = signatureOf(found);
        // the key of an account that only delegates to code (EIP-7702) signs as it always did
        const byKey = await accountSignature(account, digest, given);
        if (byKey !== undefined) return byKey;
        if (!(await this.accepts(account, digest, toHex(given)))) throw told("wallet.not_enough");
        return toHex(given);
      }
      for (let look = 0; look < LOOKS; look += 1) {
        if (await this.accepts(account, digest, "0x")) return "0x";
        await new Promise((resolve) => setTimeout(resolve, BETWEEN));
      }
      throw told("wallet.not_enough");
    } finally {
      this.collecting(false);
    }
  }

  /** Whether an account with code accepts a signature (EIP-1271), by the wallet's own endpoint. */
  private async accepts(account: Hex, digest: Hex, signature: Hex): Promise<boolean> {
    const answer = await this.answered(() => this.ask(account, validCall(digest, signature)));
    return answer === VALID;
  }

  /** An answer in hex; undefined where the wallet or the contract gives none. */
  private async answered(ask: () => Promise<unknown>): Promise<string | undefined> {
    try {
      const found = await ask();
      return typeof found === "string" && /^0x[0-9a-f]*$/.test(found) ? found : undefined;
    } catch {
      return undefined;
    }
  }

  /** Has a call of a contract sent by `account`; its holder agrees to it in the wallet. The transaction's hash. */
  async send(to: Hex, data: Hex, account: Hex): Promise<Hex> {
    const hash = await this.call("eth_sendTransaction", [{ from: account, to, data, value: "0x0" }]);
    if (typeof hash !== "string" || !/^0x[0-9a-f]{64}$/.test(hash)) throw told("wallet.failed");
    return hash as Hex;
  }

  /** What a contract answers to a call that changes nothing, by the wallet's own chain endpoint. */
  ask(to: Hex, data: Hex): Promise<unknown> {
    return this.call("eth_call", [{ to, data }, "latest"]);
  }

  /** Whether a transaction is in a block and was carried out; undefined while it is in none. */
  async carriedOut(hash: Hex): Promise<boolean | undefined> {
    const found = await this.call("eth_getTransactionReceipt", [hash]);
    if (typeof found !== "object" || found === null) return undefined;
    return (found as Readonly<Record<string, unknown>>)["status"] === "0x1";
  }

  /** Calls `changed` when the holder takes another account or chain; the answer ends that. */
  watch(changed: () => void): () => void {
    const { provider } = this.announced;
    for (const event of ["accountsChanged", "chainChanged", "disconnect"]) provider.on?.(event, changed);
    return () => {
      for (const event of ["accountsChanged", "chainChanged", "disconnect"]) provider.removeListener?.(event, changed);
    };
  }

  private async call(method: string, params?: readonly unknown[]): Promise<unknown> {
    try {
      return await this.announced.provider.request(params === undefined ? { method } : { method, params });
    } catch (error) {
      throw told(MEANINGS.get(Number((error as { code?: unknown } | null)?.code)) ?? "wallet.failed");
    }
  }
}

function signatureOf(value: unknown): Uint8Array {
  if (typeof value !== "string" || !/^0x([0-9a-fA-F]{2})+$/.test(value) || value.length > 2 + 2 * MOST_SIGNATURE) {
    throw told("wallet.other_signature");
  }
  return fromHex(value as Hex);
}

/** The number in a word of an answer, counted from zero; undefined for none, and for what no wallet has. */
function countIn(answer: string | undefined, at: number): number | undefined {
  const word = answer?.slice(2 + 64 * at, 2 + 64 * (at + 1)) ?? "";
  const count = word.length === 64 ? Number(BigInt(`0x${word}`)) : 0;
  return count > 0 && count <= 1_000 ? count : undefined;
}
