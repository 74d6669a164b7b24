/* AES-128 in counter mode with AES instructions: constant time. The counter block is nonce then block number, both big-endian.
   A schedule is 11 round keys of 16 bytes. The including file defines prf_planes (limbs of consecutive elements) first. */

#define PART 512 /* elements whose randomness is made at once: it stays in the first cache */

#define EXPAND(i, constant)                                                                  \
  {                                                                                          \
    __m128i last = _mm_shuffle_epi32(_mm_aeskeygenassist_si128(round, constant), 0xff);      \
    round = _mm_xor_si128(round, _mm_slli_si128(round, 4));                                  \
    round = _mm_xor_si128(round, _mm_slli_si128(round, 8));                                  \
    round = _mm_xor_si128(round, last);                                                      \
    _mm_storeu_si128((__m128i *)schedule + (i), round);                                      \
  }
EXPORT void NAME(expand_key)(const u8 *key, u8 *schedule) {
  __m128i round = _mm_loadu_si128((const __m128i *)key);
  _mm_storeu_si128((__m128i *)schedule, round);
  EXPAND(1, 0x01) EXPAND(2, 0x02) EXPAND(3, 0x04) EXPAND(4, 0x08) EXPAND(5, 0x10)
  EXPAND(6, 0x20) EXPAND(7, 0x40) EXPAND(8, 0x80) EXPAND(9, 0x1b) EXPAND(10, 0x36)
}

EXPORT void NAME(prf_elements)(const u8 *schedule, u64 nonce, u64 *restrict out, i64 n) {
  prf_planes(schedule, nonce, 0, n, out, out + n);
}

EXPORT void NAME(mask)(const u64 *restrict d, u64 l0, u64 l1, const u8 *plus, const u8 *minus, u64 nonce, u64 o0, u64 o1,
                       u64 *restrict out, i64 n) {
  u64 p[2 * PART], m[2 * PART];
  for (i64 start = 0; start < n; start += PART) {
    i64 length = n - start < PART ? n - start : PART;
    prf_planes(plus, nonce, start, length, p, p + PART);
    prf_planes(minus, nonce, start, length, m, m + PART);
    mask_part(d + start, n, e_set(l0, l1), p, m, PART, e_set(o0, o1), out + start, length);
  }
}

EXPORT void NAME(finish_c)(const u64 *restrict masked, i64 shift, const u8 *schedule, u64 nonce, u64 a0, u64 a1, u64 b0,
                           u64 b1, u64 *restrict rb, u64 *restrict out, i64 n) {
  u64 ra[2 * PART];
  for (i64 start = 0; start < n; start += PART) {
    i64 length = n - start < PART ? n - start : PART;
    prf_planes(schedule, nonce, start, length, ra, ra + PART);
    finish_c_part(masked + start, n, (int)shift, ra, PART, e_set(a0, a1), e_set(b0, b1), rb + start, out + start, length);
  }
}

EXPORT void NAME(join)(const u64 *restrict half, const u8 *schedule, u64 nonce, u64 s0, u64 s1, u64 o0, u64 o1, u64 m0,
                       u64 m1, u8 *restrict sent, u64 *restrict out, i64 n) {
  u64 mask[2 * JOINED_AT_ONCE];
  for (i64 start = 0; start < n; start += JOINED_AT_ONCE) {
    i64 length = n - start < JOINED_AT_ONCE ? n - start : JOINED_AT_ONCE;
    prf_planes(schedule, nonce, start, length, mask, mask + JOINED_AT_ONCE);
    join_part(half + start, n, mask, JOINED_AT_ONCE, e_set(s0, s1), e_set(o0, o1), e_set(m0, m1), sent + 13 * start,
              out + start, length);
  }
}

EXPORT void NAME(both)(const u8 *plus, u64 x0, u64 x1, const u8 *minus, u64 y0, u64 y1, u64 nonce, u64 *restrict out, i64 n) {
  u64 p[2 * PART], m[2 * PART];
  for (i64 start = 0; start < n; start += PART) {
    i64 length = n - start < PART ? n - start : PART;
    prf_planes(plus, nonce, start, length, p, p + PART);
    prf_planes(minus, nonce, start, length, m, m + PART);
    both_part(p, m, PART, e_set(x0, x1), e_set(y0, y1), out + start, n, length);
  }
}

EXPORT void NAME(cuts)(const u64 *restrict masked, i64 shift, const u64 *restrict bits, const u8 *schedule, u64 nonce,
                       u8 *restrict out, i64 n) {
  u64 pads[2 * JOINED_AT_ONCE];
  for (i64 set = 0; set < 2; set++)
    for (i64 i = 0; i < n; i += JOINED_AT_ONCE) {
      const i64 length = n - i < JOINED_AT_ONCE ? n - i : JOINED_AT_ONCE;
      prf_planes(schedule, nonce, set * n + i, length, pads, pads + JOINED_AT_ONCE);
      cuts_part(masked + i, n, (int)shift, bits, i, pads, JOINED_AT_ONCE, set, out + 13 * (set * n + i), length);
    }
}
