"""The engine beside its peers: the same work on SPU, stock MPyC and ours, in one run, interleaved."""
