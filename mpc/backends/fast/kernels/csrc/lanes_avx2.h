/* Four lanes with AVX2. Products are schoolbook on 26-bit digits: seven column sums of 52-bit products. */
#include <immintrin.h>

#include "field.h"

#define LANES 4
typedef __m256i V;
typedef int Tail;

static inline Tail v_tail(i64 at, i64 n) { return n - at >= 4 ? 4 : (int)(n - at); }
static inline V v_load(const u64 *p, Tail k) {
  if (k == 4) return _mm256_loadu_si256((const __m256i *)p);
  u64 part[4] = {0, 0, 0, 0};
  for (int i = 0; i < k; i++) part[i] = p[i];
  return _mm256_loadu_si256((const __m256i *)part);
}
static inline void v_store(u64 *p, Tail k, V x) {
  if (k == 4) {
    _mm256_storeu_si256((__m256i *)p, x);
    return;
  }
  u64 part[4];
  _mm256_storeu_si256((__m256i *)part, x);
  for (int i = 0; i < k; i++) p[i] = part[i];
}
static inline V v_set(u64 x) { return _mm256_set1_epi64x((i64)x); }
static inline V v_add(V x, V y) { return _mm256_add_epi64(x, y); }
static inline V v_sub(V x, V y) { return _mm256_sub_epi64(x, y); }
static inline V v_and(V x, V y) { return _mm256_and_si256(x, y); }
static inline V v_andnot(V x, V y) { return _mm256_andnot_si256(x, y); }
static inline V v_or(V x, V y) { return _mm256_or_si256(x, y); }
static inline V v_xor(V x, V y) { return _mm256_xor_si256(x, y); }
static inline V v_srl(V x, int bits) {
  if (__builtin_constant_p(bits)) return _mm256_srli_epi64(x, bits);
  return _mm256_srl_epi64(x, _mm_cvtsi32_si128(bits));
}
static inline V v_sll(V x, int bits) {
  if (__builtin_constant_p(bits)) return _mm256_slli_epi64(x, bits);
  return _mm256_sll_epi64(x, _mm_cvtsi32_si128(bits));
}
/* no arithmetic shift of words before AVX-512: shift 2^63 + x and take the shifted 2^63 away */
static inline V v_sra(V x, int bits) {
  V sign = v_set(UINT64_C(1) << 63);
  return v_sub(v_srl(v_xor(x, sign), bits), v_srl(sign, bits));
}
static inline V v_mul32(V x, V y) { return _mm256_mul_epi32(x, y); }

typedef struct { V l0, l1; } E;
typedef struct { V c[7]; } Acc;

static inline Acc acc_zero(void) {
  Acc acc;
  for (int i = 0; i < 7; i++) acc.c[i] = _mm256_setzero_si256();
  return acc;
}
static inline void acc_add(Acc *acc, E x) {
  acc->c[0] = v_add(acc->c[0], x.l0);
  acc->c[2] = v_add(acc->c[2], x.l1);
}
static inline void acc_mul(Acc *acc, E x, E y) {
  const V half = v_set((1 << 26) - 1);
  V a[4] = {v_and(x.l0, half), v_srl(x.l0, 26), v_and(x.l1, half), v_srl(x.l1, 26)};
  V b[4] = {v_and(y.l0, half), v_srl(y.l0, 26), v_and(y.l1, half), v_srl(y.l1, 26)};
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 4; j++) acc->c[i + j] = v_add(acc->c[i + j], _mm256_mul_epu32(a[i], b[j]));
}
static inline V v_times17(V x) { return v_add(v_sll(x, 4), x); }
static inline E fold(V l0, V l1);
/* columns below 2^58: folded times 17 they stay below 2^63 */
static inline E acc_reduce(Acc acc) {
  const V half = v_set((1 << 26) - 1);
  V e0 = v_add(acc.c[0], v_times17(acc.c[4])), e1 = v_add(acc.c[1], v_times17(acc.c[5]));
  V e2 = v_add(acc.c[2], v_times17(acc.c[6])), e3 = acc.c[3];
  e1 = v_add(e1, v_srl(e0, 26));
  e2 = v_add(e2, v_srl(e1, 26));
  e3 = v_add(e3, v_srl(e2, 26));
  V l0 = v_or(v_and(e0, half), v_sll(v_and(e1, half), 26));
  V l1 = v_or(v_and(e2, half), v_sll(v_and(e3, half), 26));
  return fold(v_add(l0, v_times17(v_srl(e3, 26))), l1);
}
#define ACC_PRODUCTS 15
