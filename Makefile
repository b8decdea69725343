# make          create the environment, run the workflow, write the report
# make test     run the tests, compiled and with Numba's compiler off
# make check    check style, types, prose, the workflow and generated files
# make bench    measure speed and memory: tables and plots in benchmarks/out
# make docs     build the documentation website in site/
# make audit    look up known vulnerabilities of locked packages on PyPI
# make sbom     write a bill of materials, sbom.json (CycloneDX)
# make review   review the detected faces
# make live     start the webcam mosaic
# make studio   make a mosaic in the browser
CORES ?= 4
PYTHON ?= python3
# Programs are started as modules of Python, because those in .venv/bin name Python's path
# in their first line, where the system doesn't read every character.
VENV := .venv/bin
READY := .venv/ready
SCHEMA := workflow/schemas/config.schema.json

.PHONY: all test test-compiled test-plain check check-js bench review live studio lock docs schema audit sbom
.DELETE_ON_ERROR:

all: $(READY)
	$(VENV)/python -m snakemake --cores $(CORES)
	$(VENV)/python -m snakemake --report results/report.html --cores 1 --quiet all
	@echo 'Done. Open results/report.html, or a viewer in results/mosaics.'

# Without libGL, OpenCV with windows doesn't import: install headless OpenCV instead.
$(READY): requirements.lock requirements-headless.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(VENV)/python -m pip install --disable-pip-version-check --quiet --progress-bar on --require-hashes --requirement requirements.lock
	$(VENV)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	$(VENV)/python -c 'import cv2' || { \
		echo 'libGL is missing: installing headless OpenCV. The live window is not available. To get it, run apt-get install libgl1 libglib2.0-0, delete .venv and run make.'; \
		$(VENV)/python -m pip uninstall --quiet --yes opencv-python; \
		$(VENV)/python -m pip install --disable-pip-version-check --quiet --require-hashes --no-deps --requirement requirements-headless.lock; \
		$(VENV)/python -c 'import cv2'; }
	touch $@

test: test-compiled test-plain

test-compiled: $(READY)
	$(VENV)/python -m pytest

test-plain: $(READY)
	NUMBA_DISABLE_JIT=1 $(VENV)/python -m pytest -m "not workflow"

check: $(READY) check-js
	$(VENV)/ruff check
	$(VENV)/ruff format --check
	$(VENV)/python -m mypy
	$(VENV)/python tools/prose.py
	$(VENV)/python -m snakefmt --check Snakefile workflow
	$(VENV)/python -m snakemake --lint
	NO_MKDOCS_2_WARNING=1 $(VENV)/python -m mkdocs build --quiet
	$(VENV)/python -m pigeonhole.settings .schema-draft.json && \
		{ cmp .schema-draft.json $(SCHEMA) || { echo 'The schema is out of date: run make schema.'; rm .schema-draft.json; exit 1; }; }; rm .schema-draft.json

# Types and style of the JavaScript in the pages; the only target that needs Node (18+).
check-js: node_modules/ready
	node_modules/.bin/tsc
	node_modules/.bin/eslint

node_modules/ready: package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

schema: $(READY)
	$(VENV)/python -m pigeonhole.settings $(SCHEMA)

bench: $(READY)
	$(VENV)/python -m benchmarks

docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(VENV)/python -m mkdocs build --quiet

# These tools have an environment of their own.
.audit/ready:
	$(PYTHON) -m venv .audit
	.audit/bin/python -m pip install --disable-pip-version-check --quiet pip-audit==2.10.1 cyclonedx-bom==7.5.0
	touch $@

audit: .audit/ready
	.audit/bin/python -m pip_audit --strict --disable-pip --no-deps --progress-spinner off --requirement requirements.lock || { \
		echo 'The audit failed. If it reports that a dependency is missing on PyPI, the vulnerability data of pypi.org is not reachable from this machine.'; \
		exit 1; }

sbom: .audit/ready
	.audit/bin/python -m cyclonedx_py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --output-file sbom.json

review: $(READY)
	$(VENV)/python -m pigeonhole review

live: $(READY)
	$(VENV)/python -m snakemake --cores $(CORES) live

studio: $(READY)
	$(VENV)/python -m pigeonhole studio

# Lock the versions with hashes; needs uv.
lock:
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
		--no-header --output-file requirements.lock
	echo 'opencv-python-headless>=4.11,<5' | uv pip compile - --universal \
		--python-version 3.11 --no-deps --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-annotate --no-header \
		--output-file requirements-headless.lock
