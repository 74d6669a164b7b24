/* The input commitment's hashes (protocol/rows.py defines them; its own functions are the reference): SHA-256 (FIPS 180-4), HMAC
 * (RFC 2104), HKDF-Expand (RFC 5869) and the Merkle root (RFC 6962) over many rows at once. Salts stay in memory of this file and are wiped. */
#include "field.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
  uint32_t state[8];
  uint8_t block[64];
  uint64_t length;
} sha;

static const uint32_t START[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
static const uint32_t K[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))

static void compress_portable(uint32_t *state, const uint8_t *data) {
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; i++) w[i] = (uint32_t)data[4 * i] << 24 | (uint32_t)data[4 * i + 1] << 16 | (uint32_t)data[4 * i + 2] << 8 | data[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    const uint32_t a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + (ROTATE(a, 7) ^ ROTATE(a, 18) ^ a >> 3) + w[i - 7] + (ROTATE(b, 17) ^ ROTATE(b, 19) ^ b >> 10);
  }
  memcpy(s, state, sizeof s);
  for (int i = 0; i < 64; i++) {
    const uint32_t e = s[4], a = s[0];
    const uint32_t one = s[7] + (ROTATE(e, 6) ^ ROTATE(e, 11) ^ ROTATE(e, 25)) + ((e & s[5]) ^ (~e & s[6])) + K[i] + w[i];
    const uint32_t two = (ROTATE(a, 2) ^ ROTATE(a, 13) ^ ROTATE(a, 22)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
    memmove(s + 1, s, 7 * sizeof *s);
    s[4] += one;
    s[0] = one + two;
  }
  for (int i = 0; i < 8; i++) state[i] += s[i];
}

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

__attribute__((target("sha,sse4.1"))) static void compress_sha_ni(uint32_t *state, const uint8_t *data) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  const __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xb1);
  const __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1b);
  const __m128i abef = _mm_alignr_epi8(low, high, 8), cdgh = _mm_blend_epi16(high, low, 0xf0);
  __m128i first = abef, second = cdgh, w[4];
#pragma GCC unroll 16
  for (int i = 0; i < 16; i++) {
    if (i < 4) {
      w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)data + i), swap);
    } else {
      const __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]), _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4));
      w[i & 3] = _mm_sha256msg2_epu32(sum, w[(i + 3) & 3]);
    }
    const __m128i words = _mm_add_epi32(w[i & 3], _mm_load_si128((const __m128i *)K + i));
    second = _mm_sha256rnds2_epu32(second, first, words);
    first = _mm_sha256rnds2_epu32(first, second, _mm_shuffle_epi32(words, 0x0e));
  }
  first = _mm_add_epi32(first, abef);
  second = _mm_add_epi32(second, cdgh);
  const __m128i feba = _mm_shuffle_epi32(first, 0x1b), dchg = _mm_shuffle_epi32(second, 0xb1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

static int has_sha_ni(void) {
  unsigned a, b, c, d;
  return __get_cpuid(1, &a, &b, &c, &d) && (c >> 19 & 1) && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1);
}
#else
#define compress_sha_ni compress_portable
static int has_sha_ni(void) { return 0; }
#endif

typedef void (*compressor)(uint32_t *, const uint8_t *);

static void begin(sha *it) {
  memcpy(it->state, START, sizeof START);
  it->length = 0;
}

static inline void add(sha *it, compressor compress, const void *data, size_t size) {
  const uint8_t *from = data;
  size_t fill = it->length & 63;
  it->length += size;
  while (fill + size >= 64) {
    if (fill) {
      memcpy(it->block + fill, from, 64 - fill);
      compress(it->state, it->block);
    } else {
      compress(it->state, from);
    }
    from += 64 - fill;
    size -= 64 - fill;
    fill = 0;
  }
  memcpy(it->block + fill, from, size);
}

static inline void finish(sha *it, compressor compress, uint8_t *out) {
  size_t fill = it->length & 63;
  const uint64_t bits = it->length << 3;
  it->block[fill++] = 0x80;
  if (fill > 56) {
    memset(it->block + fill, 0, 64 - fill);
    compress(it->state, it->block);
    fill = 0;
  }
  memset(it->block + fill, 0, 56 - fill);
  for (int i = 0; i < 8; i++) it->block[56 + i] = (uint8_t)(bits >> (56 - 8 * i));
  compress(it->state, it->block);
  for (int i = 0; i < 32; i++) out[i] = (uint8_t)(it->state[i / 4] >> (24 - 8 * (i & 3)));
}

typedef struct {
  sha inner, outer;
} hmac;

/* a key of 32 bytes */
static void hmac_key(hmac *it, compressor compress, const uint8_t *key) {
  uint8_t pad[64];
  sha *const parts[2] = {&it->inner, &it->outer};
  for (int part = 0; part < 2; part++) {
    const uint8_t fill = part ? 0x5c : 0x36;
    for (int i = 0; i < 64; i++) pad[i] = i < 32 ? key[i] ^ fill : fill;
    begin(parts[part]);
    add(parts[part], compress, pad, 64);
  }
}

