"""Learners of a label from sequences, behind one interface; a learner is one file and one entry here."""

from genomimic.predictors.base import Learner, Members, Task
from genomimic.predictors.convolutional import Convolutional
from genomimic.predictors.linear import Linear
from genomimic.predictors.targets import Classes, Numbers, Target, target_of

__all__ = [
    "LEARNERS",
    "Classes",
    "Convolutional",
    "Learner",
    "Linear",
    "Members",
    "Numbers",
    "Target",
    "Task",
    "target_of",
]

LEARNERS: dict[str, Learner] = {learner.name: learner for learner in (Linear(), Convolutional())}
"""By name, the simplest first."""
