# Two commands do everything: `make run` and `make test`. Both install what is missing.
SHELL := /bin/bash
VENV := .venv/bin
ROOT := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PACKAGES := nginx-light libnginx-mod-stream haproxy keepalived nftables iproute2 util-linux \
  e2fsprogs python3-venv
# for the tests of the reports alone
BROWSER_PACKAGES := chromium chromium-driver
TOOLS := nginx haproxy keepalived nft ip ss unshare mkfs.ext4

DOCKERD_PID := /var/run/halab-dockerd.pid
DOCKERD_LOG := /var/log/halab-dockerd.log

.PHONY: run test quick bench setup system binaries docker docker-stop browser-packages lint unit \
  saved mutations fuzz browser contract cluster docker-runtime
# Binaries are fetched by what needs them.
run: setup
	$(VENV)/halab run experiments/ha-report.yaml

test: setup binaries docker browser-packages lint unit saved mutations browser contract cluster docker-runtime

# what `mutations` is, with 20,000 instead of 2,000
fuzz: .venv/.done
	HALAB_MUTATIONS=20000 $(VENV)/pytest -q -n auto --timeout 3600 tests/fuzz

# the inner loop: no root, no labs
quick: .venv/.done lint unit

bench: setup binaries docker
	$(VENV)/python -m tests.bench

setup: system .venv/.done

# All of them, so that no test and no benchmark waits for a download or a build.
binaries: .venv/.done
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

# A Docker daemon that answers: the one that runs, else one that is started here in the background
# and goes on after the tests; `make docker-stop` ends that one, and no other. It keeps nothing open
# of who called: a lock that it inherited would never be free again.
docker: .venv/.done
	@install() { $(ROOT) apt-get update -q && $(ROOT) env DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -q --no-install-recommends $$1; }; \
	answers() { $(ROOT) $(VENV)/halab images list >/dev/null 2>&1; }; \
	PATH="$$PATH:/usr/sbin:/sbin"; \
	which debootstrap >/dev/null 2>&1 || install debootstrap; \
	answers || { \
	  which dockerd >/dev/null 2>&1 || install docker.io; \
	  if [ -d /run/systemd/system ]; then $(ROOT) systemctl start docker; else \
	    $(ROOT) sh -c 'PATH="$$PATH:/usr/sbin:/sbin" setsid dockerd >>$(DOCKERD_LOG) 2>&1 </dev/null \
	      3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- & \
	      echo $$! >$(DOCKERD_PID)'; fi; \
	  for second in $$(seq 60); do answers && break; sleep 1; done; \
	}; \
	answers || { echo "no Docker daemon answers; its log: $(DOCKERD_LOG)"; exit 1; }
	@# the image, where there is none of this definition yet: tests have other limits of time
	@$(ROOT) env HOME="$$HOME" $(VENV)/python -c \
	  'from lab.runtime.drivers import DRIVERS; DRIVERS["docker"].prepare(print)'

docker-stop:
	@[ ! -e $(DOCKERD_PID) ] || { $(ROOT) kill "$$(cat $(DOCKERD_PID))"; $(ROOT) rm $(DOCKERD_PID); }

lint:
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/mypy
	$(VENV)/lint-imports

# Each group has a budget on 2 cores, in seconds; what takes longer is said, not failed.
unit: BUDGET = 150
unit: OPTIONS = -n auto
# what an earlier version found in saved runs, and failures out of bug reports
saved: BUDGET = 80
saved: GROUP = net
saved: OPTIONS = -n auto tests/scenarios
mutations: BUDGET = 100
mutations: GROUP = fuzz
mutations: OPTIONS = -n auto
browser: BUDGET = 90
contract: BUDGET = 220
cluster: BUDGET = 980
docker-runtime: BUDGET = 300
docker-runtime: GROUP = docker
docker-runtime: RUNNER = $(ROOT) env HOME="$$HOME" PYTHONDONTWRITEBYTECODE=1
unit saved mutations browser contract cluster docker-runtime: GROUP ?= $@
unit saved mutations browser contract cluster docker-runtime:
	@started=$$SECONDS; $(RUNNER) $(VENV)/pytest -q $(OPTIONS) $(if $(RUNNER),-p no:cacheprovider) tests/$(GROUP) && took=$$((SECONDS - started)) && \
	  echo "tests/$(GROUP): $$took s of a budget of $(BUDGET) s$$([ $$took -le $(BUDGET) ] || echo ': OVER')"
