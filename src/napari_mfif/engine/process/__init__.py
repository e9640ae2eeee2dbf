"""A process of its own for networks."""
