/* GF(p), p = 2^104 - 17, as l0 + l1 * 2^52; B below is 2^52, so B^2 = 17 modulo p. Scalars, for every variant. */
#ifndef TALLYSTICK_FIELD_H
#define TALLYSTICK_FIELD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if !defined(__SIZEOF_INT128__)
#error "these kernels need 128-bit integers"
#endif
#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "these kernels need a little-endian machine"
#endif

typedef uint8_t u8;
typedef uint64_t u64;
typedef int64_t i64;
typedef unsigned __int128 u128;

#define LIMB ((UINT64_C(1) << 52) - 1)
/* l0 of p; an element is canonical unless l1 is all ones and l0 is at least this */
#define LOWEST_EXCESS ((UINT64_C(1) << 52) - 17)
/* 2p in limbs so large that subtracting any element's limbs leaves both non-negative */
#define TWICE_P0 ((UINT64_C(2) << 52) - 34)
#define TWICE_P1 ((UINT64_C(2) << 52) - 2)

#define EXPORT __attribute__((visibility("default")))
#define JOIN2(a, b) a##_##b
#define JOIN(a, b) JOIN2(a, b)
#define NAME(function) JOIN(VARIANT, function)

/* An element from limbs below 2^63. The second carry out of l1 leaves l0 so small that a third cannot happen. */
static inline void scalar_fold(u64 *l0, u64 *l1) {
  for (int round = 0; round < 2; round++) {
    *l1 += *l0 >> 52;
    *l0 &= LIMB;
    *l0 += 17 * (*l1 >> 52);
    *l1 &= LIMB;
  }
}

static inline void scalar_canonical(u64 *l0, u64 *l1) {
  u64 excess = 0 - (((*l1 + 1) >> 52) & ((*l0 + 17) >> 52));
  *l0 -= LOWEST_EXCESS & excess;
  *l1 &= ~excess;
}

/* The element lo + mid * B + hi * B^2 from sums of up to 2^20 products. */
static inline void scalar_reduce(u128 lo, u128 mid, u128 hi, u64 *l0, u64 *l1) {
  mid += lo >> 52;
  hi += mid >> 52;
  *l0 = ((u64)lo & LIMB) + 17 * ((u64)hi & LIMB) + 289 * (u64)(hi >> 104);
  *l1 = ((u64)mid & LIMB) + 17 * ((u64)(hi >> 52) & LIMB);
  scalar_fold(l0, l1);
}

/* The canonical element of a signed integer: p is added to a negative one, in limbs. */
static inline void scalar_from_signed(i64 value, u64 *l0, u64 *l1) {
  u64 negative = 0 - ((u64)value >> 63);
  *l0 = ((u64)value & LIMB) + (LOWEST_EXCESS & negative);
  *l1 = (u64)(value >> 52) + (LIMB & negative) + (*l0 >> 52);
  *l0 &= LIMB;
}

#endif
