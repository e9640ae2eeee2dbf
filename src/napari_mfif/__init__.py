"""Focus stacking: many planes, each sharp at one depth, become one sharp image."""
