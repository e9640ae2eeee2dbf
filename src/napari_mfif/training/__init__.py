"""Training of the networks: data, one loop, one recipe per network."""
