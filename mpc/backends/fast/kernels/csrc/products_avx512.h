/* Matrix products with IFMA. A packed matrix X (k x n) is a row of panels of 8 columns (the last padded with zeros), each k times
   16 words: the eight l0, then the eight l1 of a row. Both operands of left^T * right have this form. */

#define INNER 256         /* rows multiplied before a reduction; at most 1365 (3 * 2^52 each) */
#define PANELS_AT_ONCE 16 /* panels of the right operand that stay in the second cache */

EXPORT i64 NAME(panel_words)(i64 k, i64 n) { return 16 * k * ((n + 7) / 8); }

/* X[t][j] lies at x + t * row + j * column, limb 1 `plane` words on */
EXPORT void NAME(pack_panels)(const u64 *restrict x, i64 plane, i64 row, i64 column, i64 k, i64 n, u64 *restrict out) {
  for (i64 j = 0; j < n; j += 8, out += 16 * k) {
    if (column == 1) {
      Tail tail = v_tail(j, n);
      for (i64 t = 0; t < k; t++) {
        v_store(out + 16 * t, 0xff, v_load(x + t * row + j, tail));
        v_store(out + 16 * t + 8, 0xff, v_load(x + plane + t * row + j, tail));
      }
    } else {
      int here = n - j < 8 ? (int)(n - j) : 8;
      if (here < 8) memset(out, 0, 128 * (size_t)k);
      const u64 *from = x + j * column;
      for (i64 t = 0; t < k; t++)
        for (int lane = 0; lane < here; lane++) {
          out[16 * t + lane] = from[t * row + lane * column];
          out[16 * t + 8 + lane] = from[plane + t * row + lane * column];
        }
    }
  }
}

#define MULTIPLY(x, a0, a1)                                                                                       \
  x##0 = _mm512_madd52lo_epu64(x##0, a0, b0);                                                                     \
  x##1 = _mm512_madd52hi_epu64(x##1, a0, b0);                                                                     \
  x##2 = _mm512_madd52hi_epu64(x##2, a0, b1);                                                                     \
  x##3 = _mm512_madd52hi_epu64(x##3, a1, b1);                                                                     \
  x##1 = _mm512_madd52lo_epu64(x##1, a0, b1);                                                                     \
  x##2 = _mm512_madd52hi_epu64(x##2, a1, b0);                                                                     \
  x##1 = _mm512_madd52lo_epu64(x##1, a1, b0);                                                                     \
  x##2 = _mm512_madd52lo_epu64(x##2, a1, b1);
#define SUMS(x) V x##0 = zero, x##1 = zero, x##2 = zero, x##3 = zero;
#define ROW(x, i) MULTIPLY(x, v_set(a[16 * t + (i)]), v_set(a[16 * t + 8 + (i)]))

/* four columns of the left panel times eight of the right one */
static inline void tile(const u64 *restrict a, const u64 *restrict b, i64 length, E out[4]) {
  const V zero = v_set(0);
  SUMS(p) SUMS(q) SUMS(r) SUMS(s)
  for (i64 t = 0; t < length; t++) {
    V b0 = v_load(b + 16 * t, 0xff), b1 = v_load(b + 16 * t + 8, 0xff);
    ROW(p, 0) ROW(q, 1) ROW(r, 2) ROW(s, 3)
  }
  out[0] = reduce4(p0, p1, p2, p3);
  out[1] = reduce4(q0, q1, q2, q3);
  out[2] = reduce4(r0, r1, r2, r3);
  out[3] = reduce4(s0, s1, s2, s3);
}

/* out[i][j] (+)= sum over t of left[t][i] * right[t][j]; symmetric (m = n): the lower half is mirrored */
EXPORT void NAME(product)(const u64 *restrict left, i64 m, const u64 *restrict right, i64 n, i64 k, i64 symmetric,
                          u64 *restrict out, i64 plane, i64 row, i64 accumulate) {
  const i64 panels = (n + 7) / 8;
  for (i64 start = 0; start < k || start == 0; start += INNER) {
    const i64 length = k - start < INNER ? k - start : INNER;
    for (i64 group = 0; group < panels; group += PANELS_AT_ONCE) {
      const i64 last = group + PANELS_AT_ONCE < panels ? group + PANELS_AT_ONCE : panels;
      for (i64 i = 0; i < m; i += 4) {
        const u64 *a = left + 16 * (i / 8 * k + start) + i % 8;
        const i64 first = symmetric && i / 8 > group ? i / 8 : group;
        for (i64 panel = first; panel < last; panel++) {
          E sums[4];
          tile(a, right + 16 * (panel * k + start), length, sums);
          Tail tail = v_tail(8 * panel, n);
          for (i64 r = 0; r < 4 && i + r < m; r++) {
            u64 *to = out + (i + r) * row + 8 * panel;
            e_store(to, plane, 0, tail, start || accumulate ? e_add(e_load(to, plane, 0, tail), sums[r]) : sums[r]);
          }
        }
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

#define PANEL(x, i)                                                                            \
  {                                                                                            \
    V b0 = v_load(b[i] + 16 * t, 0xff), b1 = v_load(b[i] + 16 * t + 8, 0xff);                  \
    MULTIPLY(x, a0, a1)                                                                        \
  }

/* out[j] = sum over t of w[t] * right[t][j], four panels at a time */
EXPORT void NAME(vector_product)(const u64 *restrict w, const u64 *restrict right, i64 n, i64 k, u64 *restrict out) {
  const i64 panels = (n + 7) / 8;
  const V zero = v_set(0);
  for (i64 panel = 0; panel < panels; panel += 4) {
    const u64 *b[4];
    E total[4];
    for (int i = 0; i < 4; i++) {
      b[i] = right + 16 * k * (panel + i < panels ? panel + i : panel);
      total[i] = e_set(0, 0);
    }
    for (i64 start = 0; start < k; start += 1024) {
      const i64 end = start + 1024 < k ? start + 1024 : k;
      SUMS(p) SUMS(q) SUMS(r) SUMS(s)
      for (i64 t = start; t < end; t++) {
        V a0 = v_set(w[t]), a1 = v_set(w[k + t]);
        PANEL(p, 0) PANEL(q, 1) PANEL(r, 2) PANEL(s, 3)
      }
      total[0] = e_add(total[0], reduce4(p0, p1, p2, p3));
      total[1] = e_add(total[1], reduce4(q0, q1, q2, q3));
      total[2] = e_add(total[2], reduce4(r0, r1, r2, r3));
      total[3] = e_add(total[3], reduce4(s0, s1, s2, s3));
    }
    for (int i = 0; i < 4 && panel + i < panels; i++)
      e_store(out, n, 8 * (panel + i), v_tail(8 * (panel + i), n), total[i]);
  }
}
