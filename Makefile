# waxseal: GNU make 4 and up. Everything that is built goes under $O.
#
#   make            the program                 make demo     build, run on a bundled capture, show
#   make test       all tests, under prove      make asan     the same under the sanitizers
#   make lint       format, tidy, cppcheck      make fuzz     libFuzzer, FUZZ_SECONDS a target
#   make coverage   lines that fuzzing reached  make captures tests/captures anew (root)
#   make bench      figures against peers       make bench-live  of live capture (root)
#   make bench-report  of reports             make bench-memory  sessions that a budget holds
#   make bench-flood  of a million invented domains (root)
#   make month      false alarms and what is found, in months of generated mail
#   make soak       an hour of what goes wrong (root)
#   make range-live  live capture among real mail servers (root)
#   make install    DESTDIR, PREFIX             make deb      a Debian package, below $O/deb
#   make clean

O ?= .build
PREFIX ?= /usr/local
DESTDIR ?=
UNITS ?= $(PREFIX)/lib/systemd/system
BASH_COMPLETION ?= $(PREFIX)/share/bash-completion/completions
ZSH_COMPLETION ?= $(PREFIX)/share/zsh/site-functions
FUZZ_SECONDS ?= 60
VERSION := 0.1.0

CC ?= cc
CPPFLAGS += -I. -D_GNU_SOURCE -DWAXSEAL_VERSION=$(VERSION)
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wswitch-enum -Wvla -Wstrict-prototypes \
	-Wmissing-prototypes
OPTIMIZE ?= -O2
HARDEN ?= -fPIE -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=2 $(CET)
LINK_HARDEN ?= -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack
# Control-flow enforcement, where the compiler and the machine have it.
CET := $(shell $(CC) -fcf-protection=full -x c -c /dev/null -o /dev/null 2>/dev/null && \
	echo -fcf-protection=full)
CFLAGS += -std=c17 -g $(OPTIMIZE) $(WARNINGS) $(HARDEN)
LDFLAGS += $(LINK_HARDEN)

# What each folder may link: the rule of layers.
LIBS_DB := -lsqlite3
LIBS_MONITOR := -lbpf -lpcap -lz -lzstd -lssl -lcrypto -lseccomp -lidn2 -lcares -lcurl -lmicrohttpd

sources = $(wildcard $1/*.c $1/*/*.c)
objects = $(patsubst %.c,$O/%.o,$1)
DISSECTOR := $(call objects,$(call sources,dissector))
DB := $(call objects,$(call sources,db))
MONITOR := $(call objects,$(filter-out monitor/main.c monitor/completion/generate.c \
	%.bpf.c,$(call sources,monitor))) \
	$O/monitor/capture/gate_object.o $O/monitor/capture/steer_object.o
TESTS := $(patsubst tests/%.c,$O/tests/%,$(wildcard tests/dissector_*.c tests/db_*.c \
	tests/monitor_*.c))
