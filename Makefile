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
# the runc of a daemon that is started here without CAP_SYS_RESOURCE, bit 24 of what it may have
RUNC = /usr/local/sbin/$(basename $(notdir $(DOCKERD_PID)))-runc
TORTURE = $(ROOT) env HOME="$$HOME" PYTHONDONTWRITEBYTECODE=1 $(VENV)/python -P -m tests.torture
# with which the image of nodes is checked (lab/runtime/docker/node_image.py)
KEYRING := /usr/share/keyrings/debian-archive-keyring.gpg

.PHONY: run test quick bench setup system binaries docker docker-stop kind-image forget-compiled \
  browser-packages lint unit commands process saved mutations fuzz browser contract cluster \
  docker-runtime beside kind kind-runtime torture torture-short alone without-labs together
# Binaries are fetched by what needs them.
run: setup
	$(VENV)/halab run experiments/ha-report.yaml

test: setup binaries docker kind-image forget-compiled browser-packages lint unit process together beside torture-short kind-runtime

# Programs of the same modules are built for the labs and for the image of kind's nodes: what Go has
# compiled for the first, in minutes, is there for the second, and gone afterwards.
COMPILED := $(CURDIR)/.go-build
test: KEEP_COMPILED = GOCACHE='$(COMPILED)'
forget-compiled:
	@$(ROOT) rm -rf $(COMPILED)

# the same suite on a cluster of kubeadm: 3 masters with their etcd members, 2 workers
kind: setup binaries docker kind-image
	$(ROOT) env HOME="$$HOME" $(VENV)/halab run experiments/ha-report.yaml --runtime kind

# what `mutations` is, with 20,000 mutations of runs and 20,000 inputs of every kind
fuzz: .venv/.done
	HALAB_MUTATIONS=20000 HALAB_INPUTS=20000 $(VENV)/pytest -q -n auto --timeout 3600 tests/fuzz

# the inner loop: no root, no labs
quick: .venv/.done lint unit

bench: setup binaries docker
	$(VENV)/python -P -m tests.bench

setup: system .venv/.done

# All of them, so that no test and no benchmark waits for a download or a build.
binaries: .venv/.done
	$(KEEP_COMPILED) $(VENV)/halab binaries

# A distribution starts the services that it installs; those that were not here before are stopped.
system:
	@if ! { PATH="$$PATH:/usr/sbin:/sbin" && which $(TOOLS) \
	  && test -e /usr/lib/nginx/modules/ngx_stream_module.so && python3 -I -c 'import ensurepip'; } \
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

.venv/.done: pyproject.toml uv.lock uv.requirements.txt
	@if ! which uv >/dev/null 2>&1; then python3 -I -m venv .uv && \
	  .uv/bin/pip install -q --require-hashes -r uv.requirements.txt; fi
	@# what builds halab is in the lock too, and has to be there first
	@PATH="$$PATH:$$PWD/.uv/bin"; uv sync --locked --no-install-project && uv sync --locked
	@touch $@

# A Docker daemon that answers: the one that runs, else one that is started here in the background
# and goes on after the tests; `make docker-stop` ends that one, and no other. It keeps nothing open
# of who called: a lock that it inherited would never be free again.
docker: .venv/.done
	@add() { $(ROOT) apt-get update -q && $(ROOT) env DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -q --no-install-recommends $$1; }; \
	answers() { $(ROOT) $(VENV)/halab images list >/dev/null 2>&1; }; \
	PATH="$$PATH:/usr/sbin:/sbin"; \
	which debootstrap >/dev/null 2>&1 && test -e $(KEYRING) || \
	  add "debootstrap debian-archive-keyring gpgv"; \
	answers || { \
	  which dockerd >/dev/null 2>&1 || add docker.io; \
	  which docker >/dev/null 2>&1 || add docker-cli; \
	  if [ -d /run/systemd/system ]; then $(ROOT) systemctl start docker; else \
	    may="0x$$($(ROOT) awk '/^CapBnd:/ { print $$2 }' /proc/self/status)"; runtime=; \
	    if [ $$((may >> 24 & 1)) = 0 ]; then \
	      $(ROOT) install -m 755 lab/runtime/kind/halab-runc $(RUNC); \
	      runtime="--add-runtime=halab=$(RUNC) --default-runtime=halab"; \
	    fi; \
	    $(ROOT) sh -c 'PATH="$$PATH:/usr/sbin:/sbin" setsid dockerd --pidfile=$(DOCKERD_PID) \
	      '"$$runtime"' \
	      >>$(DOCKERD_LOG) 2>&1 </dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &'; fi; \
	  for second in $$(seq 60); do answers && break; sleep 1; done; \
	}; \
	answers || { echo "no Docker daemon answers; its log: $(DOCKERD_LOG)"; exit 1; }
	@# the image, where there is none of this definition yet: tests have other limits of time
	@$(ROOT) env HOME="$$HOME" $(VENV)/halab images make docker

# What clusters of kind need besides: its node image, pulled or else made here of Go modules and
# Debian's packages, and the balancer that kind starts.
kind-image: docker
	@$(ROOT) env HOME="$$HOME" $(KEEP_COMPILED) $(VENV)/halab images make kind

