"""From a decision map to pixels: consistency verification and composition."""
