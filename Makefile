# mxsplit: `make help` says what there is. SAN=1 builds everything again with sanitizers, aside.

SHELL := /bin/bash
VERSION := 0.1.0
SAN ?=
B ?= build$(if $(SAN),-san)
PREFIX ?= /usr/local
ifeq ($(origin CC),default)
CC := gcc
endif

# a comma inside a function's arguments
, := ,
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla \
	-Wundef -Wpointer-arith -Wwrite-strings -Wswitch-enum -Werror
SANFLAGS := $(if $(SAN),-fsanitize=address$(,)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
# the programs are optimised as a whole; tests and tools link the same objects as they are
LTO := $(if $(SAN)$(FUZZ)$(filter clang%,$(CC)),,-flto)
CFLAGS ?= -O2 -g
override CFLAGS += -std=gnu11 $(WARN) $(SANFLAGS) -D_GNU_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
	-fPIE -ffile-prefix-map=$(CURDIR)=. $(if $(LTO),$(LTO) -ffat-lto-objects) -DMXSPLIT_VERSION='"$(VERSION)"' -I.
LDFLAGS ?=
override LDFLAGS += $(SANFLAGS) -pie -Wl,-z,relro,-z,now,--as-needed
LDLIBS := -luv -lmicrohttpd -ljansson -lsqlite3 -lldns -lcrypto -lfyaml -lcurl -lnetsnmp -lz -lzstd -lm
ifeq ($(shell command -v pkg-config >/dev/null && pkg-config --exists libsystemd && echo yes),yes) # else there is no journal
override CFLAGS += -DHAVE_JOURNAL
LDLIBS += -lsystemd
endif

FOLDERS := $(shell awk '$$1 ~ /^[0-3]$$$$/ { print $$2 }' daemon/LAYERS)
name = $(subst /,_,$(1))
SOURCES := $(foreach f,$(FOLDERS) daemon,$(wildcard $(f)/*.c))
ARCHIVES := $(foreach f,$(FOLDERS),$(if $(wildcard $(f)/*.c),$(B)/$(call name,$(f)).a))
PROGRAMS := $(patsubst daemon/%_main.c,$(B)/%,$(wildcard daemon/*_main.c))
SHARED := $(patsubst %.c,$(B)/%.o,$(filter-out %_main.c,$(wildcard daemon/*.c)))
UNIT := $(wildcard tests/unit/*/*_test.c)
UNITS := $(foreach t,$(UNIT),$(B)/tests/$(call name,$(patsubst tests/unit/%.c,%,$(t))))
TOOLS := $(patsubst tests/tools/%.c,$(B)/tools/%,$(wildcard tests/tools/*.c)) $(B)/tools/sim
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*.c))

.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAMS) ## the programs: build/mxsplitd and build/mxsplitctl

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## installs the Debian packages that are missing (nothing when all are there)
	@tests/deps.sh

demo: deps ## a surge against a real name server, from first bounce to restore, in about a minute
	@[ -x $(B)/mxsplitd ] || echo "demo: building, for a minute or two"
	@$(MAKE) --no-print-directory -s all
	@/usr/bin/python3 tests/demo/demo.py --bin $(B)

check: deps ## unit tests, replays, end to end: under 5 minutes on 2 cores
	@$(MAKE) --no-print-directory -j2 all units tools
	@tests/check.sh $(B)

check-long: deps ## check, and 1,000 random kills, and a kill at every system call, and valgrind
	@$(MAKE) --no-print-directory -j2 all units tools
	@LONG=1 tests/check.sh $(B)
	@$(MAKE) --no-print-directory valgrind

valgrind: deps ## the incidents against real BIND again, the daemon under valgrind
	@$(MAKE) --no-print-directory -j2 all
	@VALGRIND=1 ONLY=e2e PATTERN=test_incident tests/check.sh $(B)

units: $(UNITS)
tools: $(TOOLS)

e2e: deps ## only the end-to-end tests, against real BIND
	@$(MAKE) --no-print-directory -j2 all tools
	@ONLY=e2e tests/check.sh $(B)

page: ## the dashboard in a real browser; PICTURES=DIR keeps screenshots, AXE=axe.min.js checks accessibility
	@tests/deps.sh page
	@$(MAKE) --no-print-directory -j2 all
	@MXSPLIT_BUILD=$(B) /usr/bin/python3 tests/page/test_page.py

lab: ## a flood against real MTAs, resolvers and name servers in namespaces, without the daemon and with it (root)
	@tests/deps.sh lab
	@$(MAKE) --no-print-directory -j2 all tools
	@/usr/bin/python3 tests/lab/selftest.py
	@rm -f $(B)/lab.json
	@MXSPLIT_BUILD=$(B) /usr/bin/python3 tests/lab/run.py --out $(B)/lab.json $(LAB)
	@/usr/bin/python3 tests/lab/report.py $(B)/lab.json

lab-sim: ## floods of days in virtual time: the tables and pictures of docs/experiment.md (5 minutes)
	@$(MAKE) --no-print-directory -j2 $(B)/tools/sim
	@/usr/bin/python3 tests/lab/sweep.py $(B)/tools/sim --lab tests/lab/results.json --pictures $(B) $(SIM)

e2e-dns: deps ## every failure of a zone on BIND, Knot and PowerDNS, plain and signed
	@$(MAKE) --no-print-directory -j2 all tools
	@LONG=1 ONLY=e2e PATTERN=test_dns tests/check.sh $(B)

lint: ## layers, symbols, format, clang-tidy, cppcheck, a build by clang, the sample file
	@tests/deps.sh lint
	@tests/lint/lint.sh $(B)

format: ## clang-format on every C file
	clang-format -i $$(git ls-files '*.c' '*.h')

fuzz: ## each fuzz target for FUZZ_SECONDS (60; LONG=1: 600)
	@$(MAKE) --no-print-directory -j2 fuzzers CC=clang B=build-fuzz FUZZ=1
	@tests/fuzz.sh build-fuzz $${FUZZ_SECONDS:-$(if $(LONG),600,60)}

record: ## records the corpora of tests/samples anew from real MTAs (root; ONLY="postfix/filter ...")
	@/usr/bin/python3 tests/record/record.py $(ONLY)

fuzzers: $(FUZZERS)

bench: bench-log bench-update bench-api ## the three below

bench-log: all tools ## CPU time beside wc and grep in the same run, memory, counts; BENCH_MB=1024 BENCH_10G=
	@tests/bench/bench.sh $(B)

bench-peers: all tools $(B)/bench/naive ## the same beside other readers of Postfix logs (Debian packages)
	@tests/bench/peers.sh $(B)

bench-detect: all tools ## the detector on seeded streams beside what others do: delays, false alarms, cost
	@tests/bench/detect.sh $(B)

bench-detect-sensitivity: all tools ## what half and double of each constant of the detector change, on its tuning streams
	@/usr/bin/python3 tests/bench/sensitivity.py --bin $(B)

bench-nab: all ## the detector on the counts of Numenta's benchmark; NAB=DIR, a clone of github.com/numenta/NAB
	@/usr/bin/python3 tests/bench/nab.py --bin $(B) --nab $(or $(NAB),$(error NAB=DIR is wanted: a clone of github.com/numenta/NAB))

bench-latency: all tools ## from a line appended to counted in the API, and what 2,000 lines/s cost
	@/usr/bin/python3 tests/bench/latency.py --bin $(B)

bench-gaps: all tools ## how long the loop is away while the primary, hooks and receivers misbehave
	@/usr/bin/python3 -W ignore tests/bench/gaps.py --bin $(B)

bench-update: all tools ## from decision to shown, beside nsupdate and knsupdate, on three servers
	@/usr/bin/python3 -W ignore tests/bench/update.py

bench-api: all tools $(B)/bench/minimal ## the API while logs are read at full speed, by wrk, beside libmicrohttpd's least
	@tests/deps.sh bench
	@/usr/bin/python3 tests/bench/api.py --bin $(B)

# The units name the programs as the package has them; another PREFIX is written into them here.
AT = $(DESTDIR)$(PREFIX)
DOC = $(AT)/share/doc/mxsplit
UNITS_AT ?= $(PREFIX)/lib/systemd/system
install: all man ## into DESTDIR and PREFIX: programs, units, manual, sample, completion, docs
	install -d $(AT)/sbin $(AT)/bin $(DOC)/examples $(DESTDIR)$(UNITS_AT)
	install -d $(AT)/share/man/man1 $(AT)/share/man/man5 $(AT)/share/man/man8
	install -m 755 $(B)/mxsplitd $(AT)/sbin/
	install -m 755 $(B)/mxsplitctl $(AT)/bin/
	install -m 644 $(B)/man/mxsplitctl.1 $(AT)/share/man/man1/
	install -m 644 $(B)/man/mxsplitd.yaml.5 $(AT)/share/man/man5/
	install -m 644 $(B)/man/mxsplitd.8 $(AT)/share/man/man8/
	for unit in contrib/systemd/*.service contrib/systemd/*.timer; do \
		sed 's,/usr/\(s\?bin/mxsplit\),$(PREFIX)/\1,' $$unit > $(DESTDIR)$(UNITS_AT)/$${unit##*/} || exit; done
	install -m 644 README.md CHANGES.md SECURITY.md LICENSE docs/*.md $(DOC)/
	cp -r --no-preserve=ownership contrib/* $(DOC)/examples/
	rm -rf $(DOC)/examples/debian $(DOC)/examples/completion $(DOC)/examples/sbom.py
	install -D -m 644 contrib/completion/mxsplitctl.bash $(AT)/share/bash-completion/completions/mxsplitctl
	install -D -m 644 contrib/completion/_mxsplitctl $(AT)/share/zsh/site-functions/_mxsplitctl

man: $(B)/man/mxsplitd.8 $(B)/man/mxsplitctl.1 $(B)/man/mxsplitd.yaml.5 ## the manual, into build/man

deb: ## a Debian package, into build/deb
	@tests/deps.sh deb
	@mkdir -p $(B)
	@contrib/debian/build.sh $(B) $(VERSION)

package: deb ## the package in a fresh Debian 12: install, split, upgrade, remove, purge (root, debootstrap)
	@tests/package.sh $(B)

afternoon: deb ## docs/getting-started.md word by word in a booted Debian 12 (root, debootstrap, systemd-container)
	@tests/package.sh $(B) afternoon

sbom: all ## which libraries the programs use, as SPDX: build/mxsplit.spdx.json
	@/usr/bin/python3 contrib/sbom.py $(B) $(VERSION) > $(B)/mxsplit.spdx.json

reproduce: ## builds in two other directories and compares the bytes
	@tests/reproduce.sh

clean: ## removes what the build made
	rm -rf build build-san build-fuzz build-clang

# How things are built

$(B)/man/%: docs/man/%
	@mkdir -p $(@D)
	cp $< $@

$(B)/man/mxsplitd.yaml.5: docs/man/mxsplitd.yaml.5.in $(B)/mxsplitd
	@mkdir -p $(@D)
	$(B)/mxsplitd --print-settings | sed -e '/^@SETTINGS@$$/{r /dev/stdin' -e 'd}' $< > $@

ifdef FUZZ
override CFLAGS += -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -O1
override CFLAGS := $(filter-out -D_FORTIFY_SOURCE=2,$(CFLAGS))
override LDFLAGS += -fsanitize=address,undefined
endif
ifdef SAN
override CFLAGS := $(filter-out -D_FORTIFY_SOURCE=2,$(CFLAGS))
endif

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -frandom-seed=$< -MMD -MP -c $< -o $@

$(B)/%.o: %.S
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@

objects = $(patsubst %,$(B)/%.o,$(basename $(wildcard $(1)/*.c $(1)/*.S)))
define archive
$(B)/$(call name,$(1)).a: $(call objects,$(1))
	@rm -f $$@
	ar rcs $$@ $$^
endef
$(foreach f,$(FOLDERS),$(eval $(call archive,$(f))))

# The migrations are built into the programs (.incbin); the assembler's dependencies are named here.
$(B)/daemon/store/schema.o: $(wildcard schema/*.sql)
$(B)/web/page_files.o: $(wildcard web/page/*)

GROUP = -Wl,--start-group $(ARCHIVES) -Wl,--end-group $(LDLIBS)

# an archive, so that a program has only what it needs
$(B)/daemon.a: $(SHARED)
	@rm -f $@
	ar rcs $@ $^

$(B)/%: $(B)/daemon/%_main.o $(B)/daemon.a $(ARCHIVES)
	$(CC) $(if $(LTO),$(CFLAGS) $(LTO)=auto) $(LDFLAGS) $< $(B)/daemon.a $(GROUP) -o $@

define unit
$(B)/tests/$(call name,$(patsubst tests/unit/%.c,%,$(1))): $(patsubst %.c,$(B)/%.o,$(1)) $(ARCHIVES)
	@mkdir -p $$(@D)
	$(CC) $(if $(LTO),-fno-lto) $(LDFLAGS) $$(filter %.o,$$^) $(GROUP) -lcriterion -o $$@
endef
$(foreach t,$(UNIT),$(eval $(call unit,$(t))))
$(B)/tests/core_replay_test $(B)/tests/core_chain_property_test: $(call objects,tests/tools/scenario)

# A tool of more than one file has a folder of its name.
$(B)/tools/genlog: $(call objects,tests/tools/genlog)
$(B)/tools/scenario: $(call objects,tests/tools/scenario)

$(B)/tools/%: $(B)/tests/tools/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(if $(LTO),-fno-lto) $(LDFLAGS) $(filter %.o,$^) $(GROUP) -o $@

$(B)/tools/sim: $(B)/tests/lab/sim.o $(call objects,tests/lab/sim) $(call objects,tests/tools/scenario) $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(if $(LTO),-fno-lto) $(LDFLAGS) $(filter %.o,$^) $(GROUP) -o $@

$(B)/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $< $(BENCH_LIBS) -o $@

$(B)/bench/minimal: BENCH_LIBS := -lmicrohttpd

$(B)/fuzz/%: $(B)/tests/fuzz/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -fsanitize=fuzzer $< $(GROUP) -o $@

-include $(shell [ -d $(B) ] && find $(B) -path $(B)/deb -prune -o -name '*.d' -type f -print)

.PHONY: all help deps demo check check-long valgrind units tools lab-sim e2e lab e2e-dns page lint format fuzz record fuzzers bench bench-log \
	bench-peers bench-detect bench-detect-sensitivity bench-nab bench-latency bench-gaps bench-update bench-api install man deb package afternoon sbom \
	reproduce clean
