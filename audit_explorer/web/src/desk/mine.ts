/** What is a party's own: its record, its node's word, authorizations, data sets with who used them, what it kept, access keys. */

import { answerOf, type Schemas, type TaskApi } from "../api/client";
import { checkedContract, type Deployment } from "../api/review";
import { fromBase64, fromHex, type Hex } from "../base/bytes";
import { isObject, loads } from "../base/json";
import type { Keep, TaskContract } from "../generated/records";
import { openEnvelope } from "../protocol/dsse";
import { type DataSet, everything, type Party } from "./catalogue";

export interface Mine {
  readonly party: Party;
  readonly node: NodeWord | undefined;
  readonly authorizations: readonly Schemas["AuthorizationLine"][];
  readonly dataSets: readonly DataSet[];
  readonly keys: readonly Schemas["KeyView"][];
}

/** What the node said when it started, signed by the key that the registry names; `false` where the signature is another's. */
export type NodeWord = { readonly address: string; readonly engine: string; readonly sequence: number } | false;

/** A task that used a data set, by its own contract. */
export interface Used {
  readonly line: Schemas["TaskLine"];
  readonly contract: TaskContract;
}

export interface Kept {
  readonly line: Schemas["TaskLine"];
  readonly keep: Keep;
}

const ANNOUNCEMENT = "application/vnd.tallystick.announcement+json";
const LONGEST_ANNOUNCEMENT = 4096;
/** How many tasks are looked through, and how many at the same time. */
const RECENT = 50;
const AT_ONCE = 4;

/** All of it but what needs a look into tasks. */
export async function readMine(api: TaskApi, name: string): Promise<Mine> {
  const path = { party: `party_${name}` };
  const party = await answerOf(api.GET("/v1/parties/{party}", { params: { path } }));
  const [authorizations, dataSets, keys, announced] = await Promise.all([
    everything((query) => answerOf(api.GET("/v1/authorizations", { params: { query } }))),
    everything((query) => answerOf(api.GET("/v1/data-sets", { params: { query: { ...query, owner: name } } }))),
    everything((query) => answerOf(api.GET("/v1/keys", { params: { query } }))),
    answerOf(api.GET("/v1/announcements")),
  ]);
  const own = announced.items.find((each) => each.party === name);
  const node =
    own === undefined || party.node_key === null ? undefined : await wordOf(own.envelope, name, party.node_key);
  return { party, node, authorizations, dataSets, keys };
}

async function wordOf(envelope: string, name: string, key: string): Promise<NodeWord> {
  try {
    const payload = await openEnvelope(fromBase64(envelope, "envelope"), fromHex(key as Hex), ANNOUNCEMENT);
    const said = loads(payload, LONGEST_ANNOUNCEMENT);
    const [party, host, port, engine, sequence] = isObject(said)
      ? ["party", "host", "port", "engine", "sequence"].map((field) => said.get(field))
      : [];
    if (party !== name || typeof sequence !== "number") return false;
    return { address: `${String(host)}:${String(port)}`, engine: String(engine), sequence };
  } catch {
    // whatever is wrong with it, it is not this node's word
    return false;
  }
}

/** The newest tasks over a data set, each with the contract that its id follows from. */
export async function usesOf(api: TaskApi, dataSet: string, deployment: Deployment): Promise<readonly Used[]> {
  const query = { limit: RECENT, data_set: dataSet };
  const found = await withContracts(
    api,
    (await answerOf(api.GET("/v1/tasks", { params: { query } }))).items,
    deployment,
  );
  return found.filter(({ contract }) => contract.inputs.some((item) => item.dataSet === dataSet));
}

/** What the newest completed tasks left at the nodes, with who may use it until when. */
export async function keptOf(api: TaskApi, deployment: Deployment): Promise<readonly Kept[]> {
  const query = { limit: RECENT, state: "completed" } as const;
  const found = await withContracts(
    api,
    (await answerOf(api.GET("/v1/tasks", { params: { query } }))).items,
    deployment,
  );
  return found.flatMap(({ line, contract }) => contract.keeps.map((keep) => ({ line, keep })));
}

async function withContracts(
  api: TaskApi,
  lines: readonly Schemas["TaskLine"][],
  deployment: Deployment,
): Promise<readonly Used[]> {
  const found: Used[] = [];
  for (let at = 0; at < lines.length; at += AT_ONCE) {
    found.push(
      ...(await Promise.all(
        lines.slice(at, at + AT_ONCE).map(async (line) => {
          const status = await answerOf(api.GET("/v1/tasks/{task}", { params: { path: { task: line.id } } }));
          return { line, contract: checkedContract(status, deployment)[0] };
        }),
      )),
    );
  }
  return found;
}
