/* Matrix products with AVX2. An element has four digits of 26 bits; Karatsuba twice leaves nine products of sums of digits (at most
   28 bits), each summed on its own over 256 rows in 64 bits and put together at the end.
   A packed matrix X (k x n) is a row of panels of 8 columns (the last padded with zeros), each nine planes of k rows of eight
   32-bit numbers; word c of a row holds column c below and column c + 4 above. Both operands of left^T * right have this form. */

#define INNER 256         /* 256 * (2^28 - 4)^2 < 2^64 */
#define PANELS_AT_ONCE 16 /* panels of the right operand that stay in the second cache */
#define PRODUCTS 9

EXPORT i64 NAME(panel_words)(i64 k, i64 n) { return 4 * PRODUCTS * k * ((n + 7) / 8); }

/* X[t][j] lies at x + t * row + j * column, limb 1 `plane` words on */
EXPORT void NAME(pack_panels)(const u64 *restrict x, i64 plane, i64 row, i64 column, i64 k, i64 n, u64 *restrict out) {
  const u64 half = (1 << 26) - 1;
  for (i64 j = 0; j < n; j += 8, out += 4 * PRODUCTS * k) {
    for (i64 t = 0; t < k; t++) {
      u64 a[4][8];
      for (int lane = 0; lane < 8; lane++) {
        const u64 *from = x + t * row + (j + lane < n ? j + lane : j) * column;
        const u64 keep = j + lane < n ? ~UINT64_C(0) : 0, l0 = from[0] & keep, l1 = from[plane] & keep;
        a[0][lane] = l0 & half;
        a[1][lane] = l0 >> 26;
        a[2][lane] = l1 & half;
        a[3][lane] = l1 >> 26;
      }
      for (int c = 0; c < 4; c++) {
        u64 d0 = a[0][c] | a[0][c + 4] << 32, d1 = a[1][c] | a[1][c + 4] << 32;
        u64 d2 = a[2][c] | a[2][c + 4] << 32, d3 = a[3][c] | a[3][c + 4] << 32;
        const u64 sums[PRODUCTS] = {d0, d1, d0 + d1, d2, d3, d2 + d3, d0 + d2, d1 + d3, d0 + d1 + d2 + d3};
        for (int s = 0; s < PRODUCTS; s++) out[4 * (s * k + t) + c] = sums[s];
      }
    }
  }
}

#define ROW(x, i)                                                      \
  {                                                                    \
    V a0 = _mm256_set1_epi32((int)a[8 * t + 2 * (i)]);                 \
    x##0 = v_add(x##0, _mm256_mul_epu32(a0, b0));                      \
    x##1 = v_add(x##1, _mm256_mul_epu32(a0, b1));                      \
  }

/* one of the nine products: four columns of the left panel times eight of the right one */
static inline void tile(const uint32_t *restrict a, const u64 *restrict b, i64 length, V out[4][2]) {
  V p0 = v_set(0), p1 = p0, q0 = p0, q1 = p0, r0 = p0, r1 = p0, s0 = p0, s1 = p0;
  for (i64 t = 0; t < length; t++) {
    V b0 = _mm256_loadu_si256((const __m256i *)(b + 4 * t)), b1 = _mm256_srli_epi64(b0, 32);
    ROW(p, 0) ROW(q, 1) ROW(r, 2) ROW(s, 3)
  }
  out[0][0] = p0, out[0][1] = p1, out[1][0] = q0, out[1][1] = q1;
  out[2][0] = r0, out[2][1] = r1, out[3][0] = s0, out[3][1] = s1;
}

/* lo + mid * x + hi * x^2 from lo, hi and (lo + mid + hi) */
static inline void interpolate(V lo[3]) { lo[2] = v_sub(lo[2], v_add(lo[0], lo[1])); }

static inline E together(V low[3], V high[3], V both[3]) {
  const V half = v_set((1 << 26) - 1);
  for (int i = 0; i < 3; i++) both[i] = v_sub(both[i], v_add(low[i], high[i]));
  interpolate(low);
  interpolate(high);
  interpolate(both);
  /* element order now: weight 0, weight 2, weight 1 */
  V c[8] = {low[0], low[2], v_add(low[1], both[0]), both[2], v_add(both[1], high[0]), high[2], high[1], v_set(0)};
  for (int i = 0; i < 7; i++) {
    c[i + 1] = v_add(c[i + 1], v_srl(c[i], 26));
    c[i] = v_and(c[i], half);
  }
  for (int i = 0; i < 4; i++) c[i] = v_add(c[i], v_times17(c[i + 4]));
  for (int i = 0; i < 3; i++) {
    c[i + 1] = v_add(c[i + 1], v_srl(c[i], 26));
    c[i] = v_and(c[i], half);
  }
  V l0 = v_add(v_or(c[0], v_sll(c[1], 26)), v_times17(v_srl(c[3], 26)));
  return fold(l0, v_or(c[2], v_sll(v_and(c[3], half), 26)));
}

static void store_tile(V sums[PRODUCTS][4][2], i64 rows, u64 *restrict out, i64 plane, i64 row, i64 columns, int add) {
  for (i64 r = 0; r < rows; r++)
    for (int side = 0; side < 2 && 4 * side < columns; side++) {
      V low[3] = {sums[0][r][side], sums[1][r][side], sums[2][r][side]};
      V high[3] = {sums[3][r][side], sums[4][r][side], sums[5][r][side]};
      V both[3] = {sums[6][r][side], sums[7][r][side], sums[8][r][side]};
      E x = together(low, high, both);
      u64 *to = out + r * row + 4 * side;
      Tail tail = v_tail(4 * side, columns);
      e_store(to, plane, 0, tail, add ? e_add(e_load(to, plane, 0, tail), x) : x);
    }
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
        const i64 first = symmetric && i / 8 > group ? i / 8 : group;
        for (i64 panel = first; panel < last; panel++) {
          V sums[PRODUCTS][4][2];
          for (int s = 0; s < PRODUCTS; s++) {
            const u64 *a = left + 4 * (k * (PRODUCTS * (i / 8) + s) + start);
            /* columns 4 to 7 of a panel are the upper halves of its words */
            tile((const uint32_t *)a + (i % 8 ? 1 : 0), right + 4 * (k * (PRODUCTS * panel + s) + start), length, sums[s]);
          }
          store_tile(sums, m - i < 4 ? m - i : 4, out + i * row + 8 * panel, plane, row, n - 8 * panel, start || accumulate);
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
