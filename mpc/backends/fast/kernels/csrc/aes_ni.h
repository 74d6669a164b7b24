/* Keystream with AES-NI: eight blocks in flight. */

static inline void aes_blocks(const u8 *schedule, u64 nonce, u64 first, __m128i x[8]) {
  __m128i key = _mm_loadu_si128((const __m128i *)schedule);
  for (int i = 0; i < 8; i++)
    x[i] = _mm_xor_si128(_mm_set_epi64x((i64)__builtin_bswap64(first + (u64)i), (i64)__builtin_bswap64(nonce)), key);
  for (int round = 1; round < 10; round++) {
    key = _mm_loadu_si128((const __m128i *)schedule + round);
    for (int i = 0; i < 8; i++) x[i] = _mm_aesenc_si128(x[i], key);
  }
  key = _mm_loadu_si128((const __m128i *)schedule + 10);
  for (int i = 0; i < 8; i++) x[i] = _mm_aesenclast_si128(x[i], key);
}

static void prf_planes(const u8 *schedule, u64 nonce, i64 first, i64 n, u64 *restrict l0, u64 *restrict l1) {
  const __m128i limb = _mm_set1_epi64x((i64)LIMB);
  for (i64 i = 0; i < n; i += 8) {
    __m128i x[8];
    u64 low[8], high[8];
    aes_blocks(schedule, nonce, (u64)(first + i), x);
    for (int j = 0; j < 8; j += 2) {
      _mm_storeu_si128((__m128i *)(low + j), _mm_and_si128(_mm_unpacklo_epi64(x[j], x[j + 1]), limb));
      _mm_storeu_si128((__m128i *)(high + j), _mm_and_si128(_mm_unpackhi_epi64(x[j], x[j + 1]), limb));
    }
    size_t bytes = 8 * (size_t)(n - i < 8 ? n - i : 8);
    memcpy(l0 + i, low, bytes);
    memcpy(l1 + i, high, bytes);
  }
}

EXPORT void NAME(prf_words)(const u8 *schedule, u64 nonce, u64 *restrict out, i64 n) {
  for (i64 i = 0; i < n; i += 16) {
    __m128i x[8];
    aes_blocks(schedule, nonce, (u64)(i / 2), x);
    memcpy(out + i, x, 8 * (size_t)(n - i < 16 ? n - i : 16));
  }
}
