"""From a z-stack to its fusion: `fuse`, `iter_fuse`, the result, its files, whole folders."""
