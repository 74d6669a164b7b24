/* From answers as wires (m known to A and B, its mask to the dealer) to numbers as sums of two halves, and on to lines. */

#define HALF_BITS 56
#define HALF ((UINT64_C(1) << HALF_BITS) - 1)

/* B's halves, 7 bytes each, of the bits `last` (answers rows) whose other halves are the high 56 bits of `pads` */
EXPORT void NAME(halves_dealt)(const u64 *restrict last, const u64 *restrict pads, u8 *restrict out, i64 answers, i64 n) {
  const i64 words = (n + 63) / 64, all = answers * n;
  for (i64 answer = 0; answer < answers; answer++)
    for (i64 i = 0; i < n; i++) {
      const i64 at = answer * n + i;
      const u64 bit = last[answer * words + i / 64] >> (i % 64) & 1, half = (bit - (pads[at] >> 8)) & HALF;
      memcpy(out + 7 * at, &half, at + 1 < all ? 8 : 7);
    }
}

/* v or one - v, as the bits m say, where v is the high 56 bits of a word (A), or 7 bytes less 2^56 (B) */
static inline void turned(u64 m, i64 at, u64 value, u64 one, u64 *restrict out, i64 all) {
  const u64 flip = 0 - m;
  u64 l0, l1;
  scalar_from_signed((i64)((value ^ flip) - flip + (one & flip)), &l0, &l1);
  out[at] = l0;
  out[all + at] = l1;
}
EXPORT void NAME(halves_of_a)(const u64 *restrict m, const u64 *restrict pads, u64 *restrict out, i64 answers, i64 n) {
  const i64 words = (n + 63) / 64;
  for (i64 answer = 0; answer < answers; answer++)
    for (i64 i = 0; i < n; i++)
      turned(m[answer * words + i / 64] >> (i % 64) & 1, answer * n + i, pads[answer * n + i] >> 8, 1, out, answers * n);
}
EXPORT void NAME(halves_of_b)(const u64 *restrict m, const u8 *restrict data, u64 *restrict out, i64 answers, i64 n) {
  const i64 words = (n + 63) / 64;
  for (i64 answer = 0; answer < answers; answer++)
    for (i64 i = 0; i < n; i++) {
      const i64 at = answer * n + i;
      u64 half = 0;
      if (at + 1 < answers * n) memcpy(&half, data + 7 * at, 8);
      else memcpy(&half, data + 7 * at, 7);
      turned(m[answer * words + i / 64] >> (i % 64) & 1, at, (half & HALF) - (HALF + 1), 0, out, answers * n);
    }
}

#define JOINED_AT_ONCE 512

/* What goes to the peer, packed: half * ks + mask; what stays: half * ko + mask * km. n is at most JOINED_AT_ONCE. */
static void join_part(const u64 *restrict half, i64 stride, const u64 *restrict mask, i64 mask_stride, E ks, E ko, E km,
                      u8 *restrict sent, u64 *restrict out, i64 n) {
  u64 whole[2 * JOINED_AT_ONCE];
  EACH(n) {
    Tail k = v_tail(i, n);
    const E h = e_load(half, stride, i, k), r = e_load(mask, mask_stride, i, k);
    Acc acc = acc_zero();
    acc_mul(&acc, h, ks);
    acc_add(&acc, r);
    e_store(whole, JOINED_AT_ONCE, i, k, acc_reduce(acc));
    acc = acc_zero();
    acc_mul(&acc, h, ko);
    acc_mul(&acc, r, km);
    e_store(out, stride, i, k, acc_reduce(acc));
  }
  pack_part(whole, JOINED_AT_ONCE, sent, n);
}
EXPORT void NAME(join_planes)(const u64 *restrict half, const u64 *restrict mask, u64 s0, u64 s1, u64 o0, u64 o1, u64 m0,
                              u64 m1, u8 *restrict sent, u64 *restrict out, i64 n) {
  for (i64 i = 0; i < n; i += JOINED_AT_ONCE) {
    const i64 length = n - i < JOINED_AT_ONCE ? n - i : JOINED_AT_ONCE;
    join_part(half + i, n, mask + i, n, e_set(s0, s1), e_set(o0, o1), e_set(m0, m1), sent + 13 * i, out + i, length);
  }
}

