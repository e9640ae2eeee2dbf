"""Results beside one another: kept, blinked, split by a line, subtracted, measured."""
