/** Records: one object per type with its fields' codecs, as `protocol/fields.py`. Instances are plain frozen data. */

import type { Codec } from "./codec";
import { TallyError, wrong } from "./errors";
import { dumps, isObject, type Json, loads } from "./json";

/** A codec of whatever type. */
interface AnyCodec {
  readonly read: (value: Json, where: string) => unknown;
  readonly write: (value: never) => Json;
}

/** One field: its name here (camel case), its name in JSON, its codec, and its Solidity type in typed data. */
export interface Field {
  readonly attribute: string;
  readonly name: string;
  readonly codec: AnyCodec;
  readonly solidity: string;
}

export interface RecordType<T> extends Codec<T> {
  /** Python's name of the type; of typed data, EIP-712's. */
  readonly title: string;
  /** The record's format and version, written first, where it stands alone. */
  readonly format: string;
  /** What errors call it. */
  readonly place: string;
  /** Bytes of a document at most; 0 for what never stands alone. */
  readonly limit: number;
  readonly fields: () => readonly Field[];
}

/** Makes a record type; `require` holds the rules over several fields. */
export function record<T extends object>(
  head: { title: string; format: string; place: string; limit: number },
  fields: () => readonly Field[],
  require: (found: T, where: string) => void = () => undefined,
): RecordType<T> {
  // built when first used: records refer to others that are defined further down
  let built: readonly Field[] | undefined;
  const all = (): readonly Field[] => {
    built ??= fields();
    return built;
  };
  return {
    ...head,
    fields: all,
    read: (value, where) => {
      const place = where || head.place;
      if (!isObject(value))
        throw new TallyError("json.not_object", `${place} is not a JSON object.`, "Send an object.");
      const left = new Map(value);
      const take = (name: string): Json => {
        const found = left.get(name);
        if (found === undefined) {
          const field = `${place}.${name}`;
          throw new TallyError("json.missing_field", `${place} lacks the field '${name}'.`, "Add it.", field);
        }
        left.delete(name);
        return found;
      };
      if (head.format && take("format") !== head.format) throw wrong(`${place}.format`, `'${head.format}'`);
      const values: Record<string, unknown> = {};
      for (const field of all()) {
        values[field.attribute] = field.codec.read(take(field.name), `${place}.${field.name}`);
      }
      if (left.size > 0) {
        const unknown = [...left.keys()].sort();
        const what = `${place} has unknown fields: ${unknown.join(", ")}.`;
        throw new TallyError("json.unknown_field", what, "Remove them.", `${place}.${unknown[0]}`);
      }
      const found = Object.freeze(values) as T;
      require(found, place);
      return found;
    },
    write: (value) => {
      const found = new Map<string, Json>(head.format ? [["format", head.format]] : []);
      for (const field of all()) {
        const codec = field.codec as Codec<unknown>;
        found.set(field.name, codec.write((value as Record<string, unknown>)[field.attribute]));
      }
      return found;
    },
  };
}

/** One field of a generated record. */
export function field(attribute: string, name: string, codec: AnyCodec, solidity = ""): Field {
  return { attribute, name, codec, solidity };
}

/** A record that is defined further down: looked up when it is first used. */
export function nested<T>(type: () => RecordType<T>): Codec<T> {
  return { read: (value, where) => type().read(value, where), write: (value) => type().write(value) };
}

/** A document from its canonical bytes; any other byte string is refused. */
export function readDocument<T>(type: RecordType<T>, data: Uint8Array): T {
  return type.read(loads(data, type.limit), "");
}

/** A document's canonical bytes. */
export function documentBytes<T>(type: RecordType<T>, value: T): Uint8Array {
  return dumps(type.write(value));
}
