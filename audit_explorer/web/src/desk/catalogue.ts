/** What a contract can be made of, as the coordinator's catalogue says it: programs, data sets, parties, engines. */

import { answerOf, type Schemas, type TaskApi } from "../api/client";
import { told } from "../base/problems";
import type { Programs } from "./disclosed";

export type DataSet = Schemas["DataSetView"];
export type Party = Schemas["PartyView"];
export type Program = Schemas["ProgramDescriptor"];

export interface Catalogue {
  /** Approved programs with their descriptors, by name. */
  readonly programs: Programs;
  /** Registered data sets whose columns the reader may see, by name. */
  readonly dataSets: ReadonlyMap<string, DataSet>;
  /** Active parties by name. */
  readonly parties: ReadonlyMap<string, Party>;
  /** Approved engines, the newest first. */
  readonly engines: readonly string[];
}

interface PageOf<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

const PAGE = 100;
/** How many pages of one list are read at most: ten thousand of each. */
const PAGES = 100;

/** The whole catalogue. */
export async function readCatalogue(api: TaskApi): Promise<Catalogue> {
  const [programs, dataSets, parties, engines] = await Promise.all([
    everything((query) => answerOf(api.GET("/v1/programs", { params: { query: { ...query, status: "approved" } } }))),
    everything((query) =>
      answerOf(api.GET("/v1/data-sets", { params: { query: { ...query, status: "registered" } } })),
    ),
    everything((query) => answerOf(api.GET("/v1/parties", { params: { query: { ...query, status: "active" } } }))),
    everything((query) => answerOf(api.GET("/v1/engines", { params: { query: { ...query, status: "approved" } } }))),
  ]);
  const described = programs.flatMap(({ program, descriptor }) =>
    descriptor !== null && descriptor.program === program ? [[program, descriptor] as const] : [],
  );
  const newest = [...engines].sort((one, other) => (BigInt(one.serial) < BigInt(other.serial) ? 1 : -1));
  return {
    programs: new Map(described),
    dataSets: new Map(dataSets.map((each) => [each.data_set, each])),
    parties: new Map(parties.map((each) => [each.name, each])),
    engines: newest.map((each) => each.engine),
  };
}

/** The catalogue with data sets that its reader was told of by name; one that is not for the reader is an error (`data_set.unknown`). */
export async function withNamed(api: TaskApi, catalogue: Catalogue, names: readonly string[]): Promise<Catalogue> {
  const found = new Map(catalogue.dataSets);
  for (const name of names.filter((each) => !found.has(each))) {
    if (!/^[a-z0-9-]{1,30}-[0-9a-f]{32}$/.test(name)) throw told("data_set.unknown");
    const path = { data_set: `ds_${name}` };
    const view = await answerOf(api.GET("/v1/data-sets/{data_set}", { params: { path } }));
    if (view.data_set !== name) throw told("data_set.unknown");
    found.set(name, view);
  }
  return { ...catalogue, dataSets: found };
}

/** All items of a list that comes in pages. */
export async function everything<T>(
  page: (query: { limit: number; cursor?: string }) => Promise<PageOf<T>>,
): Promise<readonly T[]> {
  const found: T[] = [];
  let cursor: string | null = null;
  for (let at = 0; at < PAGES; at += 1) {
    const next: PageOf<T> = await page(cursor === null ? { limit: PAGE } : { limit: PAGE, cursor });
    found.push(...next.items);
    cursor = next.next_cursor;
    if (cursor === null) break;
  }
  return found;
}

/** The names of the parties with a role. */
export function withRole(catalogue: Catalogue, role: Party["roles"][number]): readonly string[] {
  return [...catalogue.parties.values()].filter((each) => each.roles.includes(role)).map((each) => each.name);
}

/** The columns of a data set that hold data: its identifier only matches rows. */
export function dataColumns(found: DataSet | undefined): readonly string[] {
  return (found?.columns ?? []).filter((each) => each.kind !== "identifier").map((each) => each.name);
}
