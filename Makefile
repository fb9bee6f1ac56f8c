# The kit's commands. `make demo` is all a new user needs; second runs skip what is done.
PYTHON ?= python3
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt

# Runs the tests in an environment of their own, which pip fills with these options.
define TEST_WITH
$(PYTHON) -m venv $(VENV)-$@
$(VENV)-$@/bin/python -m pip install --disable-pip-version-check -e '.[dashboard,notebooks,test]' $(1)
$(VENV)-$@/bin/python -m pytest -n $(PROCESSES) --dist worksteal --deselect tests/test_packaging.py::test_the_installed_versions_are_the_tested_ones
endef

# Tests run in one process more than there are processors, each with one thread for tensors: those with a browser wait.
PROCESSES ?= $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 1) + 1)")
test lowest newest: export OMP_NUM_THREADS ?= 1

# OpenMP's threads would spin while they wait for each other, and keep a core from a browser that has work for it.
demo test lowest newest: export OMP_WAIT_POLICY ?= passive

.PHONY: demo lab test lowest newest drift lint review wheel test-wheel audit lock
.PHONY: figures animation dial book answers slides messages clean
.DEFAULT_GOAL := demo

demo: $(VENV)/.dashboard  ## open the dashboard on this machine
	@$(BIN)/metalearn data info
	$(BIN)/metalearn dashboard --port $(PORT)

lab: $(VENV)/.notebooks  ## open JupyterLab on the notebooks
	$(BIN)/jupyter lab notebooks

test: $(VENV)/.test  ## run every test
	$(BIN)/python -m pytest -n $(PROCESSES) --dist worksteal

lowest: $(VENV)/.python  ## run the tests with the oldest packages that pyproject.toml allows
	mkdir -p $(VENV)-lowest
	$(BIN)/python .github/lowest.py > $(VENV)-lowest/constraints.txt
	$(call TEST_WITH,-c $(VENV)-lowest/constraints.txt)

newest: $(VENV)/.python  ## run the tests with the newest packages that there are
	$(call TEST_WITH,--upgrade)

drift: $(VENV)/.test  ## measure a part of every table again, and compare it with what ships; needs METALEARN_DATA
	$(BIN)/python -m metalearn.pretrained.drift

lint: $(VENV)/.test  ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

review: $(VENV)/.python  ## check that the repository has what a well-kept one has; exceptions are in pyproject.toml
	$(PIP) -q 'sp-repo-review[cli]'
	$(BIN)/repo-review --show errskip .

wheel: $(VENV)/.python  ## build the wheel, with library, dashboard, course and weights in it, into dist/
	$(PIP) -q build hatchling
	rm -rf dist
	$(BIN)/python -m build --wheel --no-isolation

test-wheel: wheel  ## build the wheel once more, byte for byte the same, and use it in an environment of its own
	$(BIN)/python -m build --wheel --no-isolation -o dist/again
	cmp dist/*.whl dist/again/*.whl
	rm -r dist/again
	$(BIN)/python .github/check_wheel.py dist/*.whl constraints.txt

audit: requirements.lock  ## list what the kit needs in dist/sbom.json, and look for known weaknesses in it
	$(PYTHON) -m venv $(VENV)-audit
	$(VENV)-audit/bin/python -m pip install -q --disable-pip-version-check cyclonedx-bom pip-audit
	mkdir -p dist
	$(VENV)-audit/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible -o dist/sbom.json $<
	$(VENV)-audit/bin/pip-audit --strict --disable-pip --require-hashes -r $<

lock: $(VENV)/.python  ## write requirements.lock: what a user needs, with the hashes of all files
	$(PIP) -q uv
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header --python-version 3.11 \
		-c constraints.txt --extra dashboard --extra notebooks pyproject.toml -o requirements.lock

figures: $(VENV)/.test  ## run the notebooks again with the pictures that are kept in git
	$(PIP) -e '.[figures]'
	$(BIN)/python notebooks/execute.py

dial: $(VENV)/.test  ## draw the front page's figure of the dial again; needs Chrome or Chromium
	$(PIP) -e '.[figures]'
	$(BIN)/python book/dial.py

animation: $(VENV)/.test  ## draw the moving pictures again; needs Chrome or Chromium
	$(BIN)/python book/animation.py
	$(BIN)/python book/moment.py

book: $(VENV)/.test  ## make the course, the documents and the library's reference one site, in book/_build/html
	$(PIP) -e '.[book]'
	$(BIN)/python -m sphinx -q -W --keep-going -b html -c book . book/_build/html
	@echo "open book/_build/html/book/index.html"

answers: $(VENV)/.test  ## make the notebooks with answers, in notebooks/answers and, in Chinese, notebooks/answers/zh
	$(BIN)/python notebooks/answers.py
	$(BIN)/python notebooks/answers.py --language zh

slides: $(VENV)/.test  ## make slides of the notebooks, in notebooks/slides and, in Chinese, notebooks/slides/zh
	$(PIP) -e '.[book]'
	$(BIN)/python notebooks/slides.py
	$(BIN)/python notebooks/slides.py --language zh

messages: $(VENV)/.test  ## bring the dashboard's texts into its catalogues, and compile these
	$(BIN)/pybabel -q extract -k noted -k MetalearnError --no-location --omit-header -o dashboard/locale/dashboard.pot dashboard metalearn
	$(BIN)/pybabel -q update --ignore-obsolete --no-fuzzy-matching --ignore-pot-creation-date -D dashboard -i dashboard/locale/dashboard.pot -d dashboard/locale
	$(BIN)/pybabel -q compile -D dashboard -d dashboard/locale
	rm dashboard/locale/dashboard.pot

clean:  ## remove the environments and the wheel
	rm -rf $(VENV) $(VENV)-* dist

$(VENV)/.python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.x")'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.dashboard: $(VENV)/.python pyproject.toml constraints.txt
	$(PIP) -e '.[dashboard]'
	touch $@

$(VENV)/.notebooks: $(VENV)/.python pyproject.toml constraints.txt
	$(PIP) -e '.[notebooks]'
	touch $@

$(VENV)/.test: $(VENV)/.python pyproject.toml constraints.txt
	$(PIP) -e '.[dashboard,notebooks,onnx,test]'
	touch $@
