/* Orders of rows as 32-bit numbers: drawn without bias, composed, applied. orders.py specifies the drawing. */

/* A uniform order of n < 2^32 rows from `count` random words, read as 32-bit halves, low ones first (Fisher, Yates; bounded
   draws: Lemire, ACM TOMACS 2019). 1 when the words do not suffice: the same with more words gives the same as far as it came. */
EXPORT i64 NAME(draw_order)(const u64 *restrict words, i64 count, uint32_t *restrict order, i64 n) {
  i64 used = 0;
  for (i64 i = 0; i < n; i++) order[i] = (uint32_t)i;
  for (u64 bound = (u64)n; bound > 1; bound--) {
    u64 product;
    do {
      if (used >= 2 * count) return 1;
      product = (words[used >> 1] >> (32 * (used & 1)) & UINT32_MAX) * bound;
      used++;
    } while ((uint32_t)product < bound && (uint32_t)product < (UINT64_C(1) << 32) % bound);
    uint32_t *chosen = order + (product >> 32), *last = order + bound - 1, row = *chosen;
    *chosen = *last;
    *last = row;
  }
  return 0;
}

/* out[i] = first[second[i]]; 1 when a number of `second` is none of first's n */
EXPORT i64 NAME(compose_orders)(const uint32_t *restrict first, i64 n, const uint32_t *restrict second,
                                uint32_t *restrict out, i64 m) {
  for (i64 i = 0; i < m; i++) {
    if (second[i] >= n) return 1;
    out[i] = first[second[i]];
  }
  return 0;
}

/* m rows of `columns` elements out of n: out[i] = a[order[i]]; 1 when a number is none of the n */
EXPORT i64 NAME(gather)(const u64 *restrict a, i64 n, const uint32_t *restrict order, i64 columns, u64 *restrict out, i64 m) {
  for (i64 i = 0; i < m; i++)
    if (order[i] >= n) return 1;
  for (int limb = 0; limb < 2; limb++) {
    const u64 *from = a + limb * n * columns;
    u64 *to = out + limb * m * columns;
    if (columns == 1)
      for (i64 i = 0; i < m; i++) to[i] = from[order[i]];
    else
      for (i64 i = 0; i < m; i++) memcpy(to + i * columns, from + order[i] * columns, 8 * (size_t)columns);
  }
  return 0;
}