static void hmac_finish(const hmac *key, sha *inner, compressor compress, uint8_t *out) {
  uint8_t digest[32];
  sha outer = key->outer;
  finish(inner, compress, digest);
  add(&outer, compress, digest, 32);
  finish(&outer, compress, out);
}

static void big_endian(uint8_t *out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) out[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
}

enum { CELL_SALT = 16, ROW_SALT = 32, MOST = 255 * 32 };

/* one row's salts: ROW_SALT bytes for the row, then CELL_SALT for each column, in HKDF outputs of at most 255 blocks */
static void salts(uint8_t *out, size_t size, const hmac *extracted, uint64_t number, compressor compress) {
  uint8_t label[12] = "row", key[32], info[10] = "salts";
  hmac row;
  sha inner = extracted->inner;
  big_endian(label + 3, number, 8);
  label[11] = 1;
  add(&inner, compress, label, 12);
  hmac_finish(extracted, &inner, compress, key);
  hmac_key(&row, compress, key);
  for (size_t start = 0, chunk = 0; start < size; start += MOST, chunk++) {
    const size_t end = start + MOST < size ? start + MOST : size;
    big_endian(info + 5, chunk, 4);
    for (size_t at = start; at < end; at += 32) {
      uint8_t made[32];
      inner = row.inner;
      if (at > start) add(&inner, compress, out + at - 32, 32);
      info[9] = (uint8_t)((at - start) / 32 + 1);
      add(&inner, compress, info, 10);
      hmac_finish(&row, &inner, compress, made);
      memcpy(out + at, made, at + 32 < end ? 32 : end - at);
    }
  }
}

/* out: rows * 32 bytes; texts: for each column its Arrow offsets (rows + 1), bytes, and a byte per row that is 0 for null (or NULL).
 * Returns 0, or -1 without memory. ``portable`` leaves the processor's own instructions out. */
EXPORT i64 tallystick_row_hashes(uint8_t *out, const uint8_t *extracted_key, const uint8_t *prefix, i64 prefix_size, i64 first, i64 rows, i64 columns, const int32_t *const *offsets, const uint8_t *const *bytes, const uint8_t *const *valid, i64 portable) {
  const compressor compress = !portable && has_sha_ni() ? compress_sha_ni : compress_portable;
  const size_t size = ROW_SALT + CELL_SALT * (size_t)columns;
  uint8_t *const salt = malloc(size);
  if (!salt) return -1;
  hmac extracted;
  sha head;
  hmac_key(&extracted, compress, extracted_key);
  begin(&head);
  add(&head, compress, prefix, (size_t)prefix_size);
  for (i64 row = 0; row < rows; row++) {
    sha whole = head;
    salts(salt, size, &extracted, (uint64_t)(first + row), compress);
    add(&whole, compress, salt, ROW_SALT);
    for (i64 column = 0; column < columns; column++) {
      uint8_t cell[32];
      sha it;
      const uint8_t present = !valid[column] || valid[column][row];
      begin(&it);
      add(&it, compress, salt + ROW_SALT + CELL_SALT * column, CELL_SALT);
      add(&it, compress, &present, 1);
      if (present) {
        const int32_t from = offsets[column][row];
        add(&it, compress, bytes[column] + from, (size_t)(offsets[column][row + 1] - from));
      }
      finish(&it, compress, cell);
      add(&whole, compress, cell, 32);
    }
    finish(&whole, compress, out + 32 * row);
  }
  explicit_bzero(salt, size);
  explicit_bzero(&extracted, sizeof extracted);
  free(salt);
  return 0;
}

static int compare(const void *a, const void *b) { return memcmp(a, b, 32); }

/* Sorts the hashes and gives the RFC 6962 root over them as leaves; they are overwritten. Returns 0, or -1 when two are equal. */
EXPORT i64 tallystick_sorted_root(uint8_t *hashes, i64 count, uint8_t *root, i64 portable) {
  const compressor compress = !portable && has_sha_ni() ? compress_sha_ni : compress_portable;
  sha it;
  qsort(hashes, (size_t)count, 32, compare);
  for (i64 i = 1; i < count; i++)
    if (!memcmp(hashes + 32 * (i - 1), hashes + 32 * i, 32)) return -1;
  for (i64 i = 0; i < count; i++) {
    begin(&it);
    add(&it, compress, "\0", 1);
    add(&it, compress, hashes + 32 * i, 32);
    finish(&it, compress, hashes + 32 * i);
  }
  for (i64 left = count; left > 1; left = (left + 1) / 2) {
    for (i64 i = 0; i + 1 < left; i += 2) {
      begin(&it);
      add(&it, compress, "\1", 1);
      add(&it, compress, hashes + 32 * i, 64);
      finish(&it, compress, hashes + 16 * i);
    }
    if (left & 1) memmove(hashes + 16 * (left - 1), hashes + 32 * (left - 1), 32);
  }
  memcpy(root, hashes, 32);
  return 0;
}
