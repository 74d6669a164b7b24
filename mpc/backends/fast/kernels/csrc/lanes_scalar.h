/* One lane: plain words. The interface that elementwise.h is written against (see also lanes_avx2.h, lanes_avx512.h). */
#include "field.h"

#define LANES 1
typedef u64 V;
typedef int Tail;

static inline Tail v_tail(i64 at, i64 n) { (void)at; (void)n; return 1; }
static inline V v_load(const u64 *p, Tail k) { (void)k; return *p; }
static inline void v_store(u64 *p, Tail k, V x) { (void)k; *p = x; }
static inline V v_set(u64 x) { return x; }
static inline V v_add(V x, V y) { return x + y; }
static inline V v_sub(V x, V y) { return x - y; }
static inline V v_and(V x, V y) { return x & y; }
static inline V v_andnot(V x, V y) { return ~x & y; }
static inline V v_or(V x, V y) { return x | y; }
static inline V v_xor(V x, V y) { return x ^ y; }
static inline V v_srl(V x, int bits) { return x >> bits; }
static inline V v_sll(V x, int bits) { return x << bits; }
static inline V v_sra(V x, int bits) { return (u64)((i64)x >> bits); }
/* signed product of the low 32 bits */
static inline V v_mul32(V x, V y) { return (u64)((i64)(int32_t)x * (int32_t)y); }

typedef struct { V l0, l1; } E;
typedef struct { u128 lo, mid, hi; } Acc;

static inline Acc acc_zero(void) { Acc acc = {0, 0, 0}; return acc; }
static inline void acc_add(Acc *acc, E x) { acc->lo += x.l0; acc->mid += x.l1; }
static inline void acc_mul(Acc *acc, E x, E y) {
  acc->lo += (u128)x.l0 * y.l0;
  acc->mid += (u128)x.l0 * y.l1 + (u128)x.l1 * y.l0;
  acc->hi += (u128)x.l1 * y.l1;
}
static inline E acc_reduce(Acc acc) {
  E r;
  scalar_reduce(acc.lo, acc.mid, acc.hi, &r.l0, &r.l1);
  return r;
}
/* products that one accumulator holds beside a few single elements */
#define ACC_PRODUCTS (1 << 20)
