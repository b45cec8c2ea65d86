.PHONY: check fix test run screenshots long bench

check:  ## all that a change must pass
	.ci/run

fix:
	.venv/bin/ruff check --fix && .venv/bin/ruff format

test:
	.venv/bin/pytest

run:
	.venv/bin/fakegpt-tui

screenshots:
	.venv/bin/python -m tests.pictures

long:  ## the campaigns that take minutes
	.venv/bin/pytest -m long

bench:  ## what the program costs, beside floors of the same run; ONLY="keys growing" for some
	.venv/bin/python -m tests.benchmarks $(ONLY)
