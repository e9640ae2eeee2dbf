"""The noise-aware pyramid with weights along z."""
