/* Matrix products with plain words. A packed matrix X (k x n) holds, for each column, k triples l0, l1, l0 + l1 (Karatsuba): three
   64 by 64 bit multiplications for each product of elements. Sums of up to 2^20 products fit 128 bits. */

#define INNER 1024

EXPORT i64 NAME(panel_words)(i64 k, i64 n) { return 3 * k * n; }

/* X[t][j] lies at x + t * row + j * column, limb 1 `plane` words on */
EXPORT void NAME(pack_panels)(const u64 *restrict x, i64 plane, i64 row, i64 column, i64 k, i64 n, u64 *restrict out) {
  for (i64 j = 0; j < n; j++)
    for (i64 t = 0; t < k; t++) {
      const u64 *from = x + t * row + j * column;
      u64 *to = out + 3 * (j * k + t);
      to[0] = from[0];
      to[1] = from[plane];
      to[2] = from[0] + from[plane];
    }
}

typedef struct { u128 lo, cross, hi; } Dot;
static inline void dot_add(Dot *dot, u64 a0, u64 a1, u64 sum_a, u64 b0, u64 b1, u64 sum_b) {
  dot->lo += (u128)a0 * b0;
  dot->cross += (u128)sum_a * sum_b;
  dot->hi += (u128)a1 * b1;
}
static inline E dot_reduce(Dot dot) {
  E r;
  scalar_reduce(dot.lo, dot.cross - dot.lo - dot.hi, dot.hi, &r.l0, &r.l1);
  return r;
}

/* out[i][j] (+)= sum over t of L[t][i] * R[t][j]; symmetric (m = n): the lower half is mirrored */
EXPORT void NAME(product)(const u64 *restrict left, i64 m, const u64 *restrict right, i64 n, i64 k, i64 symmetric,
                          u64 *restrict out, i64 plane, i64 row, i64 accumulate) {
  for (i64 start = 0; start < k || start == 0; start += INNER) {
    i64 length = k - start < INNER ? k - start : INNER;
    for (i64 i = 0; i < m; i++) {
      const u64 *a = left + 3 * (i * k + start);
      for (i64 j = symmetric ? i : 0; j < n; j++) {
        const u64 *b = right + 3 * (j * k + start);
        Dot dot = {0, 0, 0};
        for (i64 t = 0; t < 3 * length; t += 3) dot_add(&dot, a[t], a[t + 1], a[t + 2], b[t], b[t + 1], b[t + 2]);
        E r = dot_reduce(dot);
        u64 *to = out + i * row + j;
        if (start || accumulate) {
          E before = {to[0], to[plane]};
          r = e_add(before, r);
        }
        to[0] = r.l0;
        to[plane] = r.l1;
      }
    }
  }
  if (symmetric)
    for (i64 i = 0; i < m; i++)
      for (i64 j = 0; j < i; j++) {
        out[i * row + j] = out[j * row + i];
        out[plane + i * row + j] = out[plane + j * row + i];
      }
}
