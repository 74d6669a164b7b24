/* Comparison on bit slices: trees of Boolean products, and what goes into and comes out of them. circuits.py has the protocol,
   numpy_trees.py the meaning. A row is `words` words, 64 elements each. The wires of a level of n nodes are n rows [less]
   followed by n - 1 rows [equal] of nodes 1 to n - 1; where only equality is asked, n rows [equal]. */

#define AT_ONCE 8    /* words of a row that are worked on at once: what belongs to them stays in the first cache */
#define MOST_NODES 22 /* leaves of three bits in 64 */
#define LEAF 3

typedef u64 Piece[AT_ONCE];

#define PIECE for (int w = 0; w < AT_ONCE; w++)
#define WORDS _Pragma("GCC ivdep") for (i64 w = 0; w < words; w++)

static inline void piece_load(u64 *restrict to, const u64 *restrict from, i64 here) {
  if (here == AT_ONCE) memcpy(to, from, sizeof(Piece));
  else PIECE to[w] = w < here ? from[w] : 0;
}
static inline void piece_xor(u64 *restrict to, const u64 *restrict what, i64 here) {
  if (here == AT_ONCE) PIECE to[w] ^= what[w];
  else
    for (i64 w = 0; w < here; w++) to[w] ^= what[w];
}

/* slices[bit][word] of (low - target) for the elements of words first to first + AT_ONCE - 1; 0 beyond the last element */
static void sliced(const u64 *restrict low, u64 target, i64 first, i64 n, Piece *restrict slices) {
  for (int word = 0; word < AT_ONCE; word++) {
    u64 x[64];
    const i64 at = 64 * (first + word), left = n - at, here = left < 0 ? 0 : left < 64 ? left : 64;
    for (i64 i = 0; i < here; i++) x[i] = low[at + i] - target;
    for (i64 i = here; i < 64; i++) x[i] = 0;
    if (here) transpose64(x);
    for (int bit = 0; bit < 64; bit++) slices[bit][word] = x[bit];
  }
}

/* A's (first) or B's shares of the leaves' results for thresholds `targets`, masked; `top` gets bit `bits - 1` of each */
EXPORT void NAME(tree_leaves)(const u64 *restrict low, const u64 *restrict targets, i64 answers, i64 bits, i64 equality,
                              const u64 *restrict dealt, const u64 *restrict masks, i64 mask_stride, i64 first,
                              u64 *restrict out, u64 *restrict top, i64 n) {
  const i64 words = (n + 63) / 64, compared = equality ? bits : bits - 1;
  const i64 leaves = compared > LEAF ? (compared + LEAF - 1) / LEAF : 1, missing = LEAF * leaves - compared;
  const i64 rows = equality ? leaves : 2 * leaves - 1;
  const u64 mine = 0 - (u64)first;
  Piece slices[64], terms[7][MOST_NODES], zero = {0};
  for (i64 at = 0; at < words; at += AT_ONCE) {
    const i64 here = words - at < AT_ONCE ? words - at : AT_ONCE;
    for (i64 term = 0; term < 7; term++)
      for (i64 leaf = 0; leaf < leaves; leaf++)
        piece_load(terms[term][leaf], dealt + (term * leaves + leaf) * words + at, here);
    for (i64 answer = 0; answer < answers; answer++) {
      const u64 *mask = masks + answer * mask_stride + at;
      u64 *row = out + answer * rows * words + at;
      sliced(low, targets[answer], at, n, slices);
      for (i64 leaf = 0; leaf < leaves; leaf++) {
        const i64 bit = LEAF * leaf - missing;
        const u64 *c0 = bit < 0 ? zero : slices[bit], *c1 = bit + 1 < 0 ? zero : slices[bit + 1];
        const u64 *c2 = bit + 2 < 0 ? zero : slices[bit + 2];
        const u64 *r0 = terms[0][leaf], *r1 = terms[1][leaf], *r2 = terms[2][leaf], *r10 = terms[3][leaf];
        const u64 *r20 = terms[4][leaf], *r21 = terms[5][leaf], *r210 = terms[6][leaf];
        Piece less, equal;
        PIECE {
          u64 e2 = r2[w] ^ (c2[w] & mine), cross = (c2[w] & r1[w]) ^ r21[w], both = c2[w] & c1[w];
          u64 pair = cross ^ (c1[w] & r2[w]) ^ (both & mine);
          u64 with_r0 = (both & r0[w]) ^ (c2[w] & r10[w]) ^ (c1[w] & r20[w]) ^ r210[w];
          equal[w] = (c0[w] & pair) ^ with_r0;
          less[w] = (~c0[w] & (pair ^ with_r0)) ^ (~c1[w] & (e2 ^ cross)) ^ (~c2[w] & (r2[w] ^ mine));
        }
        if (!equality) {
          piece_xor(less, mask + leaf * words, here);
          memcpy(row + leaf * words, less, 8 * (size_t)here);
        }
        if (equality || leaf) {
          const i64 place = equality ? leaf : leaves + leaf - 1;
          piece_xor(equal, mask + place * words, here);
          memcpy(row + place * words, equal, 8 * (size_t)here);
        }
      }
      memcpy(top + answer * words + at, slices[bits - 1], 8 * (size_t)here);
    }
  }
}

