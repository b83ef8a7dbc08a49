"""How fast, and in how much memory, is a large FASTA file read and split?

    python benchmarks/reading.py [--records 1000000] [--length 200] [--split] [--suffix .fa]

The file is random DNA without homologous records, made in a temporary folder; each job runs in a process of its
own, whose peak memory includes its imports.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

DNAIO = """
import sys, time, json, resource
import dnaio
start, cpu = time.perf_counter(), time.process_time()
with dnaio.open(sys.argv[1], open_threads=0) as file:
    n = sum(1 for _ in file)
"""

READ = """
import sys, time, json, resource
from pathlib import Path
from genomimic.reading import read
start, cpu = time.perf_counter(), time.process_time()
n = len(read(Path(sys.argv[1])))
"""

SPLIT = """
import sys, time, json, resource
from pathlib import Path
from genomimic.reading import read
from genomimic.splitting import split
dataset = read(Path(sys.argv[1]))
start, cpu = time.perf_counter(), time.process_time()
found = split(dataset)
n = len(found.part)
"""

END = """
seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"n": n, "seconds": seconds, "cpu": cpu, "peak_mb": peak_mb}))
"""


def make(path: Path, records: int, length: int) -> None:
    from genomimic.io.compression import open_compressed

    rng = np.random.default_rng(0)
    with path.open("wb") as plain, open_compressed(path, plain) as file:
        for start in range(0, records, 10_000):
            rows = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, (min(10_000, records - start), length))]
            lines = (b">seq_%07d\n%b\n" % (start + at, row.tobytes()) for at, row in enumerate(rows))
            file.write(b"".join(lines))


def run(code: str, path: Path) -> dict[str, float]:
    return json.loads(subprocess.run([sys.executable, "-c", code + END, path], check=True, stdout=-1).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--length", type=int, default=200)
    parser.add_argument("--suffix", default=".fa")
    parser.add_argument("--split", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"random{options.suffix}"
        make(path, options.records, options.length)
        print(f"{options.records:,} x {options.length} letters, {path.stat().st_size / 1e6:,.0f} MB")
        jobs = {"dnaio alone": DNAIO, "read": READ} | ({"split": SPLIT} if options.split else {})
        alone = None
        for name, code in jobs.items():
            found = run(code, path)
            alone = alone or found["seconds"]
            ratio, rate = found["seconds"] / alone, found["n"] / found["seconds"]
            print(f"{name:12} {found['seconds']:7.2f} s {found['cpu']:7.2f} CPU s {rate:12,.0f} records/s", end=" ")
            print(f"{ratio:6.2f} x dnaio {found['peak_mb']:7,.0f} MB peak")


if __name__ == "__main__":
    main()
