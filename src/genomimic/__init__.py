"""Learn from biological sequences, generate synthetic ones, and prove how good they are."""