/* One level's products of masks onto `dealt`, and the wires of the next level's masks, in place; returns its nodes. */
static i64 deal_level(Piece *restrict g, Piece *restrict e, i64 nodes, i64 equality, u64 *restrict dealt,
                      const u64 *restrict above, i64 words, i64 here) {
  const i64 triples = nodes / 3, pair = nodes % 3 == 2, count = triples + pair, passing = nodes % 3 == 1;
  const i64 equals = equality ? 0 : 4 * triples, rest = equality ? 4 * triples : 7 * triples - 3 * (triples > 0);
  Piece found;
#define DEAL(row, value)                          \
  {                                               \
    PIECE found[w] = (value);                     \
    piece_xor(dealt + (row) * words, found, here); \
  }
  for (i64 i = 0; i < triples; i++) {
    const u64 *e2 = e[3 * i + 2], *e1 = e[3 * i + 1], *x1 = g[3 * i + 1], *x0 = equality ? e[3 * i] : g[3 * i];
    const u64 *e0 = e[3 * i];
    DEAL(i, e2[w] & e1[w])
    DEAL(triples + i, e2[w] & x0[w])
    DEAL(2 * triples + i, e1[w] & x0[w])
    if (equality) {
      DEAL(3 * triples + i, e2[w] & e1[w] & x0[w])
    } else {
      DEAL(3 * triples + i, e2[w] & (x1[w] ^ (e1[w] & x0[w])))
      if (i) {
        DEAL(equals + i - 1, e2[w] & e0[w])
        DEAL(equals + triples - 1 + i - 1, e1[w] & e0[w])
        DEAL(equals + 2 * (triples - 1) + i - 1, e2[w] & e1[w] & e0[w])
      }
    }
  }
  if (pair) {
    const u64 *high = e[nodes - 1];
    if (equality) {
      DEAL(rest, high[w] & e[nodes - 2][w])
    } else {
      DEAL(rest, high[w] & g[nodes - 2][w])
      if (triples) DEAL(rest + 1, high[w] & e[nodes - 2][w])
    }
  }
#undef DEAL
  if (passing) {
    memcpy(g[count], g[nodes - 1], sizeof(Piece));
    memcpy(e[count], e[nodes - 1], sizeof(Piece));
  }
  for (i64 i = 0; i < count; i++) {
    if (!equality) piece_load(g[i], above + i * words, here);
    if (equality || i) piece_load(e[i], above + (equality ? i : count + i - 1) * words, here);
  }
  return count + passing;
}

