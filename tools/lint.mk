# Lint: clang-format settles the layout, clang-tidy (.clang-tidy) and cppcheck (tools/cppcheck.txt, tools/criterion.cfg) look for
# mistakes; what flex and bison write is not looked at. The Makefile includes this. clang-tidy looks at a file once, until the file, a
# header of it or the checks change (tools/tidy.py); what the compilers warn of is theirs to say. QUICK=1, which
# tests/checks/65-lint.sh sets, leaves the analyzer out: it takes most of the time. ANALYZER_NODES is how far it follows one function;
# clang's own figure, 225000, takes ten times as long.

QUICK ?=
ANALYZER_NODES ?= 10000

# What is written by hand, and of that what is compiled here.
LINT_FILES = $(shell find stack sim tests fuzz bench examples tools -name '*.[ch]')
LINT_SRC   = $(filter $(STACK_SRC) $(SIM_SRC) $(if $(HAVE_LWIP),$(LWIP_SRC)) $(TEST_SRC) fuzz/%.c bench/%.c examples/%.c build/%.c,$(LINT_FILES))

LINT      := $(B)/lint$(if $(QUICK),/quick)
LINT_FLAGS = -std=c11 -I. -isystem $(B)
LWIP_FLAGS = $(LINT_FLAGS) -D_GNU_SOURCE -isystem /usr/include/lwip

ANALYZER = --extra-arg=-Xclang --extra-arg=-analyzer-config --extra-arg=-Xclang --extra-arg=max-nodes=$(ANALYZER_NODES)

.PHONY: lint lint-format lint-tidy lint-cppcheck
lint: lint-format lint-tidy lint-cppcheck   ## clang-format, clang-tidy, cppcheck: no finding

# Nothing to look at is no success.
.PHONY: lint-files
lint-files:
	@test -n "$(strip $(LINT_SRC))" || { echo "lint: error: there are no files to look at"; exit 1; }

lint-format: lint-files
	$(Q)clang-format --dry-run -Werror $(LINT_FILES)

.PHONY: format
format:           ## lay out all code with clang-format
	$(Q)clang-format -i $(LINT_FILES)

# tidy FILES FLAGS
tidy = $(if $(strip $1),$(Q)tools/tidy.py --known $(LINT)/known --built $(B) $1 -- $(if $(QUICK),--checks=-clang-analyzer-*,$(ANALYZER)) -- $2)
lint-tidy: lint-files | generated
	$(call tidy,$(filter stack/%,$(LINT_SRC)),$(LINT_FLAGS) -ffreestanding)
	$(call tidy,$(filter examples/%,$(LINT_SRC)),$(LINT_FLAGS) -Iexamples/driver)
	$(call tidy,$(filter sim/hosts/lwip/%,$(LINT_SRC)),$(LWIP_FLAGS))
	$(call tidy,$(filter-out stack/% examples/% sim/hosts/lwip/%,$(LINT_SRC)),$(LINT_FLAGS) -D_GNU_SOURCE $(SIM_DEFS))

# cppcheck keeps by itself what it found in each file; with -j it starts a process for each, which takes twice as long. Not all of it moves its exit status, so what it says is looked at.
lint-cppcheck: lint-files | generated
	@mkdir -p $(B)/lint/cppcheck
	$(Q)cppcheck --quiet --std=c11 --enable=warning,style,performance,portability --inline-suppr \
	    --suppressions-list=tools/cppcheck.txt --library=tools/criterion.cfg --cppcheck-build-dir=$(B)/lint/cppcheck \
	    -I. -I$(B) -Iexamples/driver -D_GNU_SOURCE $(SIM_DEFS) $(LINT_SRC) 2>&1 | tee $(B)/lint/cppcheck.log
	@! test -s $(B)/lint/cppcheck.log
