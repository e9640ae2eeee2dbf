"""What can be set: parameters, options, presets and recipes, without numpy."""
