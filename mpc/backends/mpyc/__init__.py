"""The stack of MPyC: any committee of three or more, and the oracle of the fast one."""
