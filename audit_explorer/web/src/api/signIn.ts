/** Signing in with a wallet, to read: the message is derived here, and the coordinator's must be the same (`protocol/sign_in.py`). */

import { getAddress } from "viem";

import type { Hex } from "../base/bytes";
import { TallyError } from "../base/errors";
import { fromPlain } from "../base/json";
import { SIGN_IN_STATEMENT, SignIn } from "../generated/records";
import { answerOf, type Schemas, type TaskApi } from "./client";

export type Session = Schemas["SessionView"];

/** The EIP-4361 message for the pages at `url` (`https://host[:port][/prefix]`). */
export function signInText(parts: SignIn, url: string, chainId: bigint): string {
  return [
    `${new URL(url).host} wants you to sign in with your Ethereum account:`,
    getAddress(parts.wallet),
    "",
    SIGN_IN_STATEMENT.replace("{party}", () => parts.party),
    "",
    `URI: ${url}`,
    "Version: 1",
    `Chain ID: ${chainId}`,
    `Nonce: ${parts.nonce}`,
    `Issued At: ${time(parts.issuedAt)}`,
    `Expiration Time: ${time(parts.notAfter)}`,
    "Resources:",
    `- urn:tallystick:party:${parts.party}`,
  ].join("\n");
}

function time(seconds: bigint): string {
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z`;
}

/** What to sign; refused (`sign_in.other_text`) where the coordinator's message is for other pages, another wallet or chain. */
export async function askMessage(
  api: TaskApi,
  wallet: Hex,
  party: string | null,
  url: string,
  chainId: bigint,
): Promise<Schemas["SignInMessage"]> {
  const message = await answerOf(api.POST("/v1/sign-in", { body: { wallet, party } }));
  const parts = SignIn.read(fromPlain(message.sign_in), "sign_in");
  const own = parts.wallet === wallet && (party === null || parts.party === party);
  if (!own || message.text !== signInText(parts, url, chainId)) {
    throw new TallyError(
      "sign_in.other_text",
      "The message to sign is not for these pages, this wallet and this chain.",
      "Do not sign it; tell the coordinator's operator (TALLY_PUBLIC_URL).",
    );
  }
  return message;
}

/** Opens a session with a signed message. */
export async function openSession(api: TaskApi, message: Schemas["SignInMessage"], signature: Hex): Promise<Session> {
  const { sign_in, seal } = message;
  return answerOf(api.POST("/v1/sessions", { body: { sign_in, seal, signature } }));
}

/** The session that the browser holds; undefined when there is none or it has ended. */
export async function ownSession(api: TaskApi): Promise<Session | undefined> {
  try {
    return await answerOf(api.GET("/v1/sessions/own"));
  } catch (error) {
    if (error instanceof TallyError && error.code === "access.session_over") return undefined;
    throw error;
  }
}

/** Ends it. */
export async function closeSession(api: TaskApi): Promise<void> {
  const { response } = await api.DELETE("/v1/sessions/own");
  if (!response.ok) throw new TallyError("api.unexpected", "The session could not be ended.", "Try again.");
}
