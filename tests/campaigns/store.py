"""Tries again and again to make the store lose something.

`python -m tests.campaigns.store [--rounds N] [--seed S] [--only KIND]` prints what it counted, and
exits with 1 where anything was lost. The same seed makes the same rounds; the moments at which
processes are killed are as exact as the machine is idle.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from fakegpt_tui.domain import StoreError
from tests.campaigns.damage import Damages
from tests.campaigns.kills import Kills
from tests.campaigns.tally import Tally

TEXT_BUDGET = 0.250


def run(
    rounds: int,
    seed: int,
    folder: Path,
    only: str = "",
    tell: Callable[[Tally], None] = lambda _: None,
) -> Tally:
    """Run so many rounds, of kinds that the seed chooses."""
    tally = Tally()
    kills, damages = Kills(folder, tally), Damages(folder, tally)
    kinds = {
        "stream": kills.stream,
        "stream in two": kills.stream_twice,
        "import": kills.bring_in,
        "export beside writes": kills.mixed,
        "migration": kills.migrate,
        "torn log": damages.tear_log,
        "damaged bytes": damages.change_bytes,
        "full disk": damages.fill_disk,
    }
    chance = random.Random(seed)
    for _ in range(rounds):
        kind, number = chance.choice(list(kinds)), chance.randrange(2**32)
        kind = only or kind
        tally.rounds[kind] += 1
        try:
            kinds[kind](number)
        except (AssertionError, StoreError) as error:
            tally.failures.append(f"{kind}, its seed {number}: {error}")
        tell(tally)
    return tally


def is_kept(tally: Tally) -> bool:
    """Has nothing been lost?"""
    return not (
        tally.lost
        or tally.failures
        or tally.flagged < tally.changed
        or tally.recovered < tally.undamaged * 0.99
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="one kind of round")
    chosen = parser.parse_args()

    def tell(tally: Tally) -> None:
        done = tally.rounds.total()
        if done % 50 == 0:
            sys.stderr.write(f"{done} rounds, {tally.lost} lost, {len(tally.failures)} failed\n")

    with tempfile.TemporaryDirectory() as folder:
        tally = run(chosen.rounds, chosen.seed, Path(folder), chosen.only, tell)
    sys.stdout.write("\n".join(tally.lines()) + "\n")
    in_time = max(tally.text_lost, default=0.0) <= TEXT_BUDGET
    sys.exit(0 if is_kept(tally) and in_time else 1)


if __name__ == "__main__":
    main()
