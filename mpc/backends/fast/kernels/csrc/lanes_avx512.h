/* Eight lanes with AVX-512 IFMA: each limb product is a low and a high half of 52 bits. */
#include <immintrin.h>

#include "field.h"

#define LANES 8
typedef __m512i V;
typedef __mmask8 Tail;

static inline Tail v_tail(i64 at, i64 n) { return n - at >= 8 ? 0xff : (Tail)((1u << (n - at)) - 1); }
static inline V v_load(const u64 *p, Tail k) { return _mm512_maskz_loadu_epi64(k, p); }
static inline void v_store(u64 *p, Tail k, V x) { _mm512_mask_storeu_epi64(p, k, x); }
static inline V v_set(u64 x) { return _mm512_set1_epi64((i64)x); }
static inline V v_add(V x, V y) { return _mm512_add_epi64(x, y); }
static inline V v_sub(V x, V y) { return _mm512_sub_epi64(x, y); }
static inline V v_and(V x, V y) { return _mm512_and_si512(x, y); }
static inline V v_andnot(V x, V y) { return _mm512_andnot_si512(x, y); }
static inline V v_or(V x, V y) { return _mm512_or_si512(x, y); }
static inline V v_xor(V x, V y) { return _mm512_xor_si512(x, y); }
static inline V v_srl(V x, int bits) {
  if (__builtin_constant_p(bits)) return _mm512_srli_epi64(x, bits);
  return _mm512_srl_epi64(x, _mm_cvtsi32_si128(bits));
}
static inline V v_sll(V x, int bits) {
  if (__builtin_constant_p(bits)) return _mm512_slli_epi64(x, bits);
  return _mm512_sll_epi64(x, _mm_cvtsi32_si128(bits));
}
static inline V v_sra(V x, int bits) {
  if (__builtin_constant_p(bits)) return _mm512_srai_epi64(x, bits);
  return _mm512_sra_epi64(x, _mm_cvtsi32_si128(bits));
}
static inline V v_mul32(V x, V y) { return _mm512_mul_epi32(x, y); }

typedef struct { V l0, l1; } E;
/* weights B^0 to B^3; y1 and y2 are second accumulators of weights 1 and 2, for shorter chains of dependent additions */
typedef struct { V x0, x1, x2, x3, y1, y2; } Acc;

static inline Acc acc_zero(void) {
  V zero = _mm512_setzero_si512();
  Acc acc = {zero, zero, zero, zero, zero, zero};
  return acc;
}
static inline void acc_add(Acc *acc, E x) {
  acc->x0 = v_add(acc->x0, x.l0);
  acc->x1 = v_add(acc->x1, x.l1);
}
static inline void acc_mul(Acc *acc, E x, E y) {
  acc->x0 = _mm512_madd52lo_epu64(acc->x0, x.l0, y.l0);
  acc->x1 = _mm512_madd52hi_epu64(acc->x1, x.l0, y.l0);
  acc->y1 = _mm512_madd52lo_epu64(acc->y1, x.l0, y.l1);
  acc->x2 = _mm512_madd52hi_epu64(acc->x2, x.l0, y.l1);
  acc->x1 = _mm512_madd52lo_epu64(acc->x1, x.l1, y.l0);
  acc->y2 = _mm512_madd52hi_epu64(acc->y2, x.l1, y.l0);
  acc->x2 = _mm512_madd52lo_epu64(acc->x2, x.l1, y.l1);
  acc->x3 = _mm512_madd52hi_epu64(acc->x3, x.l1, y.l1);
}
static inline V v_times17(V x) { return v_add(v_sll(x, 4), x); }
static inline E fold(V l0, V l1);
/* The element with four limbs of weights B^0 to B^3, each at most 2^64 - 2^13. */
static inline E reduce4(V x0, V x1, V x2, V x3) {
  const V limb = v_set(LIMB);
  x1 = v_add(x1, v_srl(x0, 52));
  x2 = v_add(x2, v_srl(x1, 52));
  x3 = v_add(x3, v_srl(x2, 52));
  V top = v_srl(x3, 52); /* weight B^4 = 289 */
  V l0 = v_add(v_and(x0, limb), v_times17(v_and(x2, limb)));
  V l1 = v_add(v_and(x1, limb), v_times17(v_and(x3, limb)));
  return fold(v_add(l0, v_times17(v_times17(top))), l1);
}
static inline E acc_reduce(Acc acc) { return reduce4(acc.x0, v_add(acc.x1, acc.y1), v_add(acc.x2, acc.y2), acc.x3); }
/* 3 * 2^52 * products must stay below 2^64 */
#define ACC_PRODUCTS 1024
