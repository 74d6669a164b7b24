/* Products of a matrix with a vector, over the lanes of the variant; nothing is packed. */

/* rows whose products are summed before a reduction: the rows stay in the first caches */
#define ROWS_AT_ONCE (ACC_PRODUCTS < 64 ? ACC_PRODUCTS : 64)

/* out[i] = sum over t of a[i][t] * w[t] */
EXPORT void NAME(rows_vector)(const u64 *restrict a, const u64 *restrict w, u64 *restrict out, i64 m, i64 k) {
  for (i64 i = 0; i < m; i++) {
    E total = e_set(0, 0);
    for (i64 start = 0; start < k; start += (i64)ACC_PRODUCTS * LANES) {
      i64 end = start + (i64)ACC_PRODUCTS * LANES < k ? start + (i64)ACC_PRODUCTS * LANES : k;
      Acc acc = acc_zero();
      for (i64 t = start; t < end; t += LANES) {
        Tail tail = v_tail(t, end);
        acc_mul(&acc, e_load(a, m * k, i * k + t, tail), e_load(w, k, t, tail));
      }
      total = e_add(total, acc_reduce(acc));
    }
    u64 low[LANES], high[LANES], l0 = 0, l1 = 0;
    memcpy(low, &total.l0, sizeof low);
    memcpy(high, &total.l1, sizeof high);
    for (int lane = 0; lane < LANES; lane++) {
      l0 += low[lane];
      l1 += high[lane];
    }
    scalar_fold(&l0, &l1);
    out[i] = l0;
    out[m + i] = l1;
  }
}

/* out[j] = sum over t of w[t] * b[t][j] */
EXPORT void NAME(vector_rows)(const u64 *restrict w, const u64 *restrict b, u64 *restrict out, i64 k, i64 n) {
  memset(out, 0, 16 * (size_t)n);
  for (i64 start = 0; start < k; start += ROWS_AT_ONCE) {
    i64 end = start + ROWS_AT_ONCE < k ? start + ROWS_AT_ONCE : k;
    for (i64 j = 0; j < n; j += LANES) {
      Tail tail = v_tail(j, n);
      Acc acc = acc_zero();
      for (i64 t = start; t < end; t++) acc_mul(&acc, e_set(w[t], w[k + t]), e_load(b, k * n, t * n + j, tail));
      e_store(out, n, j, tail, e_add(e_load(out, n, j, tail), acc_reduce(acc)));
    }
  }
}