/* The dealer's part from the low words of r: `dealt` holds A's pads and becomes B's shares; `last`: masks of the answers */
EXPORT void NAME(tree_deal)(const u64 *restrict low, i64 bits, i64 answers, i64 equality, const u64 *restrict masks,
                            i64 rows, u64 *restrict dealt, i64 terms, u64 *restrict last, i64 n) {
  const i64 words = (n + 63) / 64, compared = equality ? bits : bits - 1;
  const i64 leaves = compared > LEAF ? (compared + LEAF - 1) / LEAF : 1, missing = LEAF * leaves - compared;
  Piece slices[64], g[MOST_NODES], e[MOST_NODES], zero = {0}, found;
  u64 *of_level = dealt + 7 * leaves * words;
  memset(g, 0, sizeof g);
  memset(e, 0, sizeof e);
  for (i64 at = 0; at < words; at += AT_ONCE) {
    const i64 here = words - at < AT_ONCE ? words - at : AT_ONCE;
    sliced(low, 0, at, n, slices);
    for (i64 leaf = 0; leaf < leaves; leaf++) {
      const i64 bit = LEAF * leaf - missing;
      const u64 *r0 = bit < 0 ? zero : slices[bit], *r1 = bit + 1 < 0 ? zero : slices[bit + 1];
      const u64 *r2 = bit + 2 < 0 ? zero : slices[bit + 2];
#define DEAL(term, value)                                                \
  {                                                                      \
    PIECE found[w] = (value);                                            \
    piece_xor(dealt + ((term) * leaves + leaf) * words + at, found, here); \
  }
      DEAL(0, ~r0[w])
      DEAL(1, ~r1[w])
      DEAL(2, ~r2[w])
      DEAL(3, ~(r1[w] | r0[w]))
      DEAL(4, ~(r2[w] | r0[w]))
      DEAL(5, ~(r2[w] | r1[w]))
      DEAL(6, ~(r2[w] | r1[w] | r0[w]))
#undef DEAL
    }
    for (i64 answer = 0; answer < answers; answer++) {
      const u64 *mask = masks + answer * rows * words + at;
      u64 *part = of_level + answer * terms * words + at;
      for (i64 leaf = 0; leaf < leaves; leaf++) {
        if (!equality) piece_load(g[leaf], mask + leaf * words, here);
        if (equality || leaf) piece_load(e[leaf], mask + (equality ? leaf : leaves + leaf - 1) * words, here);
      }
      mask += (equality ? leaves : 2 * leaves - 1) * words;
      for (i64 nodes = leaves; nodes > 1;) {
        const i64 triples = nodes / 3, pair = nodes % 3 == 2, count = triples + pair;
        const i64 dealt_here = equality ? 4 * triples + pair : 7 * triples - 3 * (triples > 0) + pair + (pair && triples);
        nodes = deal_level(g, e, nodes, equality, part, mask, words, here);
        part += dealt_here * words;
        mask += (equality ? count : 2 * count - 1) * words;
      }
      const u64 *root = equality ? e[0] : g[0], *sign = equality ? zero : slices[bits - 1];
      for (i64 w = 0; w < here; w++) last[answer * words + at + w] = root[w] ^ sign[w];
    }
  }
}

static inline u64 pair_share(u64 mx, u64 my, u64 own_x, u64 part_y, u64 dealt) {
  return (mx & part_y) ^ (my & own_x) ^ dealt;
}
static inline u64 third_share(u64 pair, u64 both, u64 m1, u64 m2, u64 mx, u64 px, u64 d20, u64 d10, u64 d) {
  return (mx & pair) ^ (both & px) ^ (m1 & d20) ^ (m2 & d10) ^ d;
}

