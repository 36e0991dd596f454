# Planted bugs and random faults (docs/testing.md): how well the tests see.

.PHONY: mutants
mutants: all unit-build ## all planted bugs, what breaks each requirement, and random faults in the stack: what notices them
	@tools/planted.py
	@WIRE=scenarios sh tests/checks/47-wire.sh
	@tools/planted.py --breakers build/breakers.tsv
	@tools/breakers.py build/breakers.tsv build/wire/breakers.tsv
	@tools/faults.py --seed 1 --count $(FAULTS) --floor 90 --tidy
FAULTS ?= 3000

# What breaks each requirement takes minutes to find out; what scenarios say of them, seconds (wiredrill conformance). It is found folder by folder, and kept
# in build/breakers/ until the command or the list of planted bugs is a newer one. What a run says beside that is in the .log of the same name.
WIRE_BREAKERS := $(patsubst scenarios/%,build/breakers/wire-%.tsv,$(wildcard scenarios/*))
build/breakers/wire-%.tsv: $(B)/wiredrill
	@mkdir -p $(@D)
	-@$(B)/wiredrill run --wire-mutants --quiet --breakers $@.new scenarios/$* >$(@:.tsv=.log) 2>&1
	@echo "$*: $$(grep '^wire mutants: ' $(@:.tsv=.log))"
	@mv $@.new $@
build/breakers/planted.tsv: $(B)/wiredrill tests/mutants/list.tsv
	@mkdir -p $(@D)
	-@tools/planted.py --breakers $@.new >$(@:.tsv=.log) 2>&1
	@tail -1 $(@:.tsv=.log)
	@mv $@.new $@
.PHONY: conformance
conformance: all ## what is proven of each requirement of the standards, with what breaks it, in reports/
	@mkdir -p reports
	@$(MAKE) --no-print-directory build/breakers/planted.tsv $(WIRE_BREAKERS)
	-@tools/breakers.py --quiet --out build/breakers/all.tsv build/breakers/planted.tsv $(WIRE_BREAKERS)
	@$(B)/wiredrill conformance --quiet --breakers build/breakers/all.tsv

# What tools/mutation compiles with and links: a word, and what it stands for in the release build.
.PHONY: mutation-build
mutation-build:
	@echo "stack-flags $(CFLAGS_STACK)"
	@echo "sim-flags $(CFLAGS_SIM) $(SIM_DEFS)"
	@echo "sim $(SIM_OBJ) $(STACK_OBJ)"
	@echo "sim-checked $(SIM_OBJ) $(CHECKED_OBJ)"
	@echo "unit $(filter-out %/runner/main.o,$(TEST_OBJ)) $(SIMLIB_OBJ) $(CHECKED_OBJ)"
	@echo "libs $(LIBS)"
	@echo "cc $(CC)"
	@echo "opt $(OPT)"
	@echo "unit-libs $(UNIT_LIBS)"
