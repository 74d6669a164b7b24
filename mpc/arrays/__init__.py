"""Secure arrays: fixed-point numbers shared among a committee, used like numpy arrays.

:class:`~mpc.arrays.interface.SecureArray` is what programs see; behind it stands a
:class:`~mpc.arrays.backend.Backend`. The ``mpyc`` backend serves any committee of three or more. Importing this
package does not import mpyc.
"""
