"""What every process of ours tells a monitor: numbers alone, each defined once, on a port that is nobody else's."""
