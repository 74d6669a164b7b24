/** Which wallets the browser has: each announces itself (EIP-6963, "Multi Injected Provider Discovery"). */

import { unprintable } from "../base/text";
import type { Wallet } from "./wallet";

/** What a wallet answers (EIP-1193). */
export interface Provider {
  request(call: { readonly method: string; readonly params?: unknown }): Promise<unknown>;
  on?(event: string, heard: (value: unknown) => void): unknown;
  removeListener?(event: string, heard: (value: unknown) => void): unknown;
}

/** A wallet as it announced itself: its name for people, its reverse domain name, which is the same at each visit. */
export interface Announced {
  readonly uuid: string;
  readonly name: string;
  readonly rdns: string;
  readonly provider: Provider;
  /** Makes the wallet, where it is one of the page's own (a passkey) and not the browser's. */
  readonly open?: () => Wallet;
}

/** How many are listed: any page may announce as many as it likes. */
const MOST = 20;

/** Calls `changed` with all wallets whenever one more announces itself; the answer ends that. */
export function discover(changed: (found: readonly Announced[]) => void, here: EventTarget = window): () => void {
  const found = new Map<string, Announced>();
  const heard = (event: Event): void => {
    const one = announced((event as CustomEvent<unknown>).detail);
    if (one === undefined || found.has(one.uuid) || found.size >= MOST) return;
    found.set(one.uuid, one);
    changed([...found.values()]);
  };
  here.addEventListener("eip6963:announceProvider", heard);
  here.dispatchEvent(new Event("eip6963:requestProvider"));
  return () => here.removeEventListener("eip6963:announceProvider", heard);
}

/** What an announcement says; undefined for one that is not of the standard's form, or whose name could pass for another. */
export function announced(detail: unknown): Announced | undefined {
  const { info, provider } = (detail ?? {}) as { info?: Record<string, unknown>; provider?: Partial<Provider> };
  const uuid = shortText(info?.["uuid"]);
  const name = shortText(info?.["name"]);
  const rdns = shortText(info?.["rdns"]);
  if (uuid === undefined || name === undefined || rdns === undefined || typeof provider?.request !== "function") {
    return undefined;
  }
  return { uuid, name, rdns, provider: provider as Provider };
}

function shortText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && value.length <= 64 && unprintable(value) === ""
    ? value
    : undefined;
}
