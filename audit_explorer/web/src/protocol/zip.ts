/**
 * The one canonical form of a bundle's zip: entries sorted by name, stored, without extra fields and comments, dated 1980-01-01.
 *
 * Reading takes the entries from the front and {@link written} makes the archive again: bytes that differ anywhere are refused.
 */

import { joined, utf8 } from "../base/bytes";
import { TallyError } from "../base/errors";
import { equalBytes } from "../base/json";
import { compare } from "../base/text";
import { LIMITS } from "../generated/records";

export type Files = ReadonlyMap<string, Uint8Array>;

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const LOCAL_SIZE = 30;
const CENTRAL_SIZE = 46;
const END_SIZE = 22;
const VERSION = 20;
/** Unix, in the upper byte. */
const MADE_BY = (3 << 8) | VERSION;
/** 1980-01-01 in DOS format. */
const DATE = 0x0021;
/** A regular file, 0644. */
const ATTRIBUTES = 0o100644 * 0x10000;
const TABLE = Uint32Array.from({ length: 256 }, (_, number) => {
  let value = number;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

/** The files of an archive in canonical form; any other byte string is refused. */
export function readZip(data: Uint8Array): Files {
  if (data.length > LIMITS.bundleUnpacked + LIMITS.bundleFiles * 1024) throw tooLarge();
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const files = new Map<string, Uint8Array>();
  let at = 0;
  while (at + LOCAL_SIZE <= data.length && view.getUint32(at, true) === LOCAL) {
    const size = view.getUint32(at + 22, true);
    const begin = at + LOCAL_SIZE + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
    if (view.getUint16(at + 8, true) !== 0 || begin + size > data.length) throw notCanonical("an entry is not stored");
    const name = new TextDecoder().decode(
      data.subarray(at + LOCAL_SIZE, at + LOCAL_SIZE + view.getUint16(at + 26, true)),
    );
    if (files.has(name) || files.size >= LIMITS.bundleFiles) throw notCanonical("an entry occurs twice");
    files.set(name, data.subarray(begin, begin + size));
    at = begin + size;
  }
  if (files.size === 0) {
    throw new TallyError("bundle.not_zip", "This is no readable zip: it has no entries.", "Fetch the bundle again.");
  }
  if (!equalBytes(written(files), data)) throw notCanonical("its bytes are not the canonical form of its contents");
  return files;
}

/** The canonical archive of some files. */
export function written(files: Files): Uint8Array {
  const sorted = [...files].sort(([one], [other]) => compare(one, other));
  const total = sorted.reduce((sum, [, data]) => sum + data.length, 0);
  if (sorted.length > LIMITS.bundleFiles || total > LIMITS.bundleUnpacked) throw tooLarge();
  const entries: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, data] of sorted) {
    const title = utf8(name);
    const common = fields(
      [2, VERSION],
      [2, 0],
      [2, 0],
      [2, 0],
      [2, DATE],
      [4, crc(data)],
      [4, data.length],
      [4, data.length],
      [2, title.length],
      [2, 0],
    );
    entries.push(fields([4, LOCAL]), common, title, data);
    directory.push(
      fields([4, CENTRAL], [2, MADE_BY]),
      common,
      fields([2, 0], [2, 0], [2, 0], [4, ATTRIBUTES], [4, offset]),
      title,
    );
    offset += LOCAL_SIZE + title.length + data.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const count = sorted.length;
  const end = fields([4, END], [2, 0], [2, 0], [2, count], [2, count], [4, size], [4, offset], [2, 0]);
  if (end.length !== END_SIZE || size !== sorted.reduce((sum, [name]) => sum + CENTRAL_SIZE + utf8(name).length, 0)) {
    throw new Error("the archive's records have another size than the format says");
  }
  return joined(...entries, ...directory, end);
}

/** Little-endian numbers, each as [bytes, value]. */
function fields(...numbers: readonly (readonly [2 | 4, number])[]): Uint8Array {
  const found = new Uint8Array(numbers.reduce((sum, [size]) => sum + size, 0));
  const view = new DataView(found.buffer);
  let at = 0;
  for (const [size, value] of numbers) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return found;
}

function crc(data: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of data) value = (TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

function notCanonical(reason: string): TallyError {
  return new TallyError("bundle.not_canonical", `The bundle is not in canonical form: ${reason}.`, "Fetch it again.");
}

function tooLarge(): TallyError {
  return new TallyError("bundle.too_large", "The bundle exceeds 10,000 files or 256 MiB.", "Fetch it again.");
}
