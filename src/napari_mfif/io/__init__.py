"""Reading z-stacks and writing results."""
