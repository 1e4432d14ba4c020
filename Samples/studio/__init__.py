"""Draws and records the sample participants: a small film studio without cameras."""
