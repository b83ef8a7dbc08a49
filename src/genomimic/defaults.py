"""What design does where nothing else is said, the same on the command line and in Python."""

from typing import Literal

METHOD: Literal["search"] = "search"
"""The method of design."""

PRICE = 4.0
"""What it costs to be unnatural (see `designing.reward`); at 1, designs are told from natural sequences too easily."""

NUMBER = 100
"""Designs that are made."""

EDIT_PRICE = 0.05
"""What each changed letter costs the method edit, in standard deviations of the objective."""
