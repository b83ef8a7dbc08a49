"""Everything genomimic can refuse, in one tree.

    GenomimicError            anything genomimic raises on purpose
    ├── UsageError            a flag or an argument that cannot be right
    ├── DataError             a file that cannot be used: says file, record, position, what was found, the fix
    ├── RunError              a run directory that is missing, damaged or of another format
    └── TrainingError         training cannot go on: says why and which setting to change

Each message is one line that says what is wrong, where, what was found and how to mend it.
"""


class GenomimicError(Exception):
    """Anything genomimic refuses on purpose; the command line shows it as one line and exits with status 2."""


class UsageError(GenomimicError):
    """A flag or an argument that cannot be right."""


class DataError(GenomimicError):
    """A file that cannot be used."""


class RunError(GenomimicError):
    """A run directory that is missing, damaged or of another format."""


class TrainingError(GenomimicError):
    """Training cannot go on."""
