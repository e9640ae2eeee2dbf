"""Driving a fold over a stack: survey, regions, memory."""