TESTS += $O/tests/db_lists_tight
SCRIPTS := $(wildcard tests/*.t)
FUZZERS := $(patsubst tests/%.c,%,$(filter-out tests/fuzz_replay.c,$(wildcard tests/fuzz_*.c)))

all: $O/waxseal $O/completion/waxseal $O/completion/_waxseal

$O/waxseal: $O/monitor/main.o $O/monitor.a $O/db.a $O/dissector.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_DB) $(LIBS_MONITOR)

# Completion in shells: the tables of the program, and behind them what is the shell's.
$O/generate: $O/monitor/completion/generate.o $O/monitor.a $O/db.a $O/dissector.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_DB) $(LIBS_MONITOR)
$O/completion/waxseal: $O/generate monitor/completion/bash.in
	@mkdir -p $(@D)
	{ $< bash && cat monitor/completion/bash.in; } >$@.new && mv $@.new $@
$O/completion/_waxseal: $O/generate monitor/completion/zsh.in
	@mkdir -p $(@D)
	{ $< zsh && cat monitor/completion/zsh.in; } >$@.new && mv $@.new $@

$O/dissector.a: $(DISSECTOR)
$O/db.a: $(DB)
$O/monitor.a: $(MONITOR)
$O/%.a:
	rm -f $@ && $(AR) rcs $@ $^

$O/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The program with a reader that aborts at a packet that says so: for tests of what that leaves.
STUMBLE := -DWAXSEAL_STUMBLE='"waxseal stumbles here"'
$O/stumbling/reader.o: monitor/role/reader.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(STUMBLE) $(CFLAGS) -MMD -MP -c -o $@ $<
$O/waxseal-stumbling: $O/monitor/main.o $O/stumbling/reader.o $O/monitor.a $O/db.a $O/dissector.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_DB) $(LIBS_MONITOR)

# The program with a clock that can be set: for tests of what that does to a live capture.
STEPPING := -Wl,--wrap=clock_gettime,--wrap=pcap_dispatch
$O/waxseal-stepping: $O/monitor/main.o $O/tests/stepping.o $O/monitor.a $O/db.a $O/dissector.a
	$(CC) $(CFLAGS) $(LDFLAGS) $(STEPPING) -o $@ $^ $(LIBS_DB) $(LIBS_MONITOR)

# The program with a process of one role that is killed at a step: for tests of what that leaves.
$O/waxseal-dying: $O/monitor/main.o $O/tests/dying.o $O/monitor.a $O/db.a $O/dissector.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_DB) $(LIBS_MONITOR)

# The gate for the kernel, as a file in memory. Without a clang for it that file is empty.
BPF_CLANG ?= clang
BPF_TOOL := $(shell command -v $(BPF_CLANG) 2>/dev/null || :)
# What was left empty for want of a clang is built where there is one now: it is older than that file.
ifneq ($(BPF_TOOL),)
$(shell find $O -name '*.bpf.o' -empty 2>/dev/null): gate-anew
.PHONY: gate-anew
endif
# Where this machine's own headers are, which the other target would not look for.
BPF_INCLUDES = $(shell $(BPF_CLANG) -v -E -x c /dev/null 2>&1 >/dev/null | \
	sed -n '/<...> search starts/,/^End/s/^ \(\/.*\)/-idirafter \1/p')
BPF_FLAGS := -target bpf -mcpu=v1 -std=gnu17 -O2 -g -ffreestanding -fno-jump-tables \
	-fdebug-compilation-dir=. -I. -Wall -Wextra

$O/%.bpf.o: %.bpf.c $(BPF_TOOL)
	@mkdir -p $(@D)
	@if echo | $(BPF_CLANG) -target bpf -x c -c -o /dev/null - 2>/dev/null; then \
		echo "$(BPF_CLANG) $(BPF_FLAGS) -c -o $@ $<"; \
		$(BPF_CLANG) $(BPF_FLAGS) $(BPF_INCLUDES) -MMD -MP -c -o $@ $<; \
	else \
		echo "no clang that builds for eBPF: the gate will run in user space alone" \
		    "(install clang, then make)"; : >$@; \
	fi

$O/%_object.c: $O/%.bpf.o
	@{ echo '#include "monitor/capture/kernel_object.h"'; \
	echo 'const unsigned char $(*F)_object[] = {'; \
	od -An -v -tu1 $< | sed 's/[0-9][0-9]*/&,/g'; echo '0};'; \
	echo "const size_t $(*F)_object_len = $$(wc -c <$<);"; } >$@

