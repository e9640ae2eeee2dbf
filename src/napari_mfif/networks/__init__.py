"""The networks as torch modules, without files or devices in them; and how they are fed."""
