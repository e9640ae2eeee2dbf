"""The parts of the *Look closer* panel."""
