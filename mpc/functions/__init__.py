"""Functions of secure arrays, for every backend: nothing here knows how a product or a comparison is computed.

Costs are for three parties. *Rounds*: M for a product or truncation (1), C for a comparison and S for a sine series, which the
backends' modules state. *Bytes per element*, sent by all parties together: m for a product or truncation (39 on the ``fast``
backend, 78 on ``mpyc``), c for a comparison. *Failure*: 0 on the ``mpyc`` backend; on ``fast`` every truncation of a number below B
fails with probability B/p at most, p = 2^104 - 17, which ``backend.traffic.failure`` adds up. Unless a docstring says otherwise
nothing is opened, and nothing leaks beyond what the backend's products and comparisons state.

A function takes the declared limit of its argument as its range, or a tighter one from the caller; outside of it the result is
the stated one, never silently wrong.
"""
