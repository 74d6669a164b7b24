/* Everything done element by element, over the lanes of the variant. Arrays are planes: limb 1 lies `stride` words after limb 0. */

#if LANES == 1
static inline V v_times17(V x) { return 17 * x; }
#endif

/* An element from limbs below 2^63 (see scalar_fold). */
static inline E fold(V l0, V l1) {
  const V limb = v_set(LIMB);
  for (int round = 0; round < 2; round++) {
    l1 = v_add(l1, v_srl(l0, 52));
    l0 = v_add(v_and(l0, limb), v_times17(v_srl(l1, 52)));
    l1 = v_and(l1, limb);
  }
  E r = {l0, l1};
  return r;
}

static inline E e_load(const u64 *p, i64 stride, i64 at, Tail k) {
  E r = {v_load(p + at, k), v_load(p + stride + at, k)};
  return r;
}
static inline void e_store(u64 *p, i64 stride, i64 at, Tail k, E x) {
  v_store(p + at, k, x.l0);
  v_store(p + stride + at, k, x.l1);
}
static inline E e_set(u64 l0, u64 l1) {
  E r = {v_set(l0), v_set(l1)};
  return r;
}
static inline E e_add(E x, E y) { return fold(v_add(x.l0, y.l0), v_add(x.l1, y.l1)); }
/* limbs of -y modulo p, not reduced */
static inline E e_minus(E y) {
  E r = {v_sub(v_set(TWICE_P0), y.l0), v_sub(v_set(TWICE_P1), y.l1)};
  return r;
}
static inline E e_sub(E x, E y) { return e_add(x, e_minus(y)); }
static inline E e_neg(E y) {
  E r = e_minus(y);
  return fold(r.l0, r.l1);
}
static inline E e_mul(E x, E y) {
  Acc acc = acc_zero();
  acc_mul(&acc, x, y);
  return acc_reduce(acc);
}
static inline E e_canonical(E x) {
  V excess = v_and(v_srl(v_add(x.l1, v_set(1)), 52), v_srl(v_add(x.l0, v_set(17)), 52));
  excess = v_sub(v_set(0), excess);
  E r = {v_sub(x.l0, v_and(v_set(LOWEST_EXCESS), excess)), v_andnot(excess, x.l1)};
  return r;
}
/* x >> bits for 0 <= bits < 104 */
static inline E e_shift(E x, int bits) {
  E r;
  if (bits < 52) {
    r.l0 = v_or(v_srl(x.l0, bits), v_and(v_sll(x.l1, 52 - bits), v_set(LIMB)));
    r.l1 = v_srl(x.l1, bits);
  } else {
    r.l0 = v_srl(x.l1, bits - 52);
    r.l1 = v_set(0);
  }
  return r;
}

#define EACH(n) for (i64 i = 0; i < (n); i += LANES)

EXPORT void NAME(add)(const u64 *restrict a, const u64 *restrict b, u64 *restrict out, i64 n) {
  EACH(n) {
    Tail k = v_tail(i, n);
    e_store(out, n, i, k, e_add(e_load(a, n, i, k), e_load(b, n, i, k)));
  }
}
EXPORT void NAME(sub)(const u64 *restrict a, const u64 *restrict b, u64 *restrict out, i64 n) {
  EACH(n) {
    Tail k = v_tail(i, n);
    e_store(out, n, i, k, e_sub(e_load(a, n, i, k), e_load(b, n, i, k)));
  }
}
EXPORT void NAME(mul)(const u64 *restrict a, const u64 *restrict b, u64 *restrict out, i64 n) {
  EACH(n) {
    Tail k = v_tail(i, n);
    e_store(out, n, i, k, e_mul(e_load(a, n, i, k), e_load(b, n, i, k)));
  }
}
EXPORT void NAME(neg)(const u64 *restrict a, u64 *restrict out, i64 n) {
  EACH(n) {
    Tail k = v_tail(i, n);
    e_store(out, n, i, k, e_neg(e_load(a, n, i, k)));
  }
}
EXPORT void NAME(add_scalar)(const u64 *restrict a, u64 k0, u64 k1, u64 *restrict out, i64 n) {
  const E scalar = e_set(k0, k1);
  EACH(n) {
    Tail k = v_tail(i, n);
    e_store(out, n, i, k, e_add(e_load(a, n, i, k), scalar));
  }
}
EXPORT void NAME(mul_scalar)(const u64 *restrict a, u64 k0, u64 k1, u64 *restrict out, i64 n) {
  const E scalar = e_set(k0, k1);
  EACH(n) {
    Tail k = v_tail(i, n);
    e_store(out, n, i, k, e_mul(e_load(a, n, i, k), scalar));
  }
}
EXPORT void NAME(canonical)(const u64 *restrict a, u64 *restrict out, i64 n) {
  EACH(n) {
    Tail k = v_tail(i, n);
    e_store(out, n, i, k, e_canonical(e_load(a, n, i, k)));
  }
}

