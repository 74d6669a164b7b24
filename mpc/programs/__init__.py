"""The programs of the MPC engine: what they take, give, protect and cost, and the runner of a task's workflow.

The catalogue and the checks import neither mpyc nor a program's implementation: any process may use them.
"""
