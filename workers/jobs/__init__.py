"""What the node does for one task: stages, the state machine that drives them, and the run of the MPC child."""
