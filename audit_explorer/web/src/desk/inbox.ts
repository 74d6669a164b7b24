/** What waits for a party, what it started, what is under way, what is done: read from the task API. */

import { answerOf, type Schemas, type TaskApi } from "../api/client";
import { asProblem } from "../base/problems";
import { ENDED } from "../generated/words";

export type TaskLine = Schemas["TaskLine"];

/** One line; `dataSets` are those of the party's that it has not answered for, undefined where that could not be read. */
export interface Entry {
  readonly line: TaskLine;
  readonly waits: "consent" | "review" | "unread" | "no";
  readonly dataSets: readonly string[];
}

export interface Inbox {
  readonly waiting: readonly Entry[];
  readonly started: readonly Entry[];
  readonly underWay: readonly Entry[];
  readonly done: readonly Entry[];
  /** Whether there are tasks beyond those that were read. */
  readonly more: boolean;
}

const PAGE = 100;
/** How many pages of what waits are read; each holds a hundred. */
const PAGES = 5;
const RECENT = 50;
/** How many tasks are asked about at the same time. */
const AT_ONCE = 4;

/** The inbox of `party`, what waits in the order of its deadlines. One task that cannot be read does not hide the others. */
export async function readInbox(api: TaskApi, party: string): Promise<Inbox> {
  const proposed = await all(api, "proposed", "owner");
  const reviewed = await all(api, "completed", "reviewer");
  const recent = await answerOf(api.GET("/v1/tasks", { params: { query: { limit: RECENT } } }));
  const consents = await eachOf(proposed.items, (line) => consentOf(api, party, line));
  const reviews = reviewed.items
    .filter((line) => line.review === "none")
    .map((line): Entry => ({ line, waits: "review", dataSets: [] }));
  const waiting = [...consents.filter((entry) => entry.waits !== "no"), ...reviews].sort((one, other) =>
    BigInt(one.line.deadline) < BigInt(other.line.deadline) ? -1 : 1,
  );
  const shown = new Set(waiting.map((entry) => entry.line.id));
  const rest = recent.items
    .filter((line) => !shown.has(line.id))
    .map((line): Entry => ({ line, waits: "no", dataSets: [] }));
  const open = rest.filter((entry) => !ENDED.includes(entry.line.state));
  return {
    waiting,
    started: open.filter((entry) => entry.line.proposer === party),
    underWay: open.filter((entry) => entry.line.proposer !== party),
    done: rest.filter((entry) => ENDED.includes(entry.line.state)),
    more: recent.next_cursor !== null || proposed.more || reviewed.more,
  };
}

async function consentOf(api: TaskApi, party: string, line: TaskLine): Promise<Entry> {
  try {
    const { items } = await answerOf(
      api.GET("/v1/tasks/{task}/authorizations", { params: { path: { task: line.id } } }),
    );
    const asked = items.filter((item) => item.owner === party && item.status === "asked");
    return { line, waits: asked.length > 0 ? "consent" : "no", dataSets: asked.map((item) => item.data_set) };
  } catch (error) {
    if (asProblem(error).code === "api.unreachable") throw error;
    return { line, waits: "unread", dataSets: [] };
  }
}

async function all(
  api: TaskApi,
  state: TaskLine["state"],
  part: "owner" | "reviewer",
): Promise<{ items: readonly TaskLine[]; more: boolean }> {
  const items: TaskLine[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES; page += 1) {
    const query: { limit: number; state: TaskLine["state"]; part: typeof part; cursor?: string } = {
      limit: PAGE,
      state,
      part,
    };
    if (cursor !== null) query.cursor = cursor;
    const found: Schemas["TaskPage"] = await answerOf(api.GET("/v1/tasks", { params: { query } }));
    items.push(...found.items);
    cursor = found.next_cursor;
    if (cursor === null) break;
  }
  return { items, more: cursor !== null };
}

async function eachOf<T, R>(items: readonly T[], of: (item: T) => Promise<R>): Promise<readonly R[]> {
  const found: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    found.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(of))));
  }
  return found;
}
