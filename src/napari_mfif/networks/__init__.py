"""The networks as torch modules: no files and no devices in them."""
