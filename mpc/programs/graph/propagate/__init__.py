"""``graph.propagate``: what is known of some nodes, carried along the edges."""
