"""Boolean circuits on bit slices: their protocol, and how much of it is dealt and sent. The kernels compute the local parts.

A wire carries x = m ⊕ λ: A and B know m, C knows λ = λ_A ⊕ λ_B, and A and B hold one part each (masked evaluation with a
dealer: Turbospeedz: Ben-Efraim, Nielsen, Omri, ACNS 2019; among three: ASTRA, Chaudhari, Choudhury, Patra, Suresh, CCSW 2019). A
product of wires is a polynomial in the public m whose coefficients are products of λ, which C deals as XOR shares: A's from a
common key, B's sent. A and B then exchange their parts of the result's m: two bits for each output, however many factors it has (ABY2.0: Patra, Schneider, Suresh, Yalame, USENIX Security 2021).

Here, with three wires to a node (fewer bits and fewer rounds than two):

* a **leaf** compares three bits of the public c with three of C's r: e = [equal], g = [c < r]; with ρ = ¬r, bit i is equal
  when c_i ⊕ ρ_i, a wire without any exchange. Dealt: the 7 products of ρ_0, ρ_1, ρ_2.
* a **carry** node joins neighbours, most significant 2: G = g2 ⊕ e2·g1 ⊕ e2·e1·g0, E = e2·e1·e0. Dealt: 4 bits for G, 3 for E.
  The lowest node of a level needs no E.
* an **all** node, where only equality is asked: E = e2·e1·e0. Dealt: 4 bits.

For b compared bits, n = ceil(b/3) leaves: 11n bits for the leaves and about 5.5·(n - 1) above them, 5.5 bits for each compared
bit. Leaves of two bits would take 6.3, of four 6.1; nodes of two children 5.7 and more rounds, of four 6.1.

Masks are uniform and used once, so what A and B tell each other is uniform to the receiver, who does not have the sender's part
of the key's mask; what C deals is masked with the key of A and C. C receives nothing.

Arrays are uint64 words, 64 elements each, of shape (answers, rows, words); nodes from the least significant up.
"""

from dataclasses import dataclass
from functools import cache, cached_property

from mpc.backends.fast.kernels.trees import LEAF_TERMS, joined, leaves_of, rows_of, sizes, terms_above


@dataclass(frozen=True)
class Tree:
    """A tree over ``bits`` bits: [c < r] of all but the highest, or, where ``equality``, [c = r] of all."""

    bits: int
    equality: bool

    @cached_property
    def leaves(self) -> int:
        """Blocks of three bits."""
        return leaves_of(self.bits, equality=self.equality)

    @cached_property
    def below(self) -> list[int]:
        """Nodes of each level below the root, from the leaves up."""
        return sizes(self.leaves)[:-1]

    @cached_property
    def rows(self) -> int:
        """Masked wires of one answer, each told by A to B and back."""
        return self.leaf_rows + sum(self.rows_above(nodes) for nodes in self.below)

    @cached_property
    def leaf_rows(self) -> int:
        """Masked wires of the leaves."""
        return rows_of(self.leaves, equality=self.equality)

    @property
    def leaf_terms(self) -> int:
        """Dealt for the leaves, once for all answers."""
        return LEAF_TERMS * self.leaves

    @cached_property
    def terms(self) -> int:
        """Dealt above the leaves for one answer."""
        return sum(self.terms_above(nodes) for nodes in self.below)

    def rows_above(self, nodes: int) -> int:
        """Masked wires of the level above ``nodes``, without those that pass through."""
        return rows_of(joined(nodes), equality=self.equality)

    def terms_above(self, nodes: int) -> int:
        """Dealt for the level above ``nodes``."""
        return terms_above(nodes, equality=self.equality)


@cache
def tree(bits: int, *, equality: bool) -> Tree:
    """The same tree whenever it is asked for: steps of a run compare the same widths over and over."""
    return Tree(bits, equality)
