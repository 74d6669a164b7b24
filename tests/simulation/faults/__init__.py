"""Faults: coordinator, chain, broker and nodes in one process and under one clock; a list of operations is a whole history.

Real are the coordinator's services and loops on PostgreSQL (one connection, whose ``now()`` is the simulation's clock), and the nodes'
state machine, outbox, anchors, log and disk. Simulated, and named so, are the chain (its rules in Python, blocks that may be replaced),
the broker, the computation between the nodes and the wires between all of them.

A schedule is a list of operations: what people do, one step of one process, a fault. The same schedule gives the same history. At its end
every fault is lifted, time passes, and :mod:`tests.simulation.faults.invariants` looks at what is left. ``python -m
tests.simulation.faults`` runs many and replays one.
"""