/* A's (first) or B's masked shares of the results of the level above `nodes`, of one answer */
static void level_above(const u64 *restrict m, const u64 *restrict p, i64 nodes, i64 equality, const u64 *restrict dealt,
                        const u64 *restrict masks, u64 *restrict out, i64 words, u64 mine) {
  const i64 triples = nodes / 3, pair = nodes % 3 == 2, count = triples + pair, below = equality ? 0 : nodes - 1;
  const i64 rest = equality ? 4 * triples : 7 * triples - 3 * (triples > 0);
#define E(node) ((below + (node)) * words) /* where the row [equal] of a node lies; of [less]: node * words */
  for (i64 i = 0; i < triples; i++) {
    const i64 low = equality ? E(3 * i) : 3 * i * words;
    const u64 *n2 = m + E(3 * i + 2), *n1 = m + E(3 * i + 1), *q2 = p + E(3 * i + 2), *q1 = p + E(3 * i + 1);
    const u64 *m0 = m + low, *p0 = p + low;
    const u64 *d21 = dealt + i * words, *d20 = d21 + triples * words, *d10 = d20 + triples * words;
    const u64 *d = d10 + triples * words, *mask = masks + i * words;
    u64 *to = out + i * words;
    if (equality) {
      WORDS {
        u64 both = n2[w] & n1[w], two = pair_share(n2[w], n1[w], q2[w] ^ (n2[w] & mine), q1[w], d21[w]);
        to[w] = mask[w] ^ third_share(two, both, n1[w], n2[w], m0[w], p0[w], d20[w], d10[w], d[w]);
      }
      continue;
    }
    const u64 *m1 = m + (3 * i + 1) * words, *m2 = m + (3 * i + 2) * words, *p1 = p + (3 * i + 1) * words;
    const u64 *p2 = p + (3 * i + 2) * words;
    WORDS {
      u64 own = q2[w] ^ (n2[w] & mine), both = n2[w] & n1[w], two = pair_share(n2[w], n1[w], own, q1[w], d21[w]);
      u64 three = third_share(two, both, n1[w], n2[w], m0[w], p0[w], d20[w], d10[w], d[w]);
      to[w] = mask[w] ^ p2[w] ^ (m2[w] & mine) ^ (n2[w] & p1[w]) ^ (m1[w] & own) ^ three;
    }
    if (!i) continue;
    const u64 *n0 = m + E(3 * i), *q0 = p + E(3 * i), *e20 = dealt + (4 * triples + i - 1) * words;
    const u64 *e10 = e20 + (triples - 1) * words, *e210 = e10 + (triples - 1) * words;
    mask = masks + (count + i - 1) * words;
    to = out + (count + i - 1) * words;
    WORDS {
      u64 both = n2[w] & n1[w], two = pair_share(n2[w], n1[w], q2[w] ^ (n2[w] & mine), q1[w], d21[w]);
      to[w] = mask[w] ^ third_share(two, both, n1[w], n2[w], n0[w], q0[w], e20[w], e10[w], e210[w]);
    }
  }
  if (!pair) return;
  const u64 *high = m + E(nodes - 1), *part = p + E(nodes - 1), *d = dealt + rest * words;
  const u64 *mask = masks + triples * words;
  u64 *to = out + triples * words;
  if (equality) {
    const u64 *my = m + E(nodes - 2), *py = p + E(nodes - 2);
    WORDS to[w] = mask[w] ^ pair_share(high[w], my[w], part[w] ^ (high[w] & mine), py[w], d[w]);
    return;
  }
  const u64 *mt = m + (nodes - 1) * words, *pt = p + (nodes - 1) * words, *my = mt - words, *py = pt - words;
  WORDS {
    u64 share = pair_share(high[w], my[w], part[w] ^ (high[w] & mine), py[w], d[w]);
    to[w] = mask[w] ^ pt[w] ^ (mt[w] & mine) ^ share;
  }
  if (!triples) return;
  my = m + E(nodes - 2), py = p + E(nodes - 2), d += words;
  mask = masks + (count + triples - 1) * words;
  to = out + (count + triples - 1) * words;
  WORDS to[w] = mask[w] ^ pair_share(high[w], my[w], part[w] ^ (high[w] & mine), py[w], d[w]);
#undef E
}

