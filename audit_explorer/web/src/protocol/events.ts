/** Events of the contracts from the logs of receipts, offline (`protocol/event.py`). */

import { fromHex, joined, toHex, utf8 } from "../base/bytes";
import { TallyError } from "../base/errors";
import { EVENTS, type Events, type Parameter } from "../generated/evidence";
import { decodeAbi, type Value } from "./abi";
import type { Log } from "./chain";
import { keccak } from "./trie";

export type EventName = keyof Events;

/** One decoded event. */
export type Event = { [Name in EventName]: { readonly name: Name; readonly fields: Events[Name] } }[EventName];

let known: ReadonlyMap<string, EventName> | undefined;

/** The event that a contract's log holds; unknown events, and any bytes but the ABI's own encoding, are refused (`event.*`). */
export function decodeEvent(contract: string, log: Log): Event {
  known ??= byTopic();
  const name = log.topics[0] === undefined ? undefined : known.get(`${contract} ${log.topics[0]}`);
  if (name === undefined) {
    throw new TallyError("event.unknown", `${contract} has no such event.`, "Update the software.");
  }
  const { parameters } = EVENTS[name];
  // every indexed parameter of ours is a value type: its topic is its ABI encoding; a topic too many is left over
  const topics = valuesOf(name, parameters, true, joined(...log.topics.slice(1).map(fromHex)));
  const plain = valuesOf(name, parameters, false, log.data);
  const values = parameters.map((item) => [item[0], (item[2] ? topics : plain).shift()] as const);
  const fields = Object.fromEntries(
    values.map(([title, value], at) => [title, membersOf(parameters[at]?.[3], value)] as const),
  );
  return { name, fields } as unknown as Event;
}

function byTopic(): ReadonlyMap<string, EventName> {
  const names = Object.keys(EVENTS) as EventName[];
  return new Map(
    names.flatMap((name) => {
      const { contracts, parameters } = EVENTS[name];
      const topic = toHex(keccak(utf8(`${name}(${parameters.map((item) => item[1]).join(",")})`)));
      return contracts.map((contract) => [`${contract} ${topic}`, name] as const);
    }),
  );
}

function valuesOf(name: EventName, parameters: readonly Parameter[], indexed: boolean, data: Uint8Array): Value[] {
  try {
    return [
      ...decodeAbi(
        parameters.filter((item) => item[2] === indexed).map((item) => item[1]),
        data,
      ),
    ];
  } catch (error) {
    if (!(error instanceof TallyError)) throw error;
    throw new TallyError("event.malformed", `A log is no ${name} event.`, "Fetch the receipt again.");
  }
}

/** A struct's values under their names; anything else as it is. */
function membersOf(members: readonly string[] | undefined, value: Value | undefined): unknown {
  return members === undefined || !Array.isArray(value)
    ? value
    : Object.fromEntries(members.map((member, at) => [member, value[at]]));
}