/* lam * d + plus - minus + offset with one reduction */
static void mask_part(const u64 *restrict d, i64 stride, E lam, const u64 *restrict plus, const u64 *restrict minus,
                      i64 random_stride, E offset, u64 *restrict out, i64 n) {
  EACH(n) {
    Tail k = v_tail(i, n);
    Acc acc = acc_zero();
    acc_mul(&acc, e_load(d, stride, i, k), lam);
    acc_add(&acc, e_load(plus, random_stride, i, k));
    acc_add(&acc, e_minus(e_load(minus, random_stride, i, k)));
    acc_add(&acc, offset);
    e_store(out, stride, i, k, acc_reduce(acc));
  }
}
EXPORT void NAME(mask_planes)(const u64 *restrict d, u64 l0, u64 l1, const u64 *restrict plus,
                              const u64 *restrict minus, u64 o0, u64 o1, u64 *restrict out, i64 n) {
  mask_part(d, n, e_set(l0, l1), plus, minus, n, e_set(o0, o1), out, n);
}

/* (canonical(own + other) >> shift) * k + w * g + rest, where rest is -offset * k */
EXPORT void NAME(finish_ab)(const u64 *restrict own, const u64 *restrict other, i64 shift, u64 r0, u64 r1, u64 k0,
                            u64 k1, const u64 *restrict w, u64 g0, u64 g1, u64 *restrict out, i64 n) {
  const E rest = e_set(r0, r1), factor = e_set(k0, k1), other_factor = e_set(g0, g1);
  EACH(n) {
    Tail k = v_tail(i, n);
    E opened = e_canonical(e_add(e_load(own, n, i, k), e_load(other, n, i, k)));
    Acc acc = acc_zero();
    acc_mul(&acc, e_shift(opened, (int)shift), factor);
    acc_mul(&acc, e_load(w, n, i, k), other_factor);
    acc_add(&acc, rest);
    e_store(out, n, i, k, acc_reduce(acc));
  }
}

static void finish_c_part(const u64 *restrict masked, i64 stride, int shift, const u64 *restrict ra, i64 random_stride,
                          E ka, E kb, u64 *restrict rb, u64 *restrict out, i64 n) {
  EACH(n) {
    Tail k = v_tail(i, n);
    E mine = e_load(ra, random_stride, i, k);
    E r = e_shift(e_canonical(e_neg(e_load(masked, stride, i, k))), shift);
    E theirs = e_sub(r, mine);
    e_store(rb, stride, i, k, theirs);
    Acc acc = acc_zero();
    acc_mul(&acc, mine, ka);
    acc_mul(&acc, theirs, kb);
    e_store(out, stride, i, k, acc_reduce(acc));
  }
}
EXPORT void NAME(finish_c_planes)(const u64 *restrict masked, i64 shift, const u64 *restrict ra, u64 a0, u64 a1, u64 b0,
                                  u64 b1, u64 *restrict rb, u64 *restrict out, i64 n) {
  finish_c_part(masked, n, (int)shift, ra, n, e_set(a0, a1), e_set(b0, b1), rb, out, n);
}

