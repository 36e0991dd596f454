# Wiredrill's front door. `make help` lists the targets.
#
# Sources are found by folder, so a new file needs no line here. Every build variant has a folder of its
# own under build/: `make VARIANT=asan` builds clang with AddressSanitizer and UBSan beside gcc -O2. Any other name takes
# what it is given: `make VARIANT=mine CC=clang OPT=-O3`.

VARIANT ?= release
# Commands are shown with V=1.
Q := $(if $(V),,@)
PREFIX  ?= /usr/local
B       := build/$(VARIANT)

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Werror
STD  := -std=c11 -I. -I$(B)
# Structures of the stack check themselves before and after each change: stack/core/panic.h.
CHECKS := -DSTACK_CHECK
SAN  := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

ifeq ($(origin CC),default)
CC := cc
endif
OPT := -O2 -g
ifeq ($(VARIANT),asan)
CC   := clang
OPT  := -O1 -gline-tables-only $(SAN) $(CHECKS)
endif
ifeq ($(VARIANT),fuzz)
CC   := clang
OPT  := -O1 -gline-tables-only $(SAN) -fsanitize=fuzzer-no-link $(CHECKS)
endif

have = $(shell test -e /usr/include/$(1) && echo yes)
HAVE_SLIRP     := $(call have,slirp/libslirp.h)
HAVE_LWIP      := $(call have,lwip/lwip/init.h)
HAVE_LDNS      := $(call have,ldns/ldns.h)
HAVE_FDT       := $(call have,libfdt.h)

CFLAGS_STACK = $(STD) $(WARN) $(OPT) -ffreestanding -MMD -MP
CFLAGS_SIM   = $(STD) $(WARN) $(OPT) -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -MMD -MP
LIBS         = -ldl

STACK_SRC := $(shell find stack -name '*.c' 2>/dev/null | LC_ALL=C sort)
SIM_SRC   := $(shell find sim -name '*.c' 2>/dev/null | LC_ALL=C sort)
TEST_SRC  := $(shell find tests -name '*.c' -not -path 'tests/checks/*' -not -path 'tests/devices/*' 2>/dev/null | LC_ALL=C sort)
GEN_SRC   := $(patsubst %.l,$(B)/%.lex.c,$(shell find sim -name '*.l')) \
             $(patsubst %.y,$(B)/%.tab.c,$(shell find sim -name '*.y'))

# What needs a library that is not here stays out, by name.
ifneq ($(HAVE_SLIRP),yes)
SIM_SRC := $(filter-out sim/hosts/slirp.c,$(SIM_SRC))
endif
ifneq ($(HAVE_LDNS),yes)
SIM_SRC := $(filter-out sim/hosts/dns_resolver.c,$(SIM_SRC))
endif
LWIP_SRC := $(filter sim/hosts/lwip/%,$(SIM_SRC))
SIM_SRC  := $(filter-out sim/hosts/lwip/%,$(SIM_SRC))

STACK_OBJ := $(STACK_SRC:%.c=$(B)/%.o)
CHECKED_OBJ := $(STACK_SRC:%.c=$(B)/checked/%.o)
SIM_OBJ   := $(SIM_SRC:%.c=$(B)/%.o) $(GEN_SRC:.c=.o)
TEST_OBJ  := $(TEST_SRC:%.c=$(B)/%.o)
CLI_OBJ   := $(filter $(B)/sim/cli/%,$(SIM_OBJ))
SIMLIB_OBJ := $(filter-out $(B)/sim/cli/%,$(SIM_OBJ))

SIM_DEFS := $(if $(HAVE_FDT),-DHAVE_FDT) $(if $(HAVE_LWIP),-DHAVE_LWIP) $(if $(HAVE_SLIRP),-DHAVE_SLIRP) $(if $(HAVE_LDNS),-DHAVE_LDNS)
LIBS     += $(if $(HAVE_SLIRP),-lslirp) $(if $(HAVE_LDNS),-lldns)
UNIT_LIBS := $(if $(HAVE_FDT),-lfdt) -lcriterion

MISSING := $(strip $(if $(HAVE_SLIRP),,libslirp-dev) $(if $(HAVE_LDNS),,libldns-dev) $(if $(HAVE_LWIP),,liblwip-dev))

.PHONY: all
all: $(B)/libstack.a $(B)/libsim.a $(if $(CLI_OBJ),$(B)/wiredrill) $(if $(HAVE_LWIP),$(B)/wiredrill-lwip.so)
	$(if $(MISSING),@echo "left out for want of: $(MISSING)")

# Every folder that something is built in, made once.
FOLDERS = $(sort $(dir $(STACK_OBJ) $(CHECKED_OBJ) $(SIM_OBJ) $(LWIP_OBJ) $(TEST_OBJ) $(DEVICES_OBJ) $(EXAMPLES)) $(addprefix $(B)/,fuzz/ bin/ bench/ examples/kernel/))
.PHONY: folders
folders:
	@mkdir -p $(FOLDERS)