/* x * kx + y * ky */
static void both_part(const u64 *restrict x, const u64 *restrict y, i64 stride, E kx, E ky, u64 *restrict out,
                      i64 out_stride, i64 n) {
  EACH(n) {
    Tail k = v_tail(i, n);
    Acc acc = acc_zero();
    acc_mul(&acc, e_load(x, stride, i, k), kx);
    acc_mul(&acc, e_load(y, stride, i, k), ky);
    e_store(out, out_stride, i, k, acc_reduce(acc));
  }
}
EXPORT void NAME(both_planes)(const u64 *restrict x, u64 x0, u64 x1, const u64 *restrict y, u64 y0, u64 y1,
                              u64 *restrict out, i64 n) {
  both_part(x, y, n, e_set(x0, x1), e_set(y0, y1), out, n, n);
}

/* B's halves, packed, of bit * r and (1 - bit) * r for r = canonical(-masked) >> shift; `pads` are A's. n <= JOINED_AT_ONCE. */
static void cuts_part(const u64 *restrict masked, i64 stride, int shift, const u64 *restrict bits, i64 first,
                      const u64 *restrict pads, i64 pad_stride, i64 set, u8 *restrict out, i64 n) {
  u64 whole[2 * JOINED_AT_ONCE], here[JOINED_AT_ONCE];
  for (i64 i = 0; i < n; i++) here[i] = 0 - ((bits[(first + i) / 64] >> ((first + i) % 64) & 1) ^ (u64)set);
  EACH(n) {
    Tail k = v_tail(i, n);
    E r = e_shift(e_canonical(e_neg(e_load(masked, stride, i, k))), shift);
    const V kept = v_load(here + i, k);
    r.l0 = v_and(r.l0, kept);
    r.l1 = v_and(r.l1, kept);
    e_store(whole, JOINED_AT_ONCE, i, k, e_sub(r, e_load(pads, pad_stride, i, k)));
  }
  pack_part(whole, JOINED_AT_ONCE, out, n);
}
EXPORT void NAME(cuts_planes)(const u64 *restrict masked, i64 shift, const u64 *restrict bits, const u64 *restrict pads,
                              u8 *restrict out, i64 n) {
  for (i64 set = 0; set < 2; set++)
    for (i64 i = 0; i < n; i += JOINED_AT_ONCE) {
      const i64 length = n - i < JOINED_AT_ONCE ? n - i : JOINED_AT_ONCE;
      cuts_part(masked + i, n, (int)shift, bits, i, pads + set * n + i, 2 * n, set, out + 13 * (set * n + i), length);
    }
}

/* gamma * h0 + twice * h1 - c, where c is the first or, where the bit is set, the second of two rows of cuts */
EXPORT void NAME(chosen)(const u64 *restrict gamma, const u64 *restrict halves, const u64 *restrict cuts,
                         const u64 *restrict bits, u64 t0, u64 t1, u64 *restrict out, i64 n) {
  const E twice = e_set(t0, t1);
  for (i64 start = 0; start < n; start += 64) {
    const i64 end = n - start < 64 ? n : start + 64;
    u64 here[64];
    for (i64 i = 0; i < 64; i++) here[i] = 0 - (bits[start / 64] >> i & 1);
    for (i64 i = start; i < end; i += LANES) {
      Tail k = v_tail(i, end);
      const V set = v_load(here + (i - start), k);
      const E x = e_load(cuts, 2 * n, i, k), y = e_load(cuts + n, 2 * n, i, k);
      E cut = {v_or(v_and(y.l0, set), v_andnot(set, x.l0)), v_or(v_and(y.l1, set), v_andnot(set, x.l1))};
      Acc acc = acc_zero();
      acc_mul(&acc, e_load(gamma, n, i, k), e_load(halves, 2 * n, i, k));
      acc_mul(&acc, e_load(halves + n, 2 * n, i, k), twice);
      acc_add(&acc, e_minus(cut));
      e_store(out, n, i, k, acc_reduce(acc));
    }
  }
}

/* the low 64 bits of canonical a (or -a) >> shift */
EXPORT void NAME(shifted_words)(const u64 *restrict a, i64 negative, i64 shift, u64 *restrict out, i64 n) {
  for (i64 i = 0; i < n; i++) {
    u64 l0 = a[i], l1 = a[n + i];
    if (negative) {
      l0 = TWICE_P0 - l0;
      l1 = TWICE_P1 - l1;
      scalar_fold(&l0, &l1);
    }
    scalar_canonical(&l0, &l1);
    out[i] = shift < 52 ? (l0 >> shift) | (l1 << (52 - shift)) : l1 >> (shift - 52);
  }
}
