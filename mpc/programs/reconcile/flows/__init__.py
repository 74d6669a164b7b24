"""``reconcile.flows``: reported lines against the lines of banks."""