$(B)/stack/%.o: stack/%.c | folders
	$(Q)$(CC) $(CFLAGS_STACK) -c $< -o $@

$(B)/checked/stack/%.o: stack/%.c | folders
	$(Q)$(CC) $(CFLAGS_STACK) $(CHECKS) -c $< -o $@

$(B)/sim/%.o: sim/%.c | folders generated
	$(Q)$(CC) $(CFLAGS_SIM) $(SIM_DEFS) -c $< -o $@

# A test's own code runs once; Criterion's macros take an optimiser three times as long as all else in it.
TEST_OPT := -O0
$(B)/tests/%.o: tests/%.c | folders generated
	$(Q)$(CC) $(CFLAGS_SIM) $(TEST_OPT) $(SIM_DEFS) -c $< -o $@

# The catalogue is built in.
$(B)/sim/judge/clause.o: $(wildcard conformance/*.tsv)

# flex and bison write code that the project's warnings do not suit.
.PHONY: generated
generated: $(GEN_SRC)
.SECONDARY: $(GEN_SRC)
$(B)/%.tab.c: %.y | folders
	$(Q)bison -Wall -Werror --defines=$(@:.c=.h) -o $@ $<
$(B)/%.lex.c: %.l | folders
	$(Q)flex --header-file=$(@:.c=.h) -o $@ $<
$(B)/%.tab.o: $(B)/%.tab.c
	$(Q)$(CC) $(STD) $(OPT) -D_GNU_SOURCE -w -MMD -MP -I$(dir $*) -c $< -o $@
$(B)/%.lex.o: $(B)/%.lex.c
	$(Q)$(CC) $(STD) $(OPT) -D_GNU_SOURCE -w -MMD -MP -I$(dir $*) -c $< -o $@

$(B)/libstack.a: $(STACK_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^
$(B)/libstack-checked.a: $(CHECKED_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^
$(B)/libsim.a: $(SIMLIB_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^
# Draws of the stack's memory come by sim/hosts/stack_sut_draws.c, what wraps by stack_sut_wrap.c.
DRAWS := -Wl,-u,keyed_hash,--wrap=pool_take,--wrap=netbuf_alloc,--wrap=netbuf_alloc_received,--wrap=region_take,--wrap=tcp_first_sequence,--wrap=tcp_first_timestamp,--wrap=keyed_hash
$(B)/wiredrill: $(CLI_OBJ) $(B)/libsim.a $(B)/libstack.a
	$(Q)$(CC) $(OPT) $(DRAWS) -o $@ $^ $(LIBS)

# lwIP is a plug-in: in the program its functions would meet stack/'s of the same names. For that reason the program exports none either.
LWIP_OBJ := $(LWIP_SRC:%.c=$(B)/%.o)
$(LWIP_OBJ): $(B)/sim/hosts/lwip/%.o: sim/hosts/lwip/%.c | folders
	$(Q)$(CC) $(CFLAGS_SIM) -fPIC -isystem /usr/include/lwip -c $< -o $@
$(B)/wiredrill-lwip.so: $(LWIP_OBJ)
	$(Q)$(CC) $(OPT) -shared -o $@ $^ -llwip

.PHONY: unit-build
unit-build: $(B)/unit
$(B)/unit: $(TEST_OBJ) $(B)/libsim.a $(B)/libstack-checked.a
	$(Q)$(CC) $(OPT) -o $@ $^ $(LIBS) $(UNIT_LIBS)

# The conformance suite of NICs and the fuzzer over two of them: see docs/devices.md.
DEVICES_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard tests/devices/*.c))
$(DEVICES_OBJ): TEST_OPT :=
.PHONY: devices-build
devices-build: $(B)/devices
$(B)/devices: $(DEVICES_OBJ) $(B)/libsim.a $(B)/libstack.a
	$(Q)$(CC) $(OPT) -o $@ $^ $(LIBS)

# Fuzz targets: each fuzz/X.c becomes $(B)/bin/X. The fuzz variant counts coverage, to find what is new; the asan variant replays files as well.
FUZZ_SRC := $(wildcard fuzz/*.c)
$(B)/fuzz/%.o: fuzz/%.c | folders generated
	$(Q)$(CC) $(CFLAGS_SIM) -c $< -o $@
$(B)/bin/%: $(B)/fuzz/%.o $(B)/libsim.a $(B)/libstack.a | folders
	$(Q)$(CC) $(OPT) -fsanitize=fuzzer -o $@ $^ $(LIBS)
.SECONDARY: $(FUZZ_SRC:fuzz/%.c=$(B)/fuzz/%.o)
.PHONY: fuzzers
fuzzers: $(FUZZ_SRC:fuzz/%.c=$(B)/bin/%)

# Benchmarks: each bench/X_bench.c becomes $(B)/bench/X_bench.
BENCH_SRC := $(wildcard bench/*_bench.c)
.SECONDARY: $(BENCH_SRC:%.c=$(B)/%.o)
$(B)/bench/%.o: bench/%.c | folders generated
	$(Q)$(CC) $(CFLAGS_SIM) -c $< -o $@
$(B)/bench/%_bench: $(B)/bench/%_bench.o $(B)/libsim.a $(B)/libstack.a
	$(Q)$(CC) $(OPT) -o $@ $^ $(LIBS) -lm

# --- what people run ---

PACKAGES := gcc libc6-dev libcriterion-dev clang libclang-rt-dev flex bison tshark libslirp-dev liblwip-dev libldns-dev libfdt-dev pkg-config python3

WELCOME  := lld gcc-aarch64-linux-gnu gcc-riscv64-linux-gnu clang-format clang-tidy cppcheck

# What builds and runs the matrix's other machines, without foreign architectures of packages.
MACHINES := qemu-user gcc-i686-linux-gnu libc6-dev-i386-cross gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-s390x-linux-gnu libc6-dev-s390x-cross

.PHONY: deps
deps:             ## install the Debian packages that demo and check need
	@tools/install-missing.sh $(PACKAGES)

.PHONY: check-deps
check-deps:
	@tools/install-missing.sh $(PACKAGES) -- $(WELCOME)

.PHONY: demo
demo: deps        ## set up, build, run the boot story on both NICs, end with a planted bug's verdict
	@echo "building"
	@$(MAKE) --no-print-directory -j2 all
	@tools/demo.sh

.PHONY: check
check: check-deps       ## set up, build, run every test
	@$(MAKE) --no-print-directory -j2 all unit-build examples
	@$(MAKE) --no-print-directory -j2 VARIANT=asan all unit-build fuzzers
	@tests/checks/run.sh

.PHONY: unit
unit: $(B)/unit   ## build and run the unit tests
	$(B)/unit --quiet

.PHONY: interop
interop: all      ## our stack against the kernel, dnsmasq, chronyd, telnetd, lighttpd and curl on a TAP device, in a network namespace (root); PROFILE=1
	@sh tests/interop/interop.sh
	@sh tests/interop/captures.sh

.PHONY: rules
rules: all        ## the table of the monitor's rules, and how often each fired over what; CAPTURES="FOLDER..."
	@tools/rules.py $(foreach f,$(CAPTURES),--captures $(f))

.PHONY: devices
devices: all devices-build ## our NIC models and QEMU's, side by side: checks, random accesses, scenarios
	@tests/devices/devices.sh $(B)

.PHONY: golden
golden: all       ## write the goldens of all scenarios whose lines pass; review them before you commit
	$(B)/wiredrill run --bless --quiet scenarios

.PHONY: fuzz
fuzz:             ## list the fuzz targets; fuzz one: make fuzz TARGET=tcp TIME=8h JOBS=2
	@tools/fuzz.sh "$(TARGET)" "$(TIME)" "$(JOBS)"

.PHONY: matrix
matrix: all       ## compare fingerprints over compilers, levels, sanitizers, jobs, locales, machines
	@tools/install-missing.sh $(PACKAGES) -- $(MACHINES)
	@OBJECTS=all sh tests/checks/50-objects.sh
	@tools/matrix.sh

.PHONY: bench
bench: all $(BENCH_SRC:%.c=$(B)/%) ## measure: events, frames, checksums, scenarios
	@tools/bench.sh

.PHONY: sweep
SEEDS ?= 159999
sweep: all ## random faults, no memory, each frame disturbed, numbers that wrap: docs/sweeps.md; SEEDS=N
	@mkdir -p reports
	$(B)/wiredrill run --fail-alloc all --no-golden --quiet scenarios
	$(B)/wiredrill run --closure --pairs --no-golden --quiet $$(grep -lr '^outcome' scenarios | sort)
	$(B)/wiredrill run --wrap --known tests/known/wrap.tsv --quiet scenarios
	$(B)/wiredrill sweep --seeds 0..$(SEEDS) --waivers tests/known/unreached.tsv scenarios >reports/sweep.jsonl

.PHONY: memory
memory: $(B)/bench/memory_bench $(B)/bench/depth_bench ## print what a stack takes: memory by configuration, the kernel's stack, code
	@$(B)/bench/memory_bench
	@$(B)/bench/depth_bench
	@CC="$(CC)" tools/text.sh

include tools/install.mk
include examples/examples.mk
include tools/lint.mk
include tools/mutants.mk

.PHONY: clean
clean:            ## remove what was built
	rm -rf build

.PHONY: help
help:             ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 18

-include $(shell find $(B) -name '*.d' 2>/dev/null)