$O/%_object.o: $O/%_object.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# Tests: the prefix says what each may link.
$O/tests/dissector_%: $O/tests/dissector_%.o $O/dissector.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka
$O/tests/db_%: $O/tests/db_%.o $O/db.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS_DB)
$O/tests/monitor_%: $O/tests/monitor_%.o $O/monitor.a $O/db.a $O/dissector.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS_DB) $(LIBS_MONITOR)
# To whom a few rows are many.
TIGHT := $(patsubst %,$O/tight/%.o,latest_incidents latest_sessions narrow query servers)
$O/tight/%.o: db/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -DNARROW_PART=500 $(CFLAGS) -MMD -MP -c -o $@ $<
$O/tests/db_lists_tight: $O/tests/db_lists.o $(TIGHT) $O/db.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS_DB)
# Its memory can run out.
$O/tests/db_narrow: LDFLAGS += -Wl,--wrap=malloc,--wrap=realloc
$O/tests/policy/flood: $O/tests/policy/flood.o $O/monitor.a $O/db.a $O/dissector.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_DB) $(LIBS_MONITOR)
$O/tests/sinks/give: $O/tests/sinks/give.o $O/monitor.a $O/db.a $O/dissector.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_DB) $(LIBS_MONITOR)
$O/tests/unit/confine: $O/tests/unit/confine.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lseccomp
# Without a fuzzer a target replays its corpus.
$O/tests/fuzz_%: $O/tests/fuzz_%.o $O/tests/fuzz_replay.o $O/monitor.a $O/db.a $O/dissector.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_DB) $(LIBS_MONITOR)

-include $(shell find $O -name '*.d' -type f 2>/dev/null)

REPLAYS := $(patsubst %,$O/tests/%,$(FUZZERS))
.SECONDARY:

# ---- Packages ----

PACKAGES_BUILD := gcc libc6-dev libpcap-dev libsqlite3-dev libssl-dev libseccomp-dev \
	libidn2-dev libc-ares-dev libcurl4-openssl-dev libmicrohttpd-dev zlib1g-dev libzstd-dev \
	libbpf-dev
PACKAGES_RANGE := gcc libc6-dev libpcap-dev clang swaks libnet-ssleay-perl nftables ethtool tcpdump \
	sqlite3 openssl iproute2 util-linux procps
# For tests/policy.t: real servers, and the peers of what asks them.
PACKAGES_SERVERS := nsd ldnsutils unbound nginx-light postfix postfix-mta-sts-resolver python3
# For tests/sinks.t and its like; syslog-ng cannot be installed beside rsyslog.
PACKAGES_SINKS := rsyslog rsyslog-gnutls prometheus-alertmanager
# Nor can Exim be beside Postfix. Each of these is unpacked with what it links and nothing above brings.
export UNPACKED ?= $O/unpacked
UNPACKED_SYSLOG_NG := syslog-ng-core libivykis0 libnet1 libjson-c5 libwrap0 libpcre3
UNPACKED_EXIM := exim4-daemon-light libidn12 libgnutls-dane0 libunbound8
# What dpkg-buildpackage wants without being asked: build-essential.
PACKAGES_DEB := $(PACKAGES_BUILD) clang build-essential dpkg-dev debhelper
PACKAGES_TEST := $(PACKAGES_DEB) $(PACKAGES_RANGE) $(PACKAGES_SERVERS) $(PACKAGES_SINKS) \
	libcmocka-dev perl netbase tshark zstd gzip tcpreplay libcap2-bin python3-jsonschema \
	prometheus curl mmdebstrap lintian zsh systemd
PACKAGES_LINT := $(PACKAGES_TEST) clang-format clang-tidy cppcheck mandoc
PACKAGES_FUZZ := $(PACKAGES_BUILD) clang libclang-rt-14-dev llvm

packages-build packages-test packages-range packages-lint packages-fuzz packages-deb: packages-%:
	@sh tests/packages.sh $(PACKAGES_$(shell echo $* | tr a-z A-Z))
	@[ $* != test ] || { sh tests/unpack.sh $(UNPACKED)/syslog-ng $(UNPACKED_SYSLOG_NG); \
	    sh tests/unpack.sh $(UNPACKED)/exim $(UNPACKED_EXIM); }

# ---- What people run ----

demo: packages-build
	@$(MAKE) --no-print-directory all
	@sh tests/demo.sh $O

test: packages-test
	@$(MAKE) --no-print-directory check

check: all $O/waxseal-stumbling $O/waxseal-stepping $O/waxseal-dying $O/tests/range/wrap.bpf.o \
    $O/tests/policy/flood $O/tests/sinks/give $O/tests/unit/confine $(TESTS) $(REPLAYS)
	@WAXSEAL=$O/waxseal O=$O sh tests/run.sh $(TESTS) $(SCRIPTS) -- $(REPLAYS)

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
asan: packages-test
	@ASAN_OPTIONS=detect_stack_use_after_return=1 $(MAKE) --no-print-directory O=$O/asan \
	    OPTIMIZE=-O1 HARDEN="$(SANITIZE)" LINK_HARDEN="$(SANITIZE)" check

