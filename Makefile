# Two commands do everything: `make run` and `make test`. Both install what is missing.
SHELL := /bin/bash
VENV := .venv/bin
ROOT := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PACKAGES := nginx-light libnginx-mod-stream haproxy keepalived nftables iproute2 util-linux \
  e2fsprogs python3-venv
# for the tests of the reports alone
BROWSER_PACKAGES := chromium chromium-driver
TOOLS := nginx haproxy keepalived nft ip ss unshare mkfs.ext4

.PHONY: run test bench setup system browser-packages lint unit browser contract cluster
run: setup
	$(VENV)/halab run experiments/ha-report.yaml

test: setup browser-packages lint unit browser contract cluster

bench: setup
	$(VENV)/python -m tests.bench

setup: system .venv/.done
	$(VENV)/halab binaries

# A distribution starts the services that it installs; those that were not here before are stopped.
system:
	@if ! { PATH="$$PATH:/usr/sbin:/sbin" && which $(TOOLS) \
	  && test -e /usr/lib/nginx/modules/ngx_stream_module.so && python3 -c 'import ensurepip'; } \
	  >/dev/null 2>&1; then \
	  fresh=$$(for unit in nginx haproxy keepalived; do \
	    test -e /usr/sbin/$$unit || echo $$unit; done); \
	  $(ROOT) apt-get update -q && \
	  $(ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $(PACKAGES) && \
	  { [ ! -d /run/systemd/system ] || [ -z "$$fresh" ] || \
	    $(ROOT) systemctl disable -q --now $$fresh; }; \
	fi

browser-packages:
	@which chromium chromedriver >/dev/null 2>&1 || { $(ROOT) apt-get update -q && \
	  $(ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
	  $(BROWSER_PACKAGES); }

.venv/.done: pyproject.toml uv.lock
	@if which uv >/dev/null 2>&1; then uv sync --locked; else \
	  python3 -m venv .uv && .uv/bin/pip install -q uv && .uv/bin/uv sync --locked; fi
	@touch $@

lint:
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/mypy
	$(VENV)/lint-imports

# Each group has a budget on 2 cores, in seconds; what takes longer is said, not failed.
unit: BUDGET = 120
browser: BUDGET = 90
contract: BUDGET = 100
cluster: BUDGET = 980
unit browser contract cluster:
	@started=$$SECONDS; $(VENV)/pytest -q tests/$@ && took=$$((SECONDS - started)) && \
	  echo "tests/$@: $$took s of a budget of $(BUDGET) s$$([ $$took -le $(BUDGET) ] || echo ': OVER')"
