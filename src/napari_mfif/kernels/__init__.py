"""Functions on planes, without torch: focus measures, noise, pyramids, filters."""
