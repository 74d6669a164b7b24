/* Between planes and other forms: integers, bytes on the wire, bits. Branch-free loops that the compiler vectorises. */

EXPORT void NAME(from_int64)(const i64 *restrict values, u64 *restrict out, i64 n) {
  for (i64 i = 0; i < n; i++) {
    u64 l0, l1;
    scalar_from_signed(values[i], &l0, &l1);
    out[i] = l0;
    out[n + i] = l1;
  }
}

/* Signed representatives; returns 0 only if all are below 2^62 in magnitude. */
EXPORT i64 NAME(to_int64)(const u64 *restrict a, i64 *restrict out, i64 n) {
  u64 excess = 0;
  for (i64 i = 0; i < n; i++) {
    u64 l0 = a[i], l1 = a[n + i], m0, m1;
    scalar_canonical(&l0, &l1);
    u64 negative = 0 - (l1 >> 51);
    m0 = TWICE_P0 - l0;
    m1 = TWICE_P1 - l1;
    scalar_fold(&m0, &m1);
    scalar_canonical(&m0, &m1);
    l0 = (m0 & negative) | (l0 & ~negative);
    l1 = (m1 & negative) | (l1 & ~negative);
    excess |= l1 >> 10;
    u64 magnitude = l0 | (l1 << 52);
    out[i] = (i64)((magnitude ^ negative) - negative);
  }
  return excess != 0;
}

/* 13 bytes little-endian each, canonical. Two words are written for all but the last element, which the next one overwrites. */
static void pack_part(const u64 *restrict a, i64 stride, u8 *restrict out, i64 n) {
  for (i64 i = 0; i < n; i++) {
    u64 l0 = a[i], l1 = a[stride + i];
    scalar_canonical(&l0, &l1);
    u64 low = l0 | (l1 << 52), high = l1 >> 12;
    memcpy(out + 13 * i, &low, 8);
    if (i + 1 < n) memcpy(out + 13 * i + 8, &high, 8);
    else memcpy(out + 13 * i + 8, &high, 5);
  }
}
EXPORT void NAME(pack)(const u64 *restrict a, u8 *restrict out, i64 n) { pack_part(a, n, out, n); }

/* Returns 0 only if every element is canonical. */
EXPORT i64 NAME(unpack)(const u8 *restrict data, u64 *restrict out, i64 n) {
  u64 excess = 0;
  for (i64 i = 0; i < n; i++) {
    u64 low, high = 0;
    memcpy(&low, data + 13 * i, 8);
    if (i + 1 < n) memcpy(&high, data + 13 * i + 8, 8);
    else memcpy(&high, data + 13 * i + 8, 5);
    u64 l0 = low & LIMB, l1 = ((low >> 52) | (high << 12)) & LIMB;
    excess |= ((l1 + 1) >> 52) & ((l0 + 17) >> 52);
    out[i] = l0;
    out[n + i] = l1;
  }
  return excess != 0;
}

/* Bit j of word i becomes bit i of word j (Warren, Hacker's Delight, 7-3): blocks of 32, 16, ..., 1 change places. */
#define SWAP_BLOCKS(j, mask)                                  \
  for (int block = 0; block < 64; block += 2 * (j))           \
    for (int i = block; i < block + (j); i++) {               \
      u64 t = ((x[i] >> (j)) ^ x[i + (j)]) & UINT64_C(mask);  \
      x[i + (j)] ^= t;                                        \
      x[i] ^= t << (j);                                       \
    }
static inline void transpose64(u64 *restrict x) {
  SWAP_BLOCKS(32, 0x00000000ffffffff)
  SWAP_BLOCKS(16, 0x0000ffff0000ffff)
  SWAP_BLOCKS(8, 0x00ff00ff00ff00ff)
  SWAP_BLOCKS(4, 0x0f0f0f0f0f0f0f0f)
  SWAP_BLOCKS(2, 0x3333333333333333)
  SWAP_BLOCKS(1, 0x5555555555555555)
}