EXPORT void NAME(tree_level)(const u64 *restrict m, const u64 *restrict part, i64 nodes, i64 equality,
                             const u64 *restrict dealt, i64 dealt_stride, const u64 *restrict masks, i64 mask_stride,
                             i64 first, u64 *restrict out, i64 answers, i64 words) {
  const i64 count = nodes / 3 + (nodes % 3 == 2);
  const i64 below = (equality ? nodes : 2 * nodes - 1) * words, rows = (equality ? count : 2 * count - 1) * words;
  for (i64 answer = 0; answer < answers; answer++)
    level_above(m + answer * below, part + answer * below, nodes, equality, dealt + answer * dealt_stride,
                masks + answer * mask_stride, out + answer * rows, words, 0 - (u64)first);
}

/* The wires of the level above `nodes`: own ^ theirs (own alone where there are none), and what passes through from below */
EXPORT void NAME(tree_next)(const u64 *restrict own, i64 own_stride, const u64 *restrict theirs, const u64 *restrict below,
                            i64 nodes, i64 equality, u64 *restrict out, i64 answers, i64 words) {
  const i64 passing = nodes % 3 == 1, count = nodes / 3 + (nodes % 3 == 2), above = count + passing;
  const i64 rows = equality ? count : 2 * count - 1, made = equality ? above : 2 * above - 1;
  const i64 under = equality ? nodes : 2 * nodes - 1;
  for (i64 answer = 0; answer < answers; answer++) {
    u64 *to = out + answer * made * words;
    const u64 *from = below + answer * under * words, *mine = own + answer * own_stride;
    const u64 *other = theirs ? theirs + answer * rows * words : NULL;
    for (i64 row = 0; row < rows; row++) {
      u64 *here = to + (row < count ? row : row + passing) * words;
      if (other) WORDS here[w] = mine[row * words + w] ^ other[row * words + w];
      else memcpy(here, mine + row * words, 8 * (size_t)words);
    }
    if (!passing) continue;
    memcpy(to + count * words, from + (nodes - 1) * words, 8 * (size_t)words);
    if (!equality) memcpy(to + (made - 1) * words, from + (under - 1) * words, 8 * (size_t)words);
  }
}

/* `low` bytes from the bottom and four from the top of each canonical element */
EXPORT void NAME(split_pack)(const u64 *restrict a, i64 low, u8 *restrict out, i64 n) {
  for (i64 i = 0; i < n; i++) {
    u64 l0 = a[i], l1 = a[n + i];
    scalar_canonical(&l0, &l1);
    const u64 bottom = l0 | (l1 << 52);
    const uint32_t top = (uint32_t)(l1 >> 20);
    u8 *to = out + i * (low + 4);
    if (i + 1 < n) memcpy(to, &bottom, 8); /* what is too much is overwritten: an element has five bytes or more */
    else memcpy(to, &bottom, (size_t)low);
    memcpy(to + low, &top, 4);
  }
}

/* The `low` lowest bytes of own + theirs modulo p; returns how many sums leave open whether they pass p. */
EXPORT i64 NAME(split_join)(const u64 *restrict a, const u8 *restrict data, i64 low, u64 *restrict out, i64 n) {
  const u64 kept = low < 8 ? (UINT64_C(1) << (8 * low)) - 1 : ~UINT64_C(0);
  i64 doubtful = 0;
  for (i64 i = 0; i < n; i++) {
    u64 l0 = a[i], l1 = a[n + i], bottom = 0;
    uint32_t top;
    const u8 *from = data + i * (low + 4);
    scalar_canonical(&l0, &l1);
    if (i + 1 < n) memcpy(&bottom, from, 8);
    else memcpy(&bottom, from, (size_t)low);
    memcpy(&top, from + low, 4);
    const u64 sum = (l1 >> 20) + top;
    doubtful += sum - UINT64_C(0xfffffffe) < 2;
    out[i] = ((l0 | (l1 << 52)) + bottom + 17 * (sum >> 32)) & kept;
  }
  return doubtful;
}
