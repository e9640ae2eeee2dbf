"""Z-stacks and the lazy arrays behind them."""
