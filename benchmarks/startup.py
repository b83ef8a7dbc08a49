"""How fast the command line answers: CPU seconds of `genomimic --help`, beside a Python that does nothing.

    python benchmarks/startup.py

No array library may be loaded for an answer that needs none; less than half a second is the aim.
"""

import resource
import statistics
import subprocess
import sys

CALLS = 10
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "genomimic --help": ["-c", "from genomimic.cli import main; main(['--help'])"],
}


def cpu_seconds(arguments):
    """User and system seconds of one call."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def main():
    best = {}
    for name, arguments in COMMANDS.items():
        cpu_seconds(arguments)  # compiles the byte code
        seconds = [cpu_seconds(arguments) for _ in range(CALLS)]
        best[name] = min(seconds)
        print(f"{name:<18} best {min(seconds):.3f}  median {statistics.median(seconds):.3f}  CPU seconds of {CALLS}")
    nothing, ours = best.values()
    print(f"{ours / nothing:.1f} times a Python that does nothing; {'below' if ours < 0.5 else 'ABOVE'} 0.5 s")


if __name__ == "__main__":
    main()
