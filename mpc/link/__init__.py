"""The transport between parties of one run: pinned TLS 1.3, typed frames, deadlines, countersigned transcripts.

Nothing here imports mpyc, so that the party node's parent process may use the configuration and the result types.
"""
