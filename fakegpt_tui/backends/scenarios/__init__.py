"""Scenarios: unusual responses of real services, by name, to test clients with."""

from typing import Final

from fakegpt_tui.backends.scenarios.api_dialects import in_all_dialects
from fakegpt_tui.backends.scenarios.endings import ENDINGS
from fakegpt_tui.backends.scenarios.refusals import LOGINS, REFUSALS
from fakegpt_tui.backends.scenarios.scenario import Scenario
from fakegpt_tui.backends.scenarios.streams import CONTENTS, FRAMINGS

SCENARIOS: Final[dict[str, Scenario]] = {
    scenario.name: in_all_dialects(scenario)
    for scenario in (*FRAMINGS, *CONTENTS, *ENDINGS, *REFUSALS, *LOGINS)
}

__all__ = ["SCENARIOS", "Scenario"]