lint: packages-lint
	@sh tests/lint.sh "$(CPPFLAGS)" "$(WARNINGS)"

fuzz: packages-fuzz
	@O=$O FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_LIBS="$(LIBS_DB) $(LIBS_MONITOR)" \
	    sh tests/fuzz.sh $(FUZZERS)

coverage: packages-fuzz
	@O=$O sh tests/coverage.sh $(FUZZERS)

bench: packages-test
	@$(MAKE) --no-print-directory all
	@O=$O sh tests/bench/run.sh

bench-report: packages-test
	@$(MAKE) --no-print-directory all
	@O=$O sh tests/bench/report.sh

bench-flood: packages-test
	@$(MAKE) --no-print-directory all $O/tests/policy/flood
	@WAXSEAL=$O/waxseal O=$O sh tests/bench/flood.sh

bench-memory: packages-test
	@$(MAKE) --no-print-directory all
	@O=$O sh tests/bench/memory.sh

soak: packages-test
	@$(MAKE) --no-print-directory all $O/waxseal-stepping
	@O=$O sh tests/soak.sh

bench-live: packages-test
	@$(MAKE) --no-print-directory all
	@O=$O sh tests/bench/live.sh

bench-history: packages-test
	@$(MAKE) --no-print-directory all
	@O=$O BENCH_LIBS="$(LIBS_DB) $(LIBS_MONITOR)" sh tests/bench/history.sh

month: packages-test
	@$(MAKE) --no-print-directory all
	@O=$O BENCH_LIBS="$(LIBS_DB) $(LIBS_MONITOR)" sh tests/bench/month.sh

bench-lists: packages-test
	@$(MAKE) --no-print-directory all
	@O=$O sh tests/bench/lists.sh

range-live: packages-test
	@$(MAKE) --no-print-directory all $O/tests/range/wrap.bpf.o
	@WAXSEAL=$O/waxseal O=$O prove -v -e sh tests/range/live.sh

captures: packages-range
	@sh tests/range/make.sh

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 0755 $O/waxseal $(DESTDIR)$(PREFIX)/bin/waxseal
	install -m 0644 monitor/waxseal.8 $(DESTDIR)$(PREFIX)/share/man/man8/waxseal.8
	install -d $(DESTDIR)$(UNITS)
	sed 's|@PREFIX@|$(PREFIX)|' monitor/waxseal.service.in >$(DESTDIR)$(UNITS)/waxseal.service
	chmod 0644 $(DESTDIR)$(UNITS)/waxseal.service
	install -d $(DESTDIR)$(PREFIX)/share/waxseal
	install -m 0644 monitor/prometheus/waxseal.rules.yml monitor/grafana/waxseal.json $(DESTDIR)$(PREFIX)/share/waxseal
	install -m 0644 monitor/waxseal.conf.example $(DESTDIR)$(PREFIX)/share/waxseal
	install -d $(DESTDIR)$(BASH_COMPLETION) $(DESTDIR)$(ZSH_COMPLETION)
	install -m 0644 $O/completion/waxseal $(DESTDIR)$(BASH_COMPLETION)/waxseal
	install -m 0644 $O/completion/_waxseal $(DESTDIR)$(ZSH_COMPLETION)/_waxseal

# clang is for the gate in the kernel; dpkg-dev and debhelper need no naming in the package.
deb: packages-deb
	@sh monitor/debian/build.sh $O $(VERSION) $(filter-out gcc libc6-dev,$(PACKAGES_BUILD)) clang

clean:
	rm -rf $O

.PHONY: all demo test check asan lint fuzz coverage bench bench-live bench-history bench-flood bench-lists bench-memory \
	bench-report \
	month soak range-live captures install deb clean \
	packages-build packages-test packages-range packages-lint packages-fuzz packages-deb
