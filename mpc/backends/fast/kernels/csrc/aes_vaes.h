/* Keystream with VAES: eight blocks in two registers, so ordered that elements come out side by side. */

static inline void aes_rounds(const u8 *schedule, __m512i x[2]) {
  __m512i key = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)schedule));
  for (int i = 0; i < 2; i++) x[i] = _mm512_xor_si512(x[i], key);
  for (int round = 1; round < 10; round++) {
    key = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)schedule + round));
    for (int i = 0; i < 2; i++) x[i] = _mm512_aesenc_epi128(x[i], key);
  }
  key = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)schedule + 10));
  for (int i = 0; i < 2; i++) x[i] = _mm512_aesenclast_epi128(x[i], key);
}

/* four counter blocks: numbers first + step * (0, 1, 2, 3) */
static inline __m512i counters(u64 nonce, u64 first, u64 step) {
  const __m512i big_endian = _mm512_broadcast_i32x4(_mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  __m512i x = _mm512_set_epi64((i64)(first + 3 * step), (i64)nonce, (i64)(first + 2 * step), (i64)nonce,
                               (i64)(first + step), (i64)nonce, (i64)first, (i64)nonce);
  return _mm512_shuffle_epi8(x, big_endian);
}

static void prf_planes(const u8 *schedule, u64 nonce, i64 first, i64 n, u64 *restrict l0, u64 *restrict l1) {
  const __m512i limb = _mm512_set1_epi64((i64)LIMB);
  for (i64 i = 0; i < n; i += 8) {
    Tail k = v_tail(i, n);
    u64 block = (u64)(first + i);
    __m512i x[2] = {counters(nonce, block, 2), counters(nonce, block + 1, 2)};
    aes_rounds(schedule, x);
    v_store(l0 + i, k, _mm512_and_si512(_mm512_unpacklo_epi64(x[0], x[1]), limb));
    v_store(l1 + i, k, _mm512_and_si512(_mm512_unpackhi_epi64(x[0], x[1]), limb));
  }
}

EXPORT void NAME(prf_words)(const u8 *schedule, u64 nonce, u64 *restrict out, i64 n) {
  for (i64 i = 0; i < n; i += 16) {
    u64 block = (u64)(i / 2);
    __m512i x[2] = {counters(nonce, block, 1), counters(nonce, block + 4, 1)};
    aes_rounds(schedule, x);
    memcpy(out + i, x, 8 * (size_t)(n - i < 16 ? n - i : 16));
  }
}
