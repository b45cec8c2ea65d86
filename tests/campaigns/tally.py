"""What a campaign has counted."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Figures of all rounds so far."""

    rounds: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    lost: int = 0
    text_lost: list[float] = field(default_factory=list)
    """Seconds of text that were not in the store, one figure for each reply that was cut."""
    undamaged: int = 0
    recovered: int = 0
    changed: int = 0
    flagged: int = 0
    met_late: int = 0
    """Rounds in which damage was met only while reading, and mended by the start after that."""
    failures: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The figures, for a person."""
        longest = max(self.text_lost, default=0.0) * 1000
        each = ", ".join(f"{kind} {count}" for kind, count in sorted(self.rounds.items()))
        return [
            f"rounds                      {self.rounds.total()} ({each})",
            f"acknowledged writes         {self.acknowledged}",
            f"lost writes                 {self.lost}",
            f"replies cut                 {len(self.text_lost)}",
            f"longest text lost           {longest:.0f} ms",
            f"undamaged messages          {self.undamaged}, of them recovered {self.recovered}",
            f"messages changed by damage  {self.changed}, of them flagged {self.flagged}",
            f"damage met while reading    {self.met_late}",
            f"rounds that failed          {len(self.failures)}",
            *self.failures,
        ]