# The process that has this very file as its --pidfile, and no other that has its number by now.
docker-stop:
	@pid=$$(cat $(DOCKERD_PID) 2>/dev/null) || exit 0; \
	ours() { [ "$$(cat /proc/$$pid/comm 2>/dev/null)" = dockerd ] && \
	  tr '\0' '\n' </proc/$$pid/cmdline 2>/dev/null | grep -qxF -e '--pidfile=$(DOCKERD_PID)'; }; \
	if ours; then \
	  $(ROOT) kill "$$pid"; \
	  for tenth in $$(seq 300); do ours || break; sleep 0.1; done; \
	  ! ours || { echo "the Docker daemon $$pid has not ended after 30 s"; exit 1; }; \
	else echo "process $$pid is not the Docker daemon that was started here; it is left alone"; fi; \
	$(ROOT) rm -f $(DOCKERD_PID) $(RUNC)

# Bytecode is kept, whatever the environment says: without it every process of these groups, and every
# program that their tests start, compiles all packages anew, which takes a fifth of the time.
lint unit commands process saved mutations browser: export PYTHONDONTWRITEBYTECODE =

lint:
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/mypy
	$(VENV)/lint-imports

# Each group has a budget on 2 cores, in seconds; what takes longer is said, not failed.
unit: BUDGET = 75
# one process more than there are cores, for there are tests that wait; an idle one takes from others
unit: OPTIONS = -n $$(($$(nproc) + 1)) --dist worksteal
# the command line in the tests' own process, over whole runs that were saved
commands: BUDGET = 60
commands: OPTIONS = -n auto --dist worksteal
# programs of ours as they run on nodes and at a prompt: they are started, and wait in real time
process: BUDGET = 60
process: OPTIONS = -n $$((2 * $$(nproc))) --dist worksteal
# what an earlier version found in saved runs, and failures out of bug reports
saved: BUDGET = 160
saved: GROUP = net
saved: OPTIONS = -n auto tests/scenarios
mutations: BUDGET = 300
mutations: GROUP = fuzz
mutations: OPTIONS = -n auto
browser: BUDGET = 90
contract: BUDGET = 120
contract: OPTIONS = -m 'not beside'
cluster: BUDGET = 360
cluster: OPTIONS = -m 'not beside'
# three labs at once: their tests wait for most of the time
beside: BUDGET = 420
beside: GROUP = cluster
beside: OPTIONS = -m beside -n 3 --dist loadfile tests/contract
docker-runtime: BUDGET = 300
docker-runtime: GROUP = docker
docker-runtime: RUNNER = $(ROOT) env HOME="$$HOME" PYTHONDONTWRITEBYTECODE=1
# clusters of kind, one after the other: each takes most of two cores while it is made
kind-runtime: BUDGET = 480
kind-runtime: GROUP = kind
kind-runtime: RUNNER = $(ROOT) env HOME="$$HOME" PYTHONDONTWRITEBYTECODE=1
unit commands process saved mutations browser contract cluster beside docker-runtime kind-runtime: GROUP ?= $@
unit commands process saved mutations browser contract cluster beside docker-runtime kind-runtime:
	@started=$$SECONDS; $(RUNNER) $(VENV)/pytest -q $(OPTIONS) $(if $(RUNNER),-p no:cacheprovider) tests/$(GROUP) && took=$$((SECONDS - started)) && \
	  echo "tests/$(GROUP): $$took s of a budget of $(BUDGET) s$$([ $$took -le $(BUDGET) ] || echo ': OVER')"

# Labs that are alone wait for half of the time, and what needs no lab needs processors: it goes on
# meanwhile. Its session has a share of the processors that labs do not notice, and ends with this
# target.
together:
	@$(MAKE) -j 2 alone without-labs
alone:
	@MAKEFLAGS= $(MAKE) contract cluster docker-runtime
without-labs:
	@log=$$(mktemp); MAKEFLAGS= setsid nice -n 19 sh -c \
	  '{ echo 19 >/proc/self/autogroup; } 2>/dev/null; \
	  exec $(MAKE) commands saved mutations browser' >$$log 2>&1 & \
	session=$$!; trap 'kill -- -$$session 2>/dev/null; rm -f $$log' EXIT; \
	wait $$session; code=$$?; cat $$log; exit $$code

# 160 small labs that are killed at seeded moments, and the machine compared before and after, in at
# most 30 minutes. `make torture SEED=5 RUN=root-17` does one of them alone.
torture: setup binaries docker
	@$(TORTURE) $(if $(SEED),--seed $(SEED)) $(if $(RUN),--run $(RUN)) $(if $(SHORT),--short)

torture-short: BUDGET = 120
torture-short: setup binaries docker
	@started=$$SECONDS; $(TORTURE) --short && took=$$((SECONDS - started)) && \
	  echo "tests/torture: $$took s of a budget of $(BUDGET) s$$([ $$took -le $(BUDGET) ] || echo ': OVER')"
