/**
 * The coordinator's task API in the browser: paths and types are generated from `orchestrator/api/openapi.json`.
 *
 * Same origin only, without following redirects; every call has a deadline; a problem (RFC 9457) becomes a {@link TallyError}.
 */

import createClient, { type Client } from "openapi-fetch";

import { TallyError } from "../base/errors";
import type { components, paths } from "../generated/api";

export type Schemas = components["schemas"];
export type TaskApi = Client<paths>;

/** Seconds that an answer may take; a long poll (`wait`) has its own on top. */
const DEADLINE = 30;
/** The longest `wait` of the API, in seconds. */
const LONGEST_WAIT = 60;

/** A client of the API under a path prefix of this page's own origin ("" for none). */
export function taskApi(prefix = "", origin: string = location.origin): TaskApi {
  const base = new URL(prefix ? `${prefix.replace(/\/$/, "")}/` : "/", origin);
  if (base.origin !== new URL(origin).origin) {
    throw new TallyError("api.other_origin", `${base.origin} is not this page's origin.`, "Open the page itself.");
  }
  return createClient<paths>({
    baseUrl: base.href.replace(/\/$/, ""),
    credentials: "same-origin",
    redirect: "error",
    referrerPolicy: "no-referrer",
    fetch: (request) => fetch(request, { signal: AbortSignal.timeout((DEADLINE + LONGEST_WAIT) * 1000) }),
  });
}

/** What a call of the client gives. */
interface Called<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** A type as the document has it: openapi-fetch's own mapping loses that read-only lists are lists. */
type Restored<T> = T extends string
  ? T
  : T extends { readonly length: number; readonly [at: number]: infer Item }
    ? readonly Restored<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Restored<T[Key]> }
      : T;

/** The answer of a call; a problem, and an answer that is none of ours, are errors with a code and what to do. */
export async function answerOf<T>(call: Promise<Called<T>>): Promise<Restored<T>> {
  let called: Called<T>;
  try {
    called = await call;
  } catch (error) {
    if (error instanceof TallyError) throw error;
    throw new TallyError("api.unreachable", "The coordinator does not answer.", "Nothing is lost: try again.");
  }
  if (called.response.ok && called.data !== undefined) return called.data as Restored<T>;
  throw problemOf(called.error, called.response.status);
}

function problemOf(body: unknown, status: number): TallyError {
  const found = body as Partial<Schemas["Problem"]> | null | undefined;
  if (typeof found?.code === "string" && typeof found.detail === "string" && typeof found.fix === "string") {
    return new TallyError(found.code, found.detail, found.fix);
  }
  return new TallyError(
    "api.unexpected",
    `The coordinator answered with status ${status} and no reason.`,
    "Try again later; if it stays so, tell the coordinator's operator.",
  );
}
