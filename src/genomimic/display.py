"""How the work goes, told on stderr."""

import sys
import time


class Display:
    """Tells how the work goes on stderr: a bar on a terminal, plain lines elsewhere."""

    def __init__(self) -> None:
        """Nothing is shown before the first stage."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self.console = Console(stderr=True, highlight=False)
        columns = (
            TextColumn("{task.description:<7}"),
            BarColumn(24),
            TimeElapsedColumn(),
            TextColumn("{task.fields[detail]}"),
        )
        self.bar = Progress(*columns, console=self.console, disable=not self.console.is_terminal)
        self.tasks = {}
        self.told = 0.0

    def __enter__(self) -> "Display":
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def __call__(self, stage: str, share: float, detail: str) -> None:
        """Show a stage of the work, the share of it that is done and a detail."""
        if self.console.is_terminal:
            if stage not in self.tasks:
                self.tasks[stage] = self.bar.add_task(stage, total=1.0, detail=detail)
            self.bar.update(self.tasks[stage], completed=share, detail=detail)
        elif share >= 1 or time.monotonic() - self.told > 10:
            self.told = time.monotonic()
            print(f"{stage:<7} {share:4.0%}  {detail}", file=sys.stderr, flush=True)

    def say(self, line: str) -> None:
        """Print a line of its own."""
        self.console.print(line, style="dim", soft_wrap=True)
