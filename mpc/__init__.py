"""The MPC engine: transport, runtime, secure arrays and programs. The only home of mpyc; runs in a child process."""
