"""The *Fuse* panel."""
