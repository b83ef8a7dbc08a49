"""What goes wrong while files are written."""

import errno
import os

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Broken:
    """A file that takes 3 bytes before something happens."""

    def __init__(self, file, fault):
        self.file, self.fault = file, fault

    def __getattr__(self, name):
        return getattr(self.file, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def write(self, content):
        self.file.write(content[:3])
        raise self.fault
