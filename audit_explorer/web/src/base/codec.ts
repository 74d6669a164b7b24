/**
 * Codecs of single values, as `protocol/codec.py`: how a field is read from JSON and written to it. Nothing is coerced.
 *
 * The constructors have the names that the forms of Python's codecs give; `generated/records.ts` calls them.
 */

import { fromBase64, fromHex, type Hex, toBase64, toHex } from "./bytes";
import { TallyError, wrong } from "./errors";
import { isList, isObject, type Json, type JsonObject } from "./json";
import { compare, length, unprintable } from "./text";

export interface Codec<T> {
  readonly read: (value: Json, where: string) => T;
  readonly write: (value: T) => Json;
}

/** One line of at most `limit` visible characters. */
export function text(limit: number): Codec<string> {
  return same((value, where) => {
    const found = bounded(value, where, limit);
    const odd = unprintable(found);
    if (odd) throw wrong(where, `one line of visible characters (${odd} is none)`);
    return found;
  });
}

/** A text that may have several lines, of at most `limit` characters. */
export function lines(limit: number): Codec<string> {
  return same((value, where) => {
    const found = bounded(value, where, limit);
    const odd = unprintable(found.replaceAll("\n", ""));
    if (odd) throw wrong(where, `lines of visible characters (${odd} is none)`);
    return found;
  });
}

/** A JSON integer within [low, high]. */
export function integer(low: number, high: number): Codec<number> {
  return same((value, where) => {
    if (typeof value !== "number" || value < low || value > high) {
      throw wrong(where, `an integer from ${low} to ${high}`);
    }
    return value;
  });
}

/** An unsigned integer below 2^bits, as a decimal string. */
export function decimal(bits: number): Codec<bigint> {
  return {
    read: (value, where) => {
      if (typeof value === "string" && /^(?:0|[1-9][0-9]{0,77})$/.test(value) && BigInt(value) < 1n << BigInt(bits)) {
        return BigInt(value);
      }
      throw wrong(where, `an unsigned decimal string below 2^${bits}`);
    },
    write: String,
  };
}

/** `true` or `false`. */
export function boolean(): Codec<boolean> {
  return same((value, where) => {
    if (typeof value !== "boolean") throw wrong(where, "true or false");
    return value;
  });
}

/** A text that matches `pattern` as a whole; another one is refused with `code`. */
export function matching(pattern: string, code: string): Codec<string> {
  const whole = new RegExp(`^(?:${pattern})$`, "u");
  return same((value, where) => {
    if (typeof value !== "string" || !whole.test(value)) throw wrong(where, "well formed", code);
    return value;
  });
}

/** A lower-case 0x address. */
export function address(): Codec<Hex> {
  return same((value, where) => {
    if (typeof value !== "string" || !/^0x[0-9a-f]{40}$/.test(value)) {
      throw wrong(where, "a lower-case 0x address", "id.not_address");
    }
    return value as Hex;
  });
}

/** 32 bytes as 0x and lower-case hex. */
export function hash(): Codec<Hex> {
  return same((value, where) => {
    if (typeof value !== "string" || !/^0x[0-9a-f]{64}$/.test(value)) {
      throw new TallyError(
        "id.not_hex32",
        `${where} is not 0x and 64 lower-case hex digits.`,
        "Send the full hash.",
        where,
      );
    }
    return value as Hex;
  });
}

/** At most `limit` bytes as 0x and lower-case hex. */
export function hexadecimal(limit: number): Codec<Uint8Array> {
  return {
    read: (value, where) => {
      if (typeof value !== "string" || !/^0x(?:[0-9a-f]{2})*$/.test(value) || value.length > 2 + 2 * limit) {
        throw wrong(where, `0x and lower-case hex of at most ${limit} bytes`);
      }
      return fromHex(value as Hex);
    },
    write: toHex,
  };
}

/** 32 bytes in the form that ids have in the API: `task_<64 hex>`. */
export function prefixed(prefix: string): Codec<string> {
  return matching(`${prefix}_[0-9a-f]{64}`, "id.malformed");
}

/** One of a fixed set of words; another one is refused with `code`. */
export function choice<const T extends string>(allowed: readonly T[], code: string): Codec<T> {
  return same((value, where) => {
    const found = allowed.find((word) => word === value);
    if (found === undefined) throw wrong(where, `one of ${allowed.join(", ")}`, code);
    return found;
  });
}

export type Scalar = string | number | bigint | boolean;

/** A visible text, an integer or a boolean, as a program's parameter; anything else is refused with `code`. */
export function scalar(code: string): Codec<Scalar> {
  return same((value, where) => {
    if (value === null || typeof value === "object") throw wrong(where, "a text, an integer or a boolean", code);
    const odd = typeof value === "string" ? unprintable(value) : "";
    if (odd) throw wrong(where, `a text of visible characters (${odd} is none)`, code);
    return value;
  });
}

/** Exactly `size` bytes in canonical base64. */
export function raw(size: number): Codec<Uint8Array> {
  return {
    read: (value, where) => {
      const found = blob(size).read(value, where);
      if (found.length !== size) throw wrong(where, `base64 of ${size} bytes`);
      return found;
    },
    write: toBase64,
  };
}

