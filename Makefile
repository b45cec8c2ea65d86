.PHONY: check fix test run screenshots long search bench docs hooks pins

check:  ## all that a change must pass
	.ci/run

fix:
	.venv/bin/ruff check --fix && .venv/bin/ruff format

test:
	.venv/bin/pytest

run:
	.venv/bin/fakegpt-tui

screenshots:
	.venv/bin/python -m tests.screenshots

long:  ## the campaigns that take minutes
	.venv/bin/pytest -m long --hypothesis-profile=search

search:  ## the properties of the suite with new examples
	.venv/bin/pytest --hypothesis-profile=search

bench:  ## what the program costs, beside floors of the same run; ONLY="keys growing" for some
	.venv/bin/python -m tests.benchmarks $(ONLY)

docs:  ## the tables of docs/, from the program and the history of the benchmarks
	.venv/bin/python -m tests.docs.tables

hooks:  ## have git check the subject of each commit
	git config core.hooksPath .githooks

pins:  ## requirements-dev.txt: exact versions with the hashes of their files, for every system
	uv pip compile -q --universal --python-version 3.11 --extra dev --extra socks --generate-hashes \
		--no-header --no-annotate --no-emit-index-url pyproject.toml -o requirements-dev.txt