/* sum over t < terms of u[t][i] * v[t][i]; rows of n */
EXPORT void NAME(dot_int)(const i64 *restrict u, const u64 *restrict v, i64 terms, u64 *restrict out, i64 n) {
  const V limb = v_set(LIMB);
  EACH(n) {
    Tail k = v_tail(i, n);
    E total = e_set(0, 0);
    for (i64 start = 0; start < terms; start += ACC_PRODUCTS) {
      i64 end = start + ACC_PRODUCTS < terms ? start + ACC_PRODUCTS : terms;
      Acc acc = acc_zero();
      for (i64 t = start; t < end; t++) {
        V value = v_load((const u64 *)u + t * n + i, k); /* to an element as scalar_from_signed does it */
        V negative = v_sra(value, 63);
        V l0 = v_add(v_and(value, limb), v_and(v_set(LOWEST_EXCESS), negative));
        V l1 = v_add(v_sra(value, 52), v_add(v_and(limb, negative), v_srl(l0, 52)));
        E x = {v_and(l0, limb), l1};
        acc_mul(&acc, x, e_load(v, terms * n, t * n + i, k));
      }
      total = e_add(total, acc_reduce(acc));
    }
    e_store(out, n, i, k, total);
  }
}

/* The specification is in sines.py; the comments carry its step numbers. */
static inline V horner(V u, u64 c3, u64 c2, u64 c1, u64 c0) {
  V r = v_add(v_set(c2), v_sra(v_mul32(v_set(c3), u), 30));
  r = v_add(v_set(c1), v_sra(v_mul32(r, u), 30));
  return v_add(v_set(c0), v_sra(v_mul32(r, u), 30));
}
static inline V v_select(V mask, V x, V y) { return v_xor(y, v_and(mask, v_xor(x, y))); }

EXPORT void NAME(sincos)(const u64 *restrict c, i64 period_bits, i64 terms, i64 scale, i64 *restrict sine,
                         i64 *restrict cosine, i64 n) {
  const V one = v_set(1);
  EACH(n) {
    Tail k = v_tail(i, n);
    E x = e_canonical(e_load(c, n, i, k));
    V first = v_sll(v_or(x.l0, v_sll(x.l1, 52)), (int)(64 - period_bits)), phi = v_set(0);
    for (i64 term = 0; term < terms; term++) {
      phi = v_add(phi, first);                                               /* 1 */
      V q = v_srl(v_add(phi, v_set(UINT64_C(1) << 61)), 62);                 /* 2 */
      V t = v_sra(v_add(v_sub(phi, v_sll(q, 62)), v_set(1 << 30)), 31);      /* 3 */
      V u = v_srl(v_add(v_mul32(t, t), v_set(1 << 29)), 30);
      V e = horner(u, (u64)-5309, 628309, (u64)-42784630, 1387197334);       /* 4 */
      V s = v_sub(v_set(1686629713), v_sra(v_add(v_mul32(e, u), v_set(UINT64_C(1) << 32)), 33));
      V f = horner(u, (u64)-1672, 246745, (u64)-22401986, 1089502240);       /* 5 */
      V d = v_sub(v_set(1324675879), v_sra(v_add(v_mul32(f, u), v_set(UINT64_C(1) << 33)), 34));
      s = v_sra(v_add(v_mul32(t, s), v_set(UINT64_C(1) << (60 - scale))), (int)(61 - scale)); /* 6 */
      V rest = v_sub(v_set((UINT64_C(1) << 62) + (UINT64_C(1) << (61 - scale))), v_mul32(u, d));
      V w = v_sra(rest, (int)(62 - scale));
      V odd = v_sub(v_set(0), v_and(q, one));                                /* 7 */
      V minus_sine = v_sub(v_set(0), v_srl(q, 1));
      V minus_cosine = v_sub(v_set(0), v_and(v_xor(q, v_srl(q, 1)), one));
      V a = v_select(odd, w, s), b = v_select(odd, s, w);
      v_store((u64 *)sine + term * n + i, k, v_sub(v_xor(a, minus_sine), minus_sine));
      v_store((u64 *)cosine + term * n + i, k, v_sub(v_xor(b, minus_cosine), minus_cosine));
    }
  }
}
