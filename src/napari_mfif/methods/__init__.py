"""The methods and the fold they share."""
