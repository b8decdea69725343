# make          own environment, then everything through Snakemake, then the report
# make test     the tests, compiled and then with Numba's compiler off
# make check    style, types, workflow and generated files
# make bench    speed and memory: a table and a plot in benchmarks/out
# make docs     the documentation as a site in site/
# make audit    known vulnerabilities of what is locked, asked from PyPI
# make sbom     a bill of materials, sbom.json (CycloneDX)
# make review   look the faces through and mark what shows none
# make live     the webcam mosaic
CORES ?= 4
PYTHON ?= python3
VENV := .venv/bin
READY := .venv/ready
SCHEMA := workflow/schemas/config.schema.json

.PHONY: all test test-compiled test-plain check bench review live lock docs schema audit sbom
.DELETE_ON_ERROR:

all: $(READY)
	$(VENV)/snakemake --cores $(CORES)
	$(VENV)/snakemake --report results/report.html --cores 1 --quiet all
	@echo 'Done: open results/report.html, or a viewer in results/mosaics.'

# A machine without libGL can't load the wheel with windows: it gets the one without.
$(READY): requirements.lock requirements-headless.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(VENV)/pip install --disable-pip-version-check --quiet --progress-bar on --require-hashes --requirement requirements.lock
	$(VENV)/pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	$(VENV)/python -c 'import cv2' || { \
		echo 'OpenCV with windows needs libGL, which this machine lacks: taking the wheel without windows. The live window is not available; apt-get install libgl1 libglib2.0-0 and make again brings it.'; \
		$(VENV)/pip uninstall --quiet --yes opencv-python; \
		$(VENV)/pip install --disable-pip-version-check --quiet --require-hashes --no-deps --requirement requirements-headless.lock; \
		$(VENV)/python -c 'import cv2'; }
	touch $@

test: test-compiled test-plain

test-compiled: $(READY)
	$(VENV)/pytest

test-plain: $(READY)
	NUMBA_DISABLE_JIT=1 $(VENV)/pytest -m "not workflow"

check: $(READY)
	$(VENV)/ruff check
	$(VENV)/ruff format --check
	$(VENV)/mypy
	$(VENV)/snakefmt --check Snakefile workflow
	$(VENV)/snakemake --lint
	NO_MKDOCS_2_WARNING=1 $(VENV)/mkdocs build --quiet
	$(VENV)/python -m pigeonhole.settings .schema-draft.json && \
		{ cmp .schema-draft.json $(SCHEMA) || { echo 'The schema is stale: make schema.'; rm .schema-draft.json; exit 1; }; }; rm .schema-draft.json

schema: $(READY)
	$(VENV)/python -m pigeonhole.settings $(SCHEMA)

bench: $(READY)
	$(VENV)/python -m benchmarks

docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(VENV)/mkdocs build --quiet

# The tools have an environment of their own: nothing else needs what they bring.
.audit/ready:
	$(PYTHON) -m venv .audit
	.audit/bin/pip install --disable-pip-version-check --quiet pip-audit==2.10.1 cyclonedx-bom==7.5.0
	touch $@

audit: .audit/ready
	.audit/bin/pip-audit --strict --disable-pip --no-deps --progress-spinner off --requirement requirements.lock || { \
		echo 'The audit did not end well. Where it misses a dependency on PyPI, the vulnerability data of pypi.org cannot be reached from here: run make audit where it can.'; \
		exit 1; }

sbom: .audit/ready
	.audit/bin/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --output-file sbom.json

review: $(READY)
	$(VENV)/pigeonhole review

live: $(READY)
	$(VENV)/snakemake --cores $(CORES) live

# The versions of both locks, with hashes; needs uv.
lock:
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
		--no-header --output-file requirements.lock
	echo 'opencv-python-headless>=4.11,<5' | uv pip compile - --universal \
		--python-version 3.11 --no-deps --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-annotate --no-header \
		--output-file requirements-headless.lock
