"""Methods whose focus measure is a trained network."""
