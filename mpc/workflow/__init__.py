"""What runs a task's steps: the graph, each step's surroundings, the values between steps, what a program declares."""