/** At most `limit` bytes in canonical base64. */
export function blob(limit: number): Codec<Uint8Array> {
  return {
    read: (value, where) => {
      if (typeof value !== "string" || value.length > 4 * (Math.floor(limit / 3) + 1)) {
        throw wrong(where, `base64 of at most ${limit} bytes`);
      }
      const found = fromBase64(value, where);
      if (found.length > limit) throw wrong(where, `canonical base64 of at most ${limit} bytes`);
      return found;
    },
    write: toBase64,
  };
}

/** The codec's value, or `null`. */
export function optional<T>(codec: Codec<T>): Codec<T | null> {
  return {
    read: (value, where) => (value === null ? null : codec.read(value, where)),
    write: (value) => (value === null ? null : codec.write(value)),
  };
}

/** The codec's text, or "" for none. */
export function orEmpty(codec: Codec<string>): Codec<string> {
  return same((value, where) => (value === "" ? "" : codec.read(value, where)));
}

/** A list of at most `limit` items, strictly sorted by one of their fields where `sortedBy` names it. */
export function sequence<T>(codec: Codec<T>, limit: number, sortedBy: string | null): Codec<readonly T[]> {
  return {
    read: (value, where) => {
      const found = items(value, where, limit).map((item, at) => codec.read(item, `${where}[${at}]`));
      if (sortedBy !== null && !found.every((item, at) => at === 0 || before(found[at - 1], item, sortedBy))) {
        throw wrong(where, `strictly sorted by ${sortedBy}`);
      }
      return found;
    },
    write: (value) => value.map(codec.write),
  };
}

/** A strictly sorted list of texts. */
export function sortedTexts<T extends string>(codec: Codec<T>, limit: number): Codec<readonly T[]> {
  return same((value, where): readonly T[] => {
    const found = items(value, where, limit).map((item, at) => codec.read(item, `${where}[${at}]`));
    if (!found.every((item, at) => at === 0 || compare(found[at - 1] ?? "", item) < 0)) {
      throw wrong(where, "strictly sorted, without duplicates");
    }
    return found;
  });
}

/** Named values, in the order of their names' code points. */
export type Entries<T> = readonly (readonly [string, T])[];

/** An object of at most `limit` named values. */
export function entries<T>(key: Codec<string>, codec: Codec<T>, limit: number): Codec<Entries<T>> {
  return {
    read: (value, where) => {
      const found = mapping(value, where, limit);
      return [...found]
        .sort(([one], [other]) => compare(one, other))
        .map(([name, item]) => [key.read(name, where), codec.read(item, `${where}.${name}`)] as const);
    },
    write: (value) => new Map(value.map(([name, item]) => [name, codec.write(item)])),
  };
}

/** A free key of an object; its length is checked with the object. */
export function key(): Codec<string> {
  return same((value) => String(value));
}

/** An object with exactly these fields. */
export function members<T extends Readonly<Record<string, unknown>>>(
  codecs: {
    readonly [K in keyof T]: Codec<T[K]>;
  },
): Codec<T> {
  const all = Object.entries(codecs) as readonly [string, Codec<unknown>][];
  return {
    read: (value, where) => {
      if (!isObject(value))
        throw new TallyError("json.not_object", `${where} is not a JSON object.`, "Send an object.");
      const left = new Map(value);
      const found = all.map(([name, codec]) => {
        const item = left.get(name);
        if (item === undefined) {
          throw new TallyError("json.missing_field", `${where} lacks the field '${name}'.`, "Add it.", where);
        }
        left.delete(name);
        return [name, codec.read(item, `${where}.${name}`)] as const;
      });
      if (left.size > 0) {
        throw new TallyError("json.unknown_field", `${where} has unknown fields.`, "Remove them.", where);
      }
      return Object.fromEntries(found) as T;
    },
    write: (value) => new Map(all.map(([name, codec]) => [name, codec.write(value[name])])),
  };
}

/** Any JSON object, as it is. */
export function jsonObject(): Codec<JsonObject> {
  return same((value, where) => {
    if (!isObject(value)) throw wrong(where, "a JSON object");
    return value;
  });
}

/** A codec whose value in memory is the JSON value itself. */
function same<T extends Json>(read: (value: Json, where: string) => T): Codec<T> {
  return { read, write: (value) => value };
}

function bounded(value: Json, where: string, limit: number): string {
  if (typeof value !== "string" || length(value) > limit) throw wrong(where, `a text of at most ${limit} characters`);
  return value;
}

function items(value: Json, where: string, limit: number): readonly Json[] {
  if (!isList(value) || value.length > limit) throw wrong(where, `a list of at most ${limit} items`);
  return value;
}

function mapping(value: Json, where: string, limit: number): JsonObject {
  if (!isObject(value) || value.size > limit) throw wrong(where, `an object of at most ${limit} fields`);
  for (const name of value.keys()) {
    if (name === "" || length(name) > 63 || unprintable(name)) {
      throw wrong(where, "an object whose names have 1 to 63 visible characters");
    }
  }
  return value;
}

/** Whether one record's field stands before another's: texts and hashes by code points, numbers by size. */
function before(one: unknown, other: unknown, field: string): boolean {
  const left = (one as Record<string, unknown>)[field];
  const right = (other as Record<string, unknown>)[field];
  return typeof left === "string" && typeof right === "string"
    ? compare(left, right) < 0
    : (left as number | bigint) < (right as number | bigint);
}
